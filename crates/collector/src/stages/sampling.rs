//! `sampling`: keeps a share of the lines.

use std::hash::{BuildHasher as _, RandomState};

use crate::config::SamplingConfig;
use crate::entry::Entry;
use crate::metrics::Number;
use crate::pipeline::{Context, Stage, StageEnvironment, Verdict};

/// See the module.
pub struct Sampling {
    rate: f64,
    random: u64,
    dropped: Number,
}

impl Sampling {
    pub fn new(config: &SamplingConfig, environment: &StageEnvironment) -> Result<Self, String> {
        if !(0.0..=1.0).contains(&config.rate) {
            return Err(format!("rate {} is not between 0 and 1", config.rate));
        }
        Ok(Self {
            rate: config.rate,
            random: RandomState::new().hash_one(0) | 1,
            dropped: environment.dropped(config.drop_counter_reason.as_deref().unwrap_or("sampling_stage")),
        })
    }

    /// The next number of a xorshift sequence, from 0 up to 1.
    fn next(&mut self) -> f64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 11) as f64 / (1u64 << 53) as f64
    }
}

impl Stage for Sampling {
    fn process(&mut self, _entry: &mut Entry, _context: &mut Context) -> Verdict {
        if self.next() < self.rate {
            return Verdict::Pass;
        }
        self.dropped.count(1);
        Verdict::Drop
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{problem, run};

    #[test]
    fn about_the_share_is_kept() {
        let lines = ["x"; 10_000];
        assert_eq!(run("[{sampling: {rate: 1}}]", &lines).len(), 10_000);
        assert_eq!(run("[{sampling: {rate: 0}}]", &lines).len(), 0);
        let kept = run("[{sampling: {rate: 0.25}}]", &lines).len();
        assert!((2_200..2_800).contains(&kept), "{kept}");
        assert!(problem("[{sampling: {rate: 2}}]").contains("between"));
    }
}

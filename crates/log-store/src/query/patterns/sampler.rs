//! Which lines are looked at when there are many.
//!
//! Every stream and level starts with all its lines and takes every second, fourth, eighth … the more it has had, and so
//! does the whole: two million lines cost a few hundred thousand, and rare kinds of lines are not lost among frequent ones.
//! A line that is taken stands for those that are left out.

use ahash::AHashMap;

/// So many lines of a stream and level are taken whatever else there is.
const ALWAYS: u32 = 64;
/// After as many lines taken of a stream and level, half as many are taken.
const PER_GROUP: u32 = 16_384;
/// The same for all of them together.
const IN_ALL: u64 = 131_072;
/// Further groups share one.
const MAX_GROUPS: usize = 65_536;

type Group = (u64, u8);

#[derive(Debug, Default)]
pub(super) struct Sampler {
    groups: AHashMap<Group, State>,
    taken: u64,
}

#[derive(Debug, Default, Clone, Copy)]
struct State {
    seen: u64,
    taken: u32,
}

impl Sampler {
    /// For how many lines the next line of a stream and level stands; `None` if it is left out.
    pub(super) fn take(&mut self, stream: u64, level: u8) -> Option<u64> {
        let mut group = (stream, level);
        if self.groups.len() >= MAX_GROUPS && !self.groups.contains_key(&group) {
            group = (0, 0);
        }
        let state = self.groups.entry(group).or_default();
        state.seen += 1;
        let halvings = if state.taken < ALWAYS {
            0
        } else {
            u64::from(state.taken / PER_GROUP).max(self.taken / IN_ALL).min(40)
        };
        let mask = (1 << halvings) - 1;
        // Lines often take turns, so that every second one would be of the same kind.
        if mixed(state.seen ^ stream) & mask != 0 {
            return None;
        }
        state.taken = state.taken.saturating_add(1);
        self.taken += 1;
        Some(mask + 1)
    }
}

/// Spreads the bits of a number (the finisher of SplitMix64).
fn mixed(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_lines_are_all_taken_and_many_are_stood_for() {
        for (lines, most, error) in
            [(1u64, 1u64, 0.0), (16_000, 16_000, 0.0), (200_000, 65_000, 0.05), (2_000_000, 140_000, 0.05)]
        {
            let mut sampler = Sampler::default();
            let counts: Vec<u64> = (0..lines).filter_map(|_| sampler.take(7, 1)).collect();
            let total = counts.iter().sum::<u64>() as f64;
            assert!(counts.len() as u64 <= most, "{} of {lines}", counts.len());
            assert!((total - lines as f64).abs() <= error * lines as f64, "{total} for {lines}");
        }
    }

    #[test]
    fn rare_streams_are_kept_beside_frequent_ones() {
        let mut sampler = Sampler::default();
        for stream in 0..40 {
            for _ in 0..20_000 {
                sampler.take(stream, 0);
            }
        }
        assert!(sampler.taken < 600_000, "{}", sampler.taken);
        assert!((0..60).all(|_| sampler.take(100, 3) == Some(1)));
    }
}

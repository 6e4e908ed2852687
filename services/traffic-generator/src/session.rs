//! Sessions: a customer stays for a while, then comes back as a new visit with another browser.

use std::time::{Duration, Instant};

use parking_lot::Mutex;
use service_kit::emit;
use sha2::{Digest as _, Sha256};

/// How long a visit lasts at rate 1.
const LENGTH: Duration = Duration::from_secs(120);

const BROWSERS: &[&str] = &[
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 15_0) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 16; Pixel 10) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Mobile Safari/537.36",
];

/// One visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub id: String,
    pub user_agent: &'static str,
}

impl Session {
    /// The visit number `number` of a customer in this run.
    fn new(seed: u64, run: i64, customer: u32, number: u64) -> Self {
        let digest = Sha256::digest(format!("{seed}/{run}/{customer}/{number}"));
        let choice = Sha256::digest(format!("{seed}/{customer}/{number}"))[0];
        Self { id: hex::encode(&digest[..8]), user_agent: BROWSERS[usize::from(choice) % BROWSERS.len()] }
    }
}

/// The present session of one customer, shared by its lanes.
#[derive(Debug)]
pub struct Sessions {
    seed: u64,
    run: i64,
    customer: u32,
    current: Mutex<Option<(u64, Instant, Session)>>,
}

impl Sessions {
    /// `run` tells this start of the program from earlier ones.
    pub fn new(seed: u64, run: i64, customer: u32) -> Self {
        Self { seed, run, customer, current: Mutex::new(None) }
    }

    /// The session that goes on now; begins a new one when the last is over.
    pub fn current(&self, rate: f64) -> Session {
        let mut current = self.current.lock();
        let length = LENGTH.div_f64(rate.max(0.01));
        if let Some((_, started, session)) = &*current
            && started.elapsed() < length
        {
            return session.clone();
        }
        let number = match current.take() {
            Some((number, started, old)) => {
                let duration_ms = started.elapsed().as_millis() as u64;
                let session_id = old.id.as_str();
                emit!(SessionEnded { session_id, duration_ms, customer = self.customer }, "session ended");
                number + 1
            }
            None => 0,
        };
        let session = Session::new(self.seed, self.run, self.customer, number);
        let session_id = session.id.as_str();
        emit!(
            SessionStarted { session_id, customer = self.customer, user_agent = session.user_agent },
            "session started"
        );
        *current = Some((number, Instant::now(), session.clone()));
        session
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_lasts_and_then_changes() {
        let sessions = Sessions::new(1, 99, 0);
        let first = sessions.current(1.0);
        assert_eq!(sessions.current(1.0), first);
        assert_ne!(sessions.current(1e9), first, "at this rate the visit is over");
        assert_eq!(first.id.len(), 16);
        assert_ne!(Session::new(1, 99, 0, 0), Session::new(1, 99, 1, 0));
        assert_ne!(Session::new(1, 99, 0, 0).id, Session::new(1, 100, 0, 0).id);
    }
}

//! What processes use, from `/proc`.

use std::time::{Duration, Instant};

use procfs::process::Process;

use crate::control::Usage;

/// Processor shares are measured over at least this long, so that they mean something.
const WINDOW: Duration = Duration::from_secs(15);

/// Measures one process.
#[derive(Debug)]
pub struct Meter {
    pid: i32,
    older: Reading,
    newer: Reading,
}

#[derive(Debug, Clone, Copy)]
struct Reading {
    at: Instant,
    cpu_s: f64,
}

impl Meter {
    /// Starts measuring a process that has just started.
    pub fn new(pid: i32) -> Self {
        let reading = Reading { at: Instant::now(), cpu_s: 0.0 };
        Self { pid, older: reading, newer: reading }
    }

    /// Remembers the present; call now and then.
    pub fn tick(&mut self) {
        if let Some(reading) = self.read().filter(|reading| reading.at - self.newer.at >= WINDOW) {
            self.older = self.newer;
            self.newer = reading;
        }
    }

    /// What the process uses now; `None` when it is gone.
    pub fn usage(&self) -> Option<Usage> {
        let now = self.read()?;
        let seconds = (now.at - self.older.at).as_secs_f64();
        let (rss_bytes, pss_bytes) = memory(self.pid)?;
        Some(Usage {
            rss_bytes,
            pss_bytes,
            cpu_percent: if seconds > 0.0 { (now.cpu_s - self.older.cpu_s) / seconds * 100.0 } else { 0.0 },
            cpu_s: now.cpu_s,
        })
    }

    fn read(&self) -> Option<Reading> {
        let stat = Process::new(self.pid).ok()?.stat().ok()?;
        let ticks = (stat.utime + stat.stime) as f64;
        Some(Reading { at: Instant::now(), cpu_s: ticks / procfs::ticks_per_second() as f64 })
    }
}

/// Resident and proportional memory of a process in bytes.
pub fn memory(pid: i32) -> Option<(u64, u64)> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()
    };
    Some((field("Rss:")? * 1024, field("Pss:")? * 1024))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_process_is_seen() {
        let pid = i32::try_from(std::process::id()).unwrap();
        let meter = Meter::new(pid);
        let started = Instant::now();
        let mut sum = 0_u64;
        while started.elapsed() < Duration::from_millis(100) {
            sum = sum.wrapping_add(std::hint::black_box(started.elapsed().subsec_nanos().into()));
        }
        assert!(sum > 0);
        let usage = meter.usage().unwrap();
        assert!(usage.cpu_s > 0.0 && usage.cpu_percent > 0.0, "{usage:?}");
        assert!(usage.rss_bytes >= usage.pss_bytes && usage.pss_bytes > 0, "{usage:?}");
    }

    #[test]
    fn a_process_that_is_gone_uses_nothing() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let pid = i32::try_from(child.id()).unwrap();
        child.wait().unwrap();
        assert!(Meter::new(pid).usage().is_none());
    }
}

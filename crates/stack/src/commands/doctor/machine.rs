//! The machine: memory, open files, clock.

use jiff::Timestamp;
use nix::sys::resource::{Resource, getrlimit};
use procfs::{Current as _, Meminfo};
use runtime::format_bytes;

use super::Check;

/// What the whole stack takes at its busiest, with some room.
const ENOUGH_MEMORY: u64 = 400 << 20;
/// The stores keep segments, logs and connections open.
const ENOUGH_FILES: u64 = 1024;
/// This program was written after this moment.
const LONG_AGO: &str = "2026-01-01T00:00:00Z";

/// All checks of the machine.
pub fn checks() -> Vec<Check> {
    [memory(), files(), Some(clock(Timestamp::now()))].into_iter().flatten().collect()
}

fn memory() -> Option<Check> {
    let available = Meminfo::current().ok()?.mem_available?;
    let found = format!("{} available", format_bytes(available));
    Some(if available >= ENOUGH_MEMORY {
        Check::ok("memory", found)
    } else {
        Check::warning(
            "memory",
            found,
            "the stack takes up to 400 MB: end other programs, or lower TRAFFIC_RATE",
        )
    })
}

fn files() -> Option<Check> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).ok()?;
    let found = format!("{soft} open files allowed");
    Some(if soft >= ENOUGH_FILES {
        Check::ok("ulimit", found)
    } else {
        Check::warning(
            "ulimit",
            found,
            format!("raise it before `up`: ulimit -n {}", hard.clamp(ENOUGH_FILES, 65_536)),
        )
    })
}

/// A clock that is wrong puts telemetry where no query looks.
fn clock(now: Timestamp) -> Check {
    let found = format!("it is {now:.0}");
    if LONG_AGO.parse::<Timestamp>().is_ok_and(|long_ago| now < long_ago) {
        return Check::problem(
            "clock",
            found,
            "the clock is wrong; set it, for instance with timedatectl set-ntp true",
        );
    }
    Check::ok("clock", found)
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn this_machine_has_a_clock_memory_and_files() {
        assert_eq!(checks().len(), 3);
        assert_eq!(clock("1970-01-02T00:00:00Z".parse().unwrap()).verdict, Verdict::Problem);
        assert_eq!(clock("2027-01-02T00:00:00Z".parse().unwrap()).verdict, Verdict::Ok);
    }
}

//! Carries what a component prints from its pipe into its log file.
//!
//! stdout and stderr share one pipe, which keeps their order. A thread per component reads it: a disk that stalls
//! then delays one component after a megabyte of backlog, and never the supervisor. When the disk is full, output is
//! dropped and counted, because a component must not hang on its own log.

use std::io::{self, PipeReader, PipeWriter, Read as _};
use std::sync::Arc;

use nix::fcntl::{FcntlArg, fcntl};
use parking_lot::Mutex;
use serde_json::json;

use super::journal::Journal;
use super::rotate::RotatingFile;

/// What the kernel may hold for us; the most that is allowed without privileges.
const PIPE_BYTES: i32 = 1024 * 1024;

const BUFFER_BYTES: usize = 32 * 1024;

const STACK_BYTES: usize = 128 * 1024;

/// A log file shared by the successive processes of one component.
pub type SharedLog = Arc<Mutex<RotatingFile>>;

/// Starts carrying into `log`; the returned ends are the process's stdout and stderr. Ends by itself when the
/// process and everything it started are gone.
pub fn start(
    component: &'static str,
    log: SharedLog,
    journal: Arc<Journal>,
) -> io::Result<(PipeWriter, PipeWriter)> {
    let (reader, writer) = io::pipe()?;
    // Refused beyond the user's share: the usual 64 KiB do as well.
    fcntl(&writer, FcntlArg::F_SETPIPE_SZ(PIPE_BYTES)).ok();
    let second = writer.try_clone()?;
    std::thread::Builder::new()
        .name(format!("log {component}"))
        .stack_size(STACK_BYTES)
        .spawn(move || carry(component, reader, &log, &journal))?;
    Ok((writer, second))
}

fn carry(component: &'static str, mut reader: PipeReader, log: &SharedLog, journal: &Journal) {
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut dropped_bytes = 0_u64;
    loop {
        let read = match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => break,
        };
        match log.lock().append(&buffer[..read]) {
            Ok(()) if dropped_bytes > 0 => {
                journal.warn(
                    "log output is kept again",
                    json!({"component": component, "dropped_bytes": dropped_bytes}),
                );
                dropped_bytes = 0;
            }
            Ok(()) => {}
            Err(error) => {
                if dropped_bytes == 0 {
                    journal.error(
                        "log output cannot be written and is dropped",
                        json!({"component": component, "error": error.to_string()}),
                    );
                }
                dropped_bytes += read as u64;
            }
        }
    }
    drop(log.lock().end_line());
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn both_ends_reach_the_file_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.log");
        let log: SharedLog = Arc::new(Mutex::new(RotatingFile::open(&path).unwrap()));
        let journal = Arc::new(Journal::open(&folder.path().join("supervisor.log")).unwrap());
        let (mut stdout, mut stderr) = start("x", Arc::clone(&log), journal).unwrap();
        for number in 0..500 {
            writeln!(stdout, "out {number}").unwrap();
            writeln!(stderr, "err {number}").unwrap();
        }
        write!(stderr, "torn").unwrap();
        drop((stdout, stderr));
        let expected: String = (0..500).map(|number| format!("out {number}\nerr {number}\n")).collect();
        let expected = expected + "torn\n";
        let deadline = Instant::now() + Duration::from_secs(10);
        while std::fs::read_to_string(&path).unwrap() != expected {
            assert!(Instant::now() < deadline, "{}", std::fs::read_to_string(&path).unwrap());
            std::thread::yield_now();
        }
    }
}

//! What the kernel says about the process, with the names that Prometheus' clients use.

use procfs::process::Process;

use super::text::Text;

/// Adds what can be found out; `/proc` may be hidden.
pub(super) fn render(text: &mut Text) {
    let Ok((process, stat)) =
        Process::myself().and_then(|process| process.stat().map(|stat| (process, stat)))
    else {
        return;
    };
    let ticks = procfs::ticks_per_second() as f64;
    let mut gauge = |name: &str, kind: &str, help: &str, value: f64| {
        text.family(name, kind, help);
        text.sample(name, &[], value);
    };
    let seconds = (stat.utime + stat.stime) as f64 / ticks;
    gauge("process_cpu_seconds_total", "counter", "CPU time spent.", seconds);
    let resident = (stat.rss * procfs::page_size()) as f64;
    gauge("process_resident_memory_bytes", "gauge", "Memory in use.", resident);
    gauge("process_virtual_memory_bytes", "gauge", "Address space in use.", stat.vsize as f64);
    if let Ok(boot) = procfs::boot_time_secs() {
        let started = boot as f64 + stat.starttime as f64 / ticks;
        gauge("process_start_time_seconds", "gauge", "When the process began, in Unix seconds.", started);
    }
    if let Ok(open) = process.fd_count() {
        gauge("process_open_fds", "gauge", "Open files and sockets.", open as f64);
    }
}

//! Panics become log lines like everything else, instead of text on stderr.

use std::backtrace::Backtrace;

/// Installs the hook for the process.
pub(super) fn log_panics() {
    std::panic::set_hook(Box::new(|info| {
        let message = info.payload_as_str().unwrap_or("unknown");
        let place = info.location().map(ToString::to_string);
        let backtrace = Backtrace::capture();
        let stacktrace =
            (backtrace.status() == std::backtrace::BacktraceStatus::Captured).then(|| backtrace.to_string());
        tracing::error!(
            exception.type = "panic",
            exception.message = message,
            exception.stacktrace = stacktrace,
            place,
            "panic: {message}"
        );
    }));
}

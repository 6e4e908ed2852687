//! Who is told of which alert, when and in which words: routing, grouping, silences, mute timings and messages.
//!
//! No I/O: callers hand in alerts and the time, and send what comes out.

mod alert;

pub use alert::Alert;

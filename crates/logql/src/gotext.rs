//! Text forms of Go that LogQL inherits: literals, numbers, durations, sizes, regular expressions, and how they print.
//!
//! Every function here is plain text in, value out, with the wording of Go's errors where a user can see it.

pub(crate) mod bytesize;
pub(crate) mod duration;
pub(crate) mod float;
pub(crate) mod layout;
pub(crate) mod quote;
pub(crate) mod regex;
mod regex_class;

//! Answering queries over segments from columns: filters and classes are decided on the few columns that they depend on,
//! whole rows are put together only of what is shown.

mod classes;
mod filter;
mod keys;
mod layout;
mod lines;
mod open;
mod pass;
mod required;
mod samples;

pub(super) use lines::LineWorker;
pub(super) use samples::SampleWorker;

//! Who is told of which alert, when and in which words: Alertmanager's and Grafana's rules.
//!
//! * `policy`, `route`, `timing`, `silence` say who and when.
//! * `engine` puts alerts together in groups and keeps the log of who was told.
//! * `message` is what people read: the data of templates and the templates themselves.
//! * `contact` turns a message into the request or the e-mail that a service wants.
//!
//! No I/O: callers hand in alerts and the time, send what comes out, and say whether it arrived.

mod alert;
pub mod contact;
pub mod engine;
pub mod matcher;
pub mod message;
pub mod policy;
pub mod route;
pub mod silence;
pub mod timing;

pub use alert::{Alert, Fingerprint, Labels, fingerprint, is_private};

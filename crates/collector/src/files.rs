//! Files as a source: finding them, following them through rotation, reading their lines.

mod discover;
mod identity;
mod job;
mod settings;
mod siblings;
mod tail;
mod targets;
mod watch;

pub use self::identity::FileId;
pub use self::job::{Job, JobParts, Sink};
pub use self::settings::{LongLines, ReadSettings};
pub use self::targets::{Target, TargetStatus, targets};

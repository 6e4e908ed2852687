//! Durable storage shared by the log store and the trace store.
//!
//! ```text
//!  append ──▶ write-ahead log (group commit, fsync) ──▶ live head ──▶ acknowledged, visible to queries
//!                                                          │ full or old
//!                                                          ▼
//!                                          frozen head ──▶ Parquet segments ──▶ manifest (atomic) ──▶ log files deleted
//! ```
//!
//! What a row is, is the business of a [`Schema`]; this crate knows only batches, segments and their life. The promises:
//!
//! - **Acknowledged means durable**: [`Engine::append`] returns after the record was fsynced (unless
//!   [`Durability::Os`] is chosen) and is visible to the next [`Engine::snapshot`].
//! - **Never doubled**: the manifest names its segments *and* the last write-ahead log file that they cover, in one
//!   atomic replacement. Recovery replays only the files after it.
//! - **Damage stays local**: a torn tail is cut off, a damaged record is skipped, a damaged segment is quarantined; each
//!   is reported and the rest is served.
//!
//! Layout below the root of the object store: `<schema>/tenant=…/date=…/hour=…/<ulid>.parquet` (Hive style, readable by
//! DuckDB, pyarrow, Spark); below the local folder: `wal/<sequence>.wal` and `manifest.json`.

pub mod checked;
mod compact;
mod engine;
mod error;
mod flush;
#[doc(hidden)]
pub mod fuzzing;
mod head;
mod manifest;
mod objects;
mod options;
mod part;
mod payload;
mod reader;
mod retention;
mod rewrite;
mod schema;
mod state;
mod wal;
mod writer;

pub use engine::{Engine, EngineStats};
pub use error::{AppendError, Error};
pub use manifest::SegmentMeta;
pub use options::{Durability, Options, ParseDurabilityError};
pub use part::{Part, PartWriter, PartitionHour, SealContext};
pub use payload::Payload;
pub use reader::{SegmentFile, SegmentReader};
pub use rewrite::Rewritten;
pub use schema::{Schema, SchemaError};
pub use state::Snapshot;

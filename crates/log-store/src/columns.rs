//! Log rows as Parquet, layout 2: lines taken apart into columns.
//!
//! Rows are ordered by (labels, timestamp, arrival); exact duplicates are dropped. Columns:
//!
//! | column | type | content |
//! |---|---|---|
//! | `labels` | string, dictionary | canonical label set, `{a="b", c="d"}` |
//! | `timestamp` | timestamp, ns, UTC | |
//! | `template` | string, dictionary | the line with each value replaced by its field's name between NUL bytes; null for lines that are kept whole |
//! | `line` | string | lines that are kept whole |
//! | `field.<name>` | what all values are | the values of a field of JSON and logfmt lines |
//! | `metadata_names` | string, dictionary | the names of the row's structured metadata, in order, with commas |
//! | `metadata.<name>` | what all values are | the values of a name |
//! | `structured_metadata` | map of string to string | where names repeat or are too many |
//!
//! Template and fields give the line back byte for byte: a kind other than text is chosen only where that is certain. The
//! footer entry `log-store.index` says which streams are in which rows, what the columns consist of, and where behind the rows the
//! Bloom filters of their words are.

mod blooms;
mod index;
mod json_line;
mod kind;
mod logfmt_line;
mod metadata;
mod read;
mod rows;
mod shred;
mod sought;
mod template;
mod typed;
mod values;
mod words;
mod write;
mod zones;

pub(crate) use index::{FieldNote, SegmentIndex, SegmentStream};
pub(crate) use kind::{Kind, TimeForm, unhex};
pub(crate) use read::{Projection, load, read_rows, record_batches};
pub(crate) use rows::{RowBuffer, Rows, text_column};
pub(crate) use sought::Sought;
pub(crate) use template::{Slot, Syntax};
pub(crate) use values::ValueColumn;
pub(crate) use write::write;

/// Version of the layout.
pub(crate) const FORMAT: u32 = 2;
pub(crate) const FIELD_PREFIX: &str = "field.";
pub(crate) const METADATA_PREFIX: &str = "metadata.";

/// The names of the columns that every segment has.
pub(crate) mod names {
    pub(crate) const LABELS: &str = "labels";
    pub(crate) const TIMESTAMP: &str = "timestamp";
    pub(crate) const TEMPLATE: &str = "template";
    pub(crate) const LINE: &str = "line";
    pub(crate) const METADATA_NAMES: &str = "metadata_names";
    pub(crate) const METADATA: &str = "structured_metadata";
}

//! How a store hands spans in: column by column, borrowed, only the fields that the query names.

use crate::field::Scope;
use crate::value::Value;

/// Some spans, of one trace or of many. Fields are named by their index in [`crate::Query::fields`]; only those that
/// [`crate::Field::is_stored`] are asked for.
pub trait Spans {
    fn len(&self) -> usize;

    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Nanoseconds since the Unix epoch.
    fn start(&self, span: usize) -> i64;

    /// Nanoseconds, never negative: a span whose end lies before its start lasts 0.
    fn duration(&self, span: usize) -> i64;

    fn trace_id(&self, span: usize) -> &[u8];

    fn span_id(&self, span: usize) -> &[u8];

    /// Zeros when the span has no parent.
    fn parent_id(&self, span: usize) -> &[u8];

    /// The value of a field of [`crate::Level::Span`]. An attribute without scope is the span's, or else the resource's.
    /// `resource.service.name` of a resource without one is the empty text.
    fn value(&self, field: usize, span: usize) -> Value<'_>;

    /// W3C trace state, which tells how likely the span was to be sampled. Only asked for by queries that
    /// [`crate::Metrics::needs_trace_state`].
    fn trace_state(&self, span: usize) -> &str;

    /// How many events a span has.
    fn events(&self, span: usize) -> usize;

    fn event_value(&self, field: usize, span: usize, event: usize) -> Value<'_>;

    /// How many links a span has.
    fn links(&self, span: usize) -> usize;

    fn link_value(&self, field: usize, span: usize, link: usize) -> Value<'_>;

    /// Every attribute of the span, its resource and its instrumentation scope, for queries that compare all of them.
    fn for_each_attribute(&self, span: usize, visit: &mut dyn FnMut(Scope, &str, Value<'_>));
}

/// All spans of one trace that the store has, each once, by start time and then by id.
pub trait Trace: Spans {
    /// Whether the span's kind is `server`: when a client and a server share an id, the server is below the client.
    fn is_server(&self, span: usize) -> bool;

    /// Whether the span has no parent, neither by its parent's id nor by a link that stands for one.
    fn is_root(&self, span: usize) -> bool;

    /// The name of the root; empty as long as there is none.
    fn root_name(&self) -> &str;

    /// The service of the root; empty as long as there is none.
    fn root_service(&self) -> &str;
}

/// How the values of a field lie in [`ColumnSpans`].
#[derive(Debug, Clone, Copy)]
pub enum Column<'a> {
    /// The same value in every row.
    Same,
    /// Rows with the same code have the same value. Codes are below `count`.
    Codes { codes: &'a [u32], count: usize },
    /// Whole numbers; rows that are not `valid` have none.
    Ints { values: &'a [i64], valid: Option<&'a [bool]> },
    /// Nothing is known but the value of each row.
    Mixed,
}

/// Rows, of whatever traces, that are at hand column by column: conditions are decided once per code, and numbers are
/// compared in one go. [`Spans`] tells the value of each row all the same.
pub trait ColumnSpans: Spans {
    /// The start of each row.
    fn starts(&self) -> &[i64];

    /// The duration of each row.
    fn durations(&self) -> &[i64];

    /// How the values of a stored field lie; only asked for fields of [`crate::Level::Span`].
    fn column(&self, field: usize) -> Column<'_>;
}

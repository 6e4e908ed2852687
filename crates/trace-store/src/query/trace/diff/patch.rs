//! A comparison as it is answered: the format `trace-patch-v0`.

use serde::Serialize;
use serde_json::Value as Json;

pub(crate) const VERSION: &str = "trace-patch-v0";

#[derive(Debug, Serialize)]
pub(crate) struct Patch {
    pub version: &'static str,
    pub base: TraceMeta,
    pub compare: TraceMeta,
    pub stats: Stats,
    pub modified: Vec<Modified>,
    pub added: Vec<SpanChange>,
    pub removed: Vec<SpanChange>,
    pub warnings: Vec<Warning>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TraceMeta {
    pub trace_id: String,
    pub span_count: usize,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Stats {
    pub span_count_a: usize,
    pub span_count_b: usize,
    pub matched_spans: usize,
    pub modified_spans: usize,
    pub added_spans: usize,
    pub removed_spans: usize,
    pub field_changes: usize,
    pub attribute_changes: usize,
    pub event_changes: usize,
    pub truncated: bool,
}

/// A span that is in both traces and not the same.
#[derive(Debug, Serialize)]
pub(crate) struct Modified {
    pub span: Reference,
    pub changes: Vec<Change>,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Reference {
    /// Which child of which child of which root.
    pub path: Vec<usize>,
    pub service: String,
    pub name: String,
    pub kind: &'static str,
}

#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct Change {
    pub op: &'static str,
    pub target: Target,
    pub before: Json,
    pub after: Json,
}

/// What of a span has changed.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct Target {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
}

impl Target {
    pub(super) fn field(name: &'static str) -> Self {
        Self { kind: "field", name: Some(name), scope: None, key: None }
    }

    pub(super) fn attribute(key: &str) -> Self {
        Self { kind: "attribute", name: None, scope: Some("span"), key: Some(key.to_owned()) }
    }
}

/// A span that is in one trace only.
#[derive(Debug, Serialize)]
pub(crate) struct SpanChange {
    pub target: Place,
    pub span: Snapshot,
}

/// Where it was, or where it goes.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Place {
    #[serde(rename = "type")]
    pub kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<Vec<usize>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_path: Option<Vec<usize>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<usize>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Snapshot {
    #[serde(flatten)]
    pub span: Reference,
    pub duration_nanos: u64,
    pub status: &'static str,
}

#[derive(Debug, Serialize)]
pub(crate) struct Warning {
    pub code: &'static str,
    pub message: String,
}

impl Patch {
    pub(super) fn new(base: (String, usize), compare: (String, usize)) -> Self {
        let stats = Stats { span_count_a: base.1, span_count_b: compare.1, ..Stats::default() };
        let meta = |(trace_id, span_count)| TraceMeta { trace_id, span_count };
        Self {
            version: VERSION,
            base: meta(base),
            compare: meta(compare),
            stats,
            modified: Vec::new(),
            added: Vec::new(),
            removed: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// Puts everything into the order of the traces.
    pub(super) fn sort(&mut self) {
        self.modified.sort_by(|a, b| a.span.path.cmp(&b.span.path));
        self.added.sort_by(|a, b| a.span.span.path.cmp(&b.span.span.path));
        self.removed.sort_by(|a, b| a.span.span.path.cmp(&b.span.span.path));
    }
}

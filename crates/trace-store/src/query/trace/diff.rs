//! What changed between two traces: spans that came and went, and what is different in those that are in both.
//!
//! Spans are matched from the roots downwards: of the children of two matched spans, those of the same service, name and
//! kind belong together, in their order. Times of one pair of traces tell little, so durations and sizes are compared with
//! a tolerance.

mod patch;
mod tree;

use std::collections::BTreeMap;

use protocols::otlp::ResourceSpans;
use serde_json::Value as Json;

pub(crate) use patch::Patch;
use patch::{Change, Modified, Place, SpanChange, Target, Warning};
pub(crate) use tree::json_of;
use tree::{Node, Tree};

/// Durations closer than this share of the longer one, plus a millisecond, count as the same.
const DURATION_SHARE: f64 = 0.25;
const DURATION_FLOOR_NS: f64 = 1e6;
/// The same for attributes that are sizes.
const SIZE_SHARE: f64 = 0.05;
/// Steps of paths, and changes, that an answer lists.
const MAX_LISTED: usize = 1_000_000;
/// Attributes of the semantic conventions that are sizes, so that small differences mean nothing.
const SIZES: [&str; 15] = [
    "file.size",
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.output_tokens",
    "http.request.body.size",
    "http.request.size",
    "http.request_content_length",
    "http.request_content_length_uncompressed",
    "http.response.body.size",
    "http.response.size",
    "http.response_content_length",
    "http.response_content_length_uncompressed",
    "message.compressed_size",
    "message.uncompressed_size",
    "messaging.message.body.size",
    "messaging.message.envelope.size",
];

/// Compares two traces, which are named by the ids that they were asked for by.
pub(crate) fn diff(base: (String, &[ResourceSpans]), compare: (String, &[ResourceSpans])) -> Patch {
    let (old, new) = (Tree::new(base.1), Tree::new(compare.1));
    let mut patch = Patch::new((base.0, old.nodes.len()), (compare.0, new.nodes.len()));
    for (side, tree) in [("base", &old), ("compare", &new)] {
        if tree.repeated > 0 {
            patch.warnings.push(Warning {
                code: "duplicate_span_id",
                message: format!("{side}: {} spans share their id with another one", tree.repeated),
            });
        }
    }
    let mut walk = Walk { old: &old, new: &new, patch, room: MAX_LISTED };
    walk.level(&old.roots, &new.roots);
    let mut patch = walk.patch;
    patch.sort();
    patch
}

struct Walk<'a> {
    old: &'a Tree,
    new: &'a Tree,
    patch: Patch,
    room: usize,
}

impl Walk<'_> {
    /// Matches the children of two matched spans. Levels are kept in a list, since traces may be deep.
    fn level(&mut self, old: &[usize], new: &[usize]) {
        let mut levels = vec![(old.to_vec(), new.to_vec())];
        while let Some((old, new)) = levels.pop() {
            let mut open: BTreeMap<(&str, &str, i32), Vec<usize>> = BTreeMap::new();
            let newest_first = new.iter().rev();
            newest_first.for_each(|at| open.entry(self.new.nodes[*at].key()).or_default().push(*at));
            for before in old {
                let same = open.get_mut(&self.old.nodes[before].key()).and_then(Vec::pop);
                match same {
                    Some(after) => {
                        self.matched(before, after);
                        let children = |tree: &Tree, at: usize| tree.nodes[at].children.clone();
                        levels.push((children(self.old, before), children(self.new, after)));
                    }
                    None => self.old.below(before).into_iter().for_each(|at| self.removed(at)),
                }
            }
            let added: Vec<usize> = open.into_values().flatten().collect();
            added.into_iter().flat_map(|at| self.new.below(at)).for_each(|at| self.added(at));
        }
    }

    fn matched(&mut self, at: usize, other: usize) {
        let (before, after) = (&self.old.nodes[at], &self.new.nodes[other]);
        let stats = &mut self.patch.stats;
        stats.matched_spans += 1;
        let mut changes = fields(before, after);
        stats.field_changes += changes.len();
        let attributes = attributes(before, after);
        stats.attribute_changes += attributes.len();
        changes.extend(attributes);
        if !changes.is_empty() {
            stats.modified_spans += 1;
            let span = self.old.reference(at);
            if self.has_room(span.path.len() + changes.len()) {
                self.patch.modified.push(Modified { span, changes });
            }
        }
    }

    fn removed(&mut self, at: usize) {
        self.patch.stats.removed_spans += 1;
        let span = self.old.snapshot(at);
        if self.has_room(span.span.path.len() * 2) {
            let target = Place { kind: "span", path: Some(span.span.path.clone()), ..Place::default() };
            self.patch.removed.push(SpanChange { target, span });
        }
    }

    fn added(&mut self, at: usize) {
        self.patch.stats.added_spans += 1;
        let span = self.new.snapshot(at);
        if self.has_room(span.span.path.len() * 2) {
            let (index, parent) = match span.span.path.split_last() {
                Some((index, parent)) => (Some(*index), parent.to_vec()),
                None => (None, Vec::new()),
            };
            let parent_path = (!parent.is_empty()).then_some(parent);
            let target = Place { kind: "span", path: None, parent_path, index };
            self.patch.added.push(SpanChange { target, span });
        }
    }

    /// Whether so much more may be listed. Paths of deep traces are long: what does not fit is only counted.
    fn has_room(&mut self, size: usize) -> bool {
        let fits = size <= self.room;
        if fits {
            self.room -= size;
        }
        self.patch.stats.truncated |= !fits;
        fits
    }
}

fn fields(before: &Node, after: &Node) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut modify = |name: &'static str, before: Json, after: Json| {
        changes.push(Change { op: "modify", target: Target::field(name), before, after });
    };
    if !close(before.duration as f64, after.duration as f64, DURATION_SHARE, DURATION_FLOOR_NS) {
        modify("duration_nanos", before.duration.into(), after.duration.into());
    }
    if before.status != after.status {
        modify("status", before.status.into(), after.status.into());
    }
    changes
}

fn attributes(before: &Node, after: &Node) -> Vec<Change> {
    let mut keys: Vec<&String> = before.attributes.keys().chain(after.attributes.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    let change = |key: &&String| {
        let (old, new) = (before.attributes.get(*key), after.attributes.get(*key));
        let op = match (old, new) {
            (Some(old), Some(new)) if same_value(key, old, new) => return None,
            (Some(_), Some(_)) => "modify",
            (Some(_), None) => "remove",
            (None, _) => "add",
        };
        let value = |value: Option<&Json>| value.cloned().unwrap_or(Json::Null);
        Some(Change { op, target: Target::attribute(key), before: value(old), after: value(new) })
    };
    keys.iter().filter_map(change).collect()
}

fn same_value(key: &str, old: &Json, new: &Json) -> bool {
    if old == new {
        return true;
    }
    match (old.as_f64(), new.as_f64()) {
        (Some(old), Some(new)) => SIZES.contains(&key) && close(old, new, SIZE_SHARE, 0.0),
        _ => false,
    }
}

fn close(a: f64, b: f64, share: f64, floor: f64) -> bool {
    (a - b).abs() <= floor + share * a.abs().max(b.abs())
}

#[cfg(test)]
mod tests;

//! A trace as a tree of spans in a fixed order.

use std::collections::BTreeMap;

use ahash::AHashMap;
use protocols::otlp::{AnyValue, ResourceSpans, Span, any_value};
use serde_json::Value as Json;
use traceql::{Kind, Status};

use super::patch::{Reference, Snapshot};

#[derive(Debug)]
pub(super) struct Node {
    parent: Option<usize>,
    /// Which child of its parent, or which root.
    index: usize,
    /// By start time, then id.
    pub children: Vec<usize>,
    pub duration: u64,
    pub status: &'static str,
    pub attributes: BTreeMap<String, Json>,
    service: String,
    name: String,
    kind: i32,
}

impl Node {
    fn new(service: &str, span: &Span) -> Self {
        let pairs = span.attributes.iter().rev();
        let code = span.status.as_ref().map_or(0, |status| status.code);
        Self {
            parent: None,
            index: 0,
            children: Vec::new(),
            duration: span.end_time_unix_nano.saturating_sub(span.start_time_unix_nano),
            status: Status::from_otlp(code).name(),
            attributes: pairs.map(|pair| (pair.key.clone(), json_of(pair.value.as_ref()))).collect(),
            service: service.to_owned(),
            name: span.name.clone(),
            kind: span.kind,
        }
    }

    /// What spans that belong together have in common.
    pub(super) fn key(&self) -> (&str, &str, i32) {
        (&self.service, &self.name, self.kind)
    }
}

#[derive(Debug)]
pub(super) struct Tree {
    pub nodes: Vec<Node>,
    pub roots: Vec<usize>,
    /// Spans whose id another one has, too.
    pub repeated: usize,
}

impl Tree {
    pub(super) fn new(resource_spans: &[ResourceSpans]) -> Self {
        let mut spans: Vec<(&str, &Span)> = Vec::new();
        for resource in resource_spans {
            let service = service_of(resource);
            let own = resource.scope_spans.iter().flat_map(|scope| &scope.spans);
            spans.extend(own.map(|span| (service, span)));
        }
        spans.sort_by_key(|(_, span)| (span.start_time_unix_nano, &span.span_id[..], span.kind));
        let mut by_id: AHashMap<&[u8], usize> = AHashMap::new();
        let mut repeated = 0;
        for (at, (_, span)) in spans.iter().enumerate() {
            repeated += usize::from(by_id.insert(&span.span_id, at).is_some());
        }
        let mut nodes: Vec<Node> = spans.iter().map(|(service, span)| Node::new(service, span)).collect();
        let mut roots = Vec::new();
        for (at, (_, span)) in spans.iter().enumerate() {
            match by_id.get(&span.parent_span_id[..]).filter(|parent| **parent != at) {
                Some(parent) => nodes[*parent].children.push(at),
                None => roots.push(at),
            }
        }
        let mut tree = Self { nodes, roots: Vec::new(), repeated };
        let mut placed = vec![false; tree.nodes.len()];
        // Spans that are each other's ancestors have no root: their first counts as one.
        for at in roots.into_iter().chain(0..tree.nodes.len()) {
            if !placed[at] {
                tree.place(at, &mut placed);
            }
        }
        tree
    }

    /// Gives a root and what is below it their places.
    fn place(&mut self, root: usize, placed: &mut [bool]) {
        self.nodes[root].index = self.roots.len();
        self.roots.push(root);
        placed[root] = true;
        let mut open = vec![root];
        while let Some(at) = open.pop() {
            let mut children = std::mem::take(&mut self.nodes[at].children);
            children.retain(|child| !std::mem::replace(&mut placed[*child], true));
            for (index, child) in children.iter().enumerate() {
                (self.nodes[*child].parent, self.nodes[*child].index) = (Some(at), index);
            }
            open.extend(&children);
            self.nodes[at].children = children;
        }
    }

    /// Which child of which child of which root a span is.
    pub(super) fn path(&self, at: usize) -> Vec<usize> {
        let way = std::iter::successors(Some(at), |at| self.nodes[*at].parent);
        let mut path: Vec<usize> = way.map(|at| self.nodes[at].index).collect();
        path.reverse();
        path
    }

    pub(super) fn reference(&self, at: usize) -> Reference {
        let node = &self.nodes[at];
        let (service, name) = (node.service.clone(), node.name.clone());
        Reference { path: self.path(at), service, name, kind: Kind::from_otlp(node.kind).name() }
    }

    pub(super) fn snapshot(&self, at: usize) -> Snapshot {
        let node = &self.nodes[at];
        Snapshot { span: self.reference(at), duration_nanos: node.duration, status: node.status }
    }

    /// A span and all below it.
    pub(super) fn below(&self, at: usize) -> Vec<usize> {
        let mut all = vec![at];
        let mut next = 0;
        while let Some(at) = all.get(next).copied() {
            all.extend(&self.nodes[at].children);
            next += 1;
        }
        all
    }
}

fn service_of(resource: &ResourceSpans) -> &str {
    let pairs = resource.resource.as_ref().map_or(&[][..], |resource| &resource.attributes);
    let value = pairs.iter().find(|pair| pair.key == "service.name");
    match value.and_then(|pair| pair.value.as_ref()?.value.as_ref()) {
        Some(any_value::Value::StringValue(name)) => name,
        _ => "",
    }
}

pub(crate) fn json_of(value: Option<&AnyValue>) -> Json {
    match value.and_then(|value| value.value.as_ref()) {
        None | Some(any_value::Value::StringValueStrindex(_)) => Json::Null,
        Some(any_value::Value::StringValue(text)) => Json::from(text.as_str()),
        Some(any_value::Value::IntValue(number)) => Json::from(*number),
        Some(any_value::Value::DoubleValue(number)) => Json::from(*number),
        Some(any_value::Value::BoolValue(value)) => Json::from(*value),
        Some(any_value::Value::BytesValue(bytes)) => Json::from(hex::encode(bytes)),
        Some(any_value::Value::ArrayValue(list)) => {
            list.values.iter().map(|one| json_of(Some(one))).collect()
        }
        Some(any_value::Value::KvlistValue(list)) => {
            let pairs = list.values.iter().map(|pair| (pair.key.clone(), json_of(pair.value.as_ref())));
            Json::Object(pairs.collect())
        }
    }
}

//! Attributes as flat pairs of names and texts.

use std::borrow::Cow;

use protocols::otlp::any_value::Value;
use protocols::otlp::{AnyValue, KeyValue};

use super::super::accept::normalised;
use super::value;

/// Names made label names, and values as text; nothing without a value. Stops taking more once it holds more than
/// `limit` bytes: nested maps repeat the names above them, so a small request could become very large.
#[derive(Debug)]
pub(super) struct Attributes<'r> {
    pairs: Vec<(Cow<'r, str>, Cow<'r, str>)>,
    bytes: usize,
    /// Bytes of names put together for nested values.
    work: usize,
    limit: usize,
}

/// Names may cost this many times the limit.
const MAX_WORK: usize = 4;

impl<'r> Attributes<'r> {
    pub(super) fn new(limit: usize) -> Self {
        Self { pairs: Vec::new(), bytes: 0, work: 0, limit }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (&**name, &**value))
    }

    pub(super) fn add(&mut self, name: impl Into<Cow<'r, str>>, value: impl Into<Cow<'r, str>>) {
        let (name, value) = (name.into(), value.into());
        if !value.is_empty() && self.bytes <= self.limit {
            self.bytes += name.len() + value.len();
            self.pairs.push((name, value));
        }
    }

    /// Adds an attribute; a map adds each of its values as `name_key`.
    pub(super) fn flatten(&mut self, attribute: &'r KeyValue) {
        let Some(value) = &attribute.value else { return };
        if matches!(value.value, Some(Value::KvlistValue(_))) {
            self.nested(&normalised(&attribute.key), value);
        } else {
            self.add(normalised(&attribute.key), value::text(value));
        }
    }

    fn nested(&mut self, name: &str, value: &'r AnyValue) {
        let Some(Value::KvlistValue(list)) = &value.value else {
            return self.add(normalised(name).into_owned(), value::text(value));
        };
        for pair in &list.values {
            let Some(value) = &pair.value else { continue };
            self.work = self.work.saturating_add(name.len() + pair.key.len());
            if self.work > self.limit.saturating_mul(MAX_WORK) {
                return self.overflow();
            }
            self.nested(&format!("{name}_{}", pair.key), value);
        }
    }

    /// Goes beyond the limit, so that the entry is refused rather than cut.
    fn overflow(&mut self) {
        if self.bytes <= self.limit {
            self.add("too_large", " ".repeat(self.limit + 1));
        }
    }
}

//! Spans with their attributes, events and links.

use model::{SpanId, TraceId};

use super::fields::{Content, Fields};
use super::nested::check_value;
use super::{Reader, Unusual};
use crate::batch::{BatchBuilder, EventRow, LinkRow, Run, SpanRow, StringId, Value};

/// Texts that the span before had in the same places.
#[derive(Debug, Default)]
pub(super) struct Texts {
    name: StringId,
    attributes: Vec<(StringId, StringId)>,
}

/// What is looked at once the attributes of a span are through, so that these stay together.
#[derive(Debug, Default)]
struct Later<'a> {
    events: Vec<&'a [u8]>,
    links: Vec<&'a [u8]>,
}

impl Reader<'_> {
    pub(super) fn span(&mut self, message: &[u8], resource: u32, scope: u32) -> Result<(), Unusual> {
        let mut row = SpanRow { resource, scope, ..SpanRow::default() };
        let mut later = Later::default();
        let first = self.builder.batch().attributes.keys.len();
        let (mut has_trace, mut has_status) = (false, false);
        let mut fields = Fields::of(message);
        while let Some((number, content)) = fields.next()? {
            match (number, content) {
                (1, Content::Bytes(id)) => {
                    row.trace_id = TraceId::from_slice(id).ok_or(Unusual)?;
                    has_trace = true;
                }
                (2, Content::Bytes(id)) => row.span_id = SpanId::from_slice(id).ok_or(Unusual)?,
                (3, Content::Bytes(text)) => row.trace_state = self.text(text)?,
                (4, Content::Bytes([])) => row.parent_span_id = SpanId::default(),
                (4, Content::Bytes(id)) => row.parent_span_id = SpanId::from_slice(id).ok_or(Unusual)?,
                (5, Content::Bytes(text)) => {
                    row.name = known_text(&mut self.builder, text, self.texts.name)?;
                    self.texts.name = row.name;
                }
                (6, Content::Varint(kind)) => row.kind = kind as i32,
                (7, Content::Fixed64(time)) => row.start = i64::try_from(time).map_err(|_| Unusual)?,
                (8, Content::Fixed64(time)) => row.end = i64::try_from(time).map_err(|_| Unusual)?,
                (9, Content::Bytes(pair)) => self.attribute(pair, first)?,
                (10, Content::Varint(count)) => row.dropped_attributes = count as u32,
                (11, Content::Bytes(event)) => later.events.push(event),
                (12, Content::Varint(count)) => row.dropped_events = count as u32,
                (13, Content::Bytes(link)) => later.links.push(link),
                (14, Content::Varint(count)) => row.dropped_links = count as u32,
                (15, Content::Bytes(status)) if !has_status => {
                    has_status = true;
                    (row.status, row.status_message) = self.status(status)?;
                }
                (16, Content::Fixed32(flags)) => row.flags = flags,
                (1..=16, _) => return Err(Unusual),
                _ => {}
            }
        }
        if !has_trace || row.span_id.is_zero() {
            return Err(Unusual);
        }
        row.attributes = self.run_from(first);
        self.lists(&mut row, &later)?;
        self.builder.push(row);
        if self.builder.batch().memory_bytes() > self.limits.memory_bytes {
            return Err(Unusual);
        }
        Ok(())
    }

    fn lists(&mut self, row: &mut SpanRow, later: &Later<'_>) -> Result<(), Unusual> {
        if later.events.len() > self.limits.events || later.links.len() > self.limits.events {
            return Err(Unusual);
        }
        let start = self.builder.batch().events.len() as u32;
        later.events.iter().try_for_each(|event| self.event(event))?;
        row.events = Run { start, len: later.events.len() as u32 };
        let start = self.builder.batch().links.len() as u32;
        later.links.iter().try_for_each(|link| self.link(link))?;
        row.links = Run { start, len: later.links.len() as u32 };
        Ok(())
    }

    fn event(&mut self, message: &[u8]) -> Result<(), Unusual> {
        let first = self.builder.batch().attributes.keys.len();
        let mut event =
            EventRow { time: 0, name: StringId::EMPTY, attributes: Run::default(), dropped_attributes: 0 };
        let mut fields = Fields::of(message);
        while let Some((number, content)) = fields.next()? {
            match (number, content) {
                (1, Content::Fixed64(time)) => event.time = time,
                (2, Content::Bytes(text)) => event.name = self.text(text)?,
                (3, Content::Bytes(pair)) => self.attribute(pair, first)?,
                (4, Content::Varint(count)) => event.dropped_attributes = count as u32,
                (1..=4, _) => return Err(Unusual),
                _ => {}
            }
        }
        event.attributes = self.run_from(first);
        self.builder.push_event(event);
        Ok(())
    }

    fn link(&mut self, message: &[u8]) -> Result<(), Unusual> {
        let first = self.builder.batch().attributes.keys.len();
        let (mut trace_id, mut span_id): (&[u8], &[u8]) = (&[], &[]);
        let (mut trace_state, mut dropped_attributes, mut flags) = (StringId::EMPTY, 0, 0);
        let mut fields = Fields::of(message);
        while let Some((number, content)) = fields.next()? {
            match (number, content) {
                (1, Content::Bytes(id)) => trace_id = id,
                (2, Content::Bytes(id)) => span_id = id,
                (3, Content::Bytes(text)) => trace_state = self.text(text)?,
                (4, Content::Bytes(pair)) => self.attribute(pair, first)?,
                (5, Content::Varint(count)) => dropped_attributes = count as u32,
                (6, Content::Fixed32(value)) => flags = value,
                (1..=6, _) => return Err(Unusual),
                _ => {}
            }
        }
        let attributes = self.run_from(first);
        let (trace_id, span_id) = (self.builder.blob(trace_id), self.builder.blob(span_id));
        self.builder.push_link(LinkRow {
            trace_id,
            span_id,
            trace_state,
            attributes,
            dropped_attributes,
            flags,
        });
        Ok(())
    }

    fn status(&mut self, message: &[u8]) -> Result<(i32, StringId), Unusual> {
        let (mut code, mut text) = (0, StringId::EMPTY);
        let mut fields = Fields::of(message);
        while let Some((number, content)) = fields.next()? {
            match (number, content) {
                (2, Content::Bytes(message)) => text = self.text(message)?,
                (3, Content::Varint(number)) => code = number as i32,
                (2 | 3, _) => return Err(Unusual),
                _ => {}
            }
        }
        Ok((code, text))
    }

    /// An attribute of the owner whose first one is at `first`.
    #[inline]
    fn attribute(&mut self, pair: &[u8], first: usize) -> Result<(), Unusual> {
        let place = self.builder.batch().attributes.keys.len() - first;
        if place >= self.limits.attributes {
            return Err(Unusual);
        }
        let (mut key, mut value) = (&[][..], None);
        let mut fields = Fields::of(pair);
        while let Some((number, content)) = fields.next()? {
            match (number, content) {
                (1, Content::Bytes(bytes)) => key = bytes,
                (2, Content::Bytes(bytes)) if value.is_none() => value = Some(bytes),
                (1..=3, _) => return Err(Unusual),
                _ => {}
            }
        }
        if key.len() > self.limits.attribute_bytes {
            return Err(Unusual);
        }
        let (known_key, known_value) = self.texts.attributes.get(place).copied().unwrap_or_default();
        let key = known_text(&mut self.builder, key, known_key)?;
        let value = match value {
            Some(value) => self.value(value, known_value)?,
            None => Value::Empty,
        };
        let text = if let Value::String(id) = value { id } else { StringId::EMPTY };
        match self.texts.attributes.get_mut(place) {
            Some(known) => *known = (key, text),
            None => self.texts.attributes.push((key, text)),
        }
        self.builder.attribute_of_id(key, value);
        Ok(())
    }

    #[inline]
    fn value(&mut self, message: &[u8], known: StringId) -> Result<Value, Unusual> {
        let mut fields = Fields::of(message);
        let Some((number, content)) = fields.next()? else { return Ok(Value::Empty) };
        // Of several values the last counts; fields that are not known are not expected, either.
        if !fields.rest().is_empty() {
            return Err(Unusual);
        }
        Ok(match (number, content) {
            (1, Content::Bytes(text)) if text.len() <= self.limits.attribute_bytes => {
                Value::String(known_text(&mut self.builder, text, known)?)
            }
            (2, Content::Varint(value)) => Value::Bool(value != 0),
            (3, Content::Varint(number)) => Value::Int(number.cast_signed()),
            (4, Content::Fixed64(bits)) => Value::Double(f64::from_bits(bits)),
            (5..=7, Content::Bytes(_)) => {
                check_value(message)?;
                Value::Other(self.builder.blob(message))
            }
            _ => return Err(Unusual),
        })
    }

    fn text(&mut self, bytes: &[u8]) -> Result<StringId, Unusual> {
        known_text(&mut self.builder, bytes, StringId::EMPTY)
    }

    fn run_from(&self, first: usize) -> Run {
        let len = self.builder.batch().attributes.keys.len() - first;
        Run { start: first as u32, len: len as u32 }
    }
}

/// The id of a text that is probably that of `known`.
#[inline]
fn known_text(builder: &mut BatchBuilder, bytes: &[u8], known: StringId) -> Result<StringId, Unusual> {
    if builder.batch().text(known).as_bytes() == bytes {
        return Ok(known);
    }
    Ok(builder.text(std::str::from_utf8(bytes).map_err(|_| Unusual)?))
}

//! A protobuf request becomes a batch without any message in between.
//!
//! Decoding into messages costs an allocation per text and list. Here the bytes are walked once: texts are compared with
//! those of the span before (clients send the same keys in the same order), else interned, and everything lands in the
//! tables of the batch. What is rare — messages in pieces, groups, anything malformed or beyond a limit — is not handled
//! at all but reported as [`Unusual`]: the caller then takes the way over messages, which knows how to cut, refuse
//! and explain.

mod fields;
mod nested;
mod span;

use protocols::otlp::{ExportTraceServiceRequest, ResourceSpans, ScopeSpans};

use self::fields::{Content, Fields};
use self::span::Texts;
use super::{BatchBuilder, SpanBatch, batch_of};

/// The bytes are not a plain request within its limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unusual;

/// What a request may have to be plain.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WireLimits {
    /// Bytes of a key or a text value.
    pub attribute_bytes: usize,
    /// Attributes of one owner.
    pub attributes: usize,
    /// Events, and links, of a span.
    pub events: usize,
    /// Bytes of the batch: a message of no content is two bytes on the wire and many in memory.
    pub memory_bytes: usize,
}

impl WireLimits {
    /// For requests whose limits were applied before.
    pub(crate) const NONE: Self = Self {
        attribute_bytes: usize::MAX,
        attributes: usize::MAX,
        events: usize::MAX,
        memory_bytes: usize::MAX,
    };
}

/// The rows of a request whose ids, times and sizes are all as they should be.
pub(crate) fn batch_from_wire(body: &[u8], limits: &WireLimits) -> Result<SpanBatch, Unusual> {
    let mut reader = Reader { builder: BatchBuilder::default(), texts: Texts::default(), limits };
    let mut fields = Fields::of(body);
    while let Some((number, content)) = fields.next()? {
        match (number, content) {
            (1, Content::Bytes(resource_spans)) => reader.resource_spans(resource_spans)?,
            (1, _) => return Err(Unusual),
            _ => {}
        }
    }
    Ok(reader.builder.finish_compact())
}

/// The rows of a request from the write-ahead log.
pub(crate) fn batch_from_log(payload: &[u8]) -> Result<SpanBatch, prost::DecodeError> {
    match batch_from_wire(payload, &WireLimits::NONE) {
        Ok(batch) => Ok(batch),
        Err(Unusual) => Ok(batch_of(<ExportTraceServiceRequest as prost::Message>::decode(payload)?)),
    }
}

/// Fields with a length in a message and those within, whatever they mean: at least as many as it has messages.
pub(crate) fn count_messages(body: &[u8]) -> usize {
    fn count(message: &[u8], depth: usize) -> usize {
        let (mut fields, mut total) = (Fields::of(message), 0usize);
        while let Ok(Some((_, content))) = fields.next() {
            if let Content::Bytes(inner) = content {
                let within = if depth == 0 { 0 } else { count(inner, depth - 1) };
                total = total.saturating_add(1).saturating_add(within);
            }
        }
        total
    }
    count(body, 6)
}

/// A resource or scope of more bytes than this is not plain: what it takes as a message is to be weighed first.
const MAX_OWNER_BYTES: usize = 64 << 10;

struct Reader<'l> {
    builder: BatchBuilder,
    texts: Texts,
    limits: &'l WireLimits,
}

/// A message without the elements of field 2, its spans; and those.
struct Parted<'a> {
    rest: Vec<u8>,
    /// The message in field 1, the resource or the scope.
    owner: Option<&'a [u8]>,
    elements: Vec<&'a [u8]>,
}

/// `ResourceSpans` and `ScopeSpans` are alike: the owner, the list, a schema URL.
fn part(message: &[u8]) -> Result<Parted<'_>, Unusual> {
    let mut parted = Parted { rest: Vec::new(), owner: None, elements: Vec::new() };
    let mut fields = Fields::of(message);
    loop {
        let before = fields.rest();
        let Some((number, content)) = fields.next()? else { break };
        match (number, content) {
            (2, Content::Bytes(element)) => {
                parted.elements.push(element);
                continue;
            }
            (1, Content::Bytes(owner)) if parted.owner.is_none() => parted.owner = Some(owner),
            (3, Content::Bytes(url)) => {
                std::str::from_utf8(url).map_err(|_| Unusual)?;
            }
            (1..=3, _) => return Err(Unusual),
            _ => {}
        }
        parted.rest.extend_from_slice(&before[..before.len() - fields.rest().len()]);
    }
    if parted.rest.len() > MAX_OWNER_BYTES { Err(Unusual) } else { Ok(parted) }
}

/// What has no spans is left out, but not unseen.
fn sound<M: prost::Message + Default>(message: &[u8]) -> Result<(), Unusual> {
    M::decode(message).map(drop).map_err(|_| Unusual)
}

impl Reader<'_> {
    fn resource_spans(&mut self, message: &[u8]) -> Result<(), Unusual> {
        let parted = part(message)?;
        let mut resource = None;
        for scope_spans in parted.elements {
            let spans = part(scope_spans)?;
            if spans.elements.is_empty() {
                sound::<ScopeSpans>(&spans.rest)?;
                continue;
            }
            let resource = match resource {
                Some(known) => known,
                None => {
                    self.check_attributes(parted.owner, 1)?;
                    *resource.insert(self.builder.resource_from_wire(&parted.rest).map_err(|_| Unusual)?)
                }
            };
            self.check_attributes(spans.owner, 3)?;
            let scope = self.builder.scope_from_wire(&spans.rest).map_err(|_| Unusual)?;
            for span in spans.elements {
                self.span(span, resource, scope)?;
            }
        }
        if resource.is_none() { sound::<ResourceSpans>(&parted.rest) } else { Ok(()) }
    }

    /// Whether the attributes of a resource or scope, its field `number`, are within the limits.
    fn check_attributes(&self, owner: Option<&[u8]>, number: u32) -> Result<(), Unusual> {
        let mut fields = Fields::of(owner.unwrap_or_default());
        let mut count = 0;
        while let Some((found, content)) = fields.next()? {
            if found != number {
                continue;
            }
            let Content::Bytes(pair) = content else { return Err(Unusual) };
            nested::check_pair(pair, self.limits.attribute_bytes)?;
            count += 1;
            if count > self.limits.attributes {
                return Err(Unusual);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;

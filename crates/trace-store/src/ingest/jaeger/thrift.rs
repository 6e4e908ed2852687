//! Reads a batch in thrift's binary protocol.
//!
//! Lists are read element by element, so a length that lies costs nothing, and the number of structures is bounded: an
//! empty one is a single byte on the wire and many in memory.

use super::messages::{Batch, Log, Process, Span, SpanRef, Tag, TagType, Time};
use crate::ingest::IngestError;

/// Structures of a batch: at about 100 bytes each.
const MAX_STRUCTS: usize = 1 << 20;
const MAX_DEPTH: usize = 16;

const BOOL: u8 = 2;
const BYTE: u8 = 3;
const DOUBLE: u8 = 4;
const I16: u8 = 6;
const I32: u8 = 8;
const I64: u8 = 10;
const STRING: u8 = 11;
const STRUCT: u8 = 12;
const MAP: u8 = 13;
const SET: u8 = 14;
const LIST: u8 = 15;

type Result<T> = std::result::Result<T, IngestError>;

/// Reads a `Batch`.
pub(crate) fn batch(body: &[u8]) -> Result<Batch> {
    let mut reader = Reader { rest: body, structs: 0 };
    let mut batch = Batch::default();
    reader.fields(|reader, id, kind| match (id, kind) {
        (1, STRUCT) => {
            batch.process = Some(process(reader)?);
            Ok(true)
        }
        (2, LIST) => reader.list(&mut batch.spans, span).map(|()| true),
        _ => Ok(false),
    })?;
    Ok(batch)
}

fn process(reader: &mut Reader<'_>) -> Result<Process> {
    let mut process = Process::default();
    reader.fields(|reader, id, kind| match (id, kind) {
        (1, STRING) => reader.text().map(|name| process.service_name = name).map(|()| true),
        (2, LIST) => reader.list(&mut process.tags, tag).map(|()| true),
        _ => Ok(false),
    })?;
    Ok(process)
}

/// Ids that come in halves.
#[derive(Default)]
struct TraceId {
    low: i64,
    high: i64,
}

impl TraceId {
    fn bytes(&self) -> Vec<u8> {
        [self.high.to_be_bytes(), self.low.to_be_bytes()].concat()
    }
}

fn span(reader: &mut Reader<'_>) -> Result<Span> {
    let (mut span, mut trace, mut parent) = (Span::default(), TraceId::default(), 0i64);
    reader.fields(|reader, id, kind| {
        match (id, kind) {
            (1, I64) => trace.low = reader.i64()?,
            (2, I64) => trace.high = reader.i64()?,
            (3, I64) => span.span_id = reader.i64()?.to_be_bytes().to_vec(),
            (4, I64) => parent = reader.i64()?,
            (5, STRING) => span.operation_name = reader.text()?,
            (6, LIST) => reader.list(&mut span.references, reference)?,
            (7, I32) => span.flags = reader.i32()?.cast_unsigned(),
            (8, I64) => span.start_time = Some(Time::from_micros(reader.i64()?)),
            (9, I64) => span.duration = Some(Time::from_micros(reader.i64()?)),
            (10, LIST) => reader.list(&mut span.tags, tag)?,
            (11, LIST) => reader.list(&mut span.logs, log)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    span.trace_id = trace.bytes();
    if parent != 0 {
        let span_id = parent.to_be_bytes().to_vec();
        // The parent may be named among the references, too.
        span.references.retain(|other| other.span_id != span_id || other.trace_id != span.trace_id);
        let parent =
            SpanRef { trace_id: span.trace_id.clone(), span_id, ref_type: super::messages::CHILD_OF };
        span.references.insert(0, parent);
    }
    Ok(span)
}

fn reference(reader: &mut Reader<'_>) -> Result<SpanRef> {
    let (mut reference, mut trace) = (SpanRef::default(), TraceId::default());
    reader.fields(|reader, id, kind| {
        match (id, kind) {
            (1, I32) => reference.ref_type = reader.i32()?,
            (2, I64) => trace.low = reader.i64()?,
            (3, I64) => trace.high = reader.i64()?,
            (4, I64) => reference.span_id = reader.i64()?.to_be_bytes().to_vec(),
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    reference.trace_id = trace.bytes();
    Ok(reference)
}

fn tag(reader: &mut Reader<'_>) -> Result<Tag> {
    let mut tag = Tag::default();
    reader.fields(|reader, id, kind| {
        match (id, kind) {
            (1, STRING) => tag.key = reader.text()?,
            (2, I32) => {
                let kind = match reader.i32()? {
                    0 => TagType::String,
                    1 => TagType::Float64,
                    2 => TagType::Bool,
                    3 => TagType::Int64,
                    4 => TagType::Binary,
                    other => return Err(invalid(&format!("a tag has the unknown type {other}"))),
                };
                tag.v_type = kind as i32;
            }
            (3, STRING) => tag.v_str = reader.text()?,
            (4, DOUBLE) => tag.v_float64 = f64::from_bits(reader.i64()?.cast_unsigned()),
            (5, BOOL) => tag.v_bool = reader.byte()? != 0,
            (6, I64) => tag.v_int64 = reader.i64()?,
            (7, STRING) => tag.v_binary = reader.bytes()?.to_vec(),
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok(tag)
}

fn log(reader: &mut Reader<'_>) -> Result<Log> {
    let mut log = Log::default();
    reader.fields(|reader, id, kind| {
        match (id, kind) {
            (1, I64) => log.timestamp = Some(Time::from_micros(reader.i64()?)),
            (2, LIST) => reader.list(&mut log.fields, tag)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok(log)
}

fn invalid(what: &str) -> IngestError {
    IngestError::Invalid(format!("the body is not a batch of Jaeger in thrift: {what}"))
}

struct Reader<'a> {
    rest: &'a [u8],
    structs: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        let (piece, rest) = self.rest.split_at_checked(length).ok_or_else(|| invalid("it ends too early"))?;
        self.rest = rest;
        Ok(piece)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (piece, rest) = self.rest.split_first_chunk().ok_or_else(|| invalid("it ends too early"))?;
        self.rest = rest;
        Ok(*piece)
    }

    fn byte(&mut self) -> Result<u8> {
        Ok(self.array::<1>()?[0])
    }

    fn i32(&mut self) -> Result<i32> {
        Ok(i32::from_be_bytes(self.array()?))
    }

    fn i64(&mut self) -> Result<i64> {
        Ok(i64::from_be_bytes(self.array()?))
    }

    fn length(&mut self) -> Result<usize> {
        usize::try_from(self.i32()?).map_err(|_| invalid("a length is negative"))
    }

    fn bytes(&mut self) -> Result<&'a [u8]> {
        let length = self.length()?;
        self.take(length)
    }

    fn text(&mut self) -> Result<String> {
        let text = std::str::from_utf8(self.bytes()?).map_err(|_| invalid("a text is not UTF-8"))?;
        Ok(text.to_owned())
    }

    /// Hands out the fields of a structure; those that `read` leaves alone (false) are skipped.
    fn fields(&mut self, mut read: impl FnMut(&mut Self, i16, u8) -> Result<bool>) -> Result<()> {
        self.structs += 1;
        if self.structs > MAX_STRUCTS {
            return Err(invalid("it has too many parts; send smaller batches"));
        }
        loop {
            let kind = self.byte()?;
            if kind == 0 {
                return Ok(());
            }
            let id = i16::from_be_bytes(self.array()?);
            if !read(self, id, kind)? {
                self.skip(kind, 0)?;
            }
        }
    }

    /// Reads a list of structures.
    fn list<T>(&mut self, list: &mut Vec<T>, read: fn(&mut Self) -> Result<T>) -> Result<()> {
        let (kind, length) = (self.byte()?, self.length()?);
        if kind != STRUCT && length > 0 {
            return Err(invalid("a list has elements of an unexpected type"));
        }
        for _ in 0..length {
            list.push(read(self)?);
        }
        Ok(())
    }

    fn skip(&mut self, kind: u8, depth: usize) -> Result<()> {
        if depth == MAX_DEPTH {
            return Err(invalid("it is nested too deeply"));
        }
        match kind {
            BOOL | BYTE => self.take(1).map(drop),
            I16 => self.take(2).map(drop),
            I32 => self.take(4).map(drop),
            I64 | DOUBLE => self.take(8).map(drop),
            STRING => self.bytes().map(drop),
            STRUCT => loop {
                let kind = self.byte()?;
                if kind == 0 {
                    return Ok(());
                }
                self.take(2)?;
                self.skip(kind, depth + 1)?;
            },
            LIST | SET => {
                let (kind, length) = (self.byte()?, self.length()?);
                (0..length).try_for_each(|_| self.skip(kind, depth + 1))
            }
            MAP => {
                let (key, value, length) = (self.byte()?, self.byte()?, self.length()?);
                (0..length).try_for_each(|_| {
                    self.skip(key, depth + 1)?;
                    self.skip(value, depth + 1)
                })
            }
            other => Err(invalid(&format!("the type {other} is unknown"))),
        }
    }
}

#[cfg(test)]
mod tests;

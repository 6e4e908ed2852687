//! `logproto.PushRequest`, read where it lies: no message structs, no copies of lines.
//!
//! The messages are those of [`protocols::loki`]; a test holds this reader against them.

use model::TimestampNanos;

use super::accept::Acceptor;
use super::body::PushError;

pub(super) fn decode(body: &[u8], acceptor: &mut Acceptor<'_>) -> Result<(), PushError> {
    let mut request = Fields(body);
    while let Some((field, value)) = request.next()? {
        if let (1, Wire::Bytes(stream)) = (field, value) {
            decode_stream(stream, acceptor)?;
        }
    }
    Ok(())
}

fn decode_stream(stream: &[u8], acceptor: &mut Acceptor<'_>) -> Result<(), PushError> {
    // Labels may follow the entries, so they are looked for first.
    let mut labels = "";
    let mut fields = Fields(stream);
    while let Some((field, value)) = fields.next()? {
        if let (1, Wire::Bytes(text)) = (field, value) {
            labels = utf8(text)?;
        }
    }
    let Some(stream_id) = acceptor.stream_text(labels) else { return Ok(()) };
    let mut fields = Fields(stream);
    while let Some((field, value)) = fields.next()? {
        if let (2, Wire::Bytes(entry)) = (field, value) {
            decode_entry(stream_id, entry, acceptor)?;
        }
    }
    Ok(())
}

fn decode_entry(stream: u32, entry: &[u8], acceptor: &mut Acceptor<'_>) -> Result<(), PushError> {
    let mut timestamp = 0;
    let mut line = "";
    let mut metadata: smallvec::SmallVec<[(&str, &str); 8]> = smallvec::SmallVec::new();
    let mut fields = Fields(entry);
    while let Some((field, value)) = fields.next()? {
        match (field, value) {
            (1, Wire::Bytes(bytes)) => timestamp = decode_timestamp(bytes)?,
            (2, Wire::Bytes(bytes)) => line = utf8(bytes)?,
            (3, Wire::Bytes(bytes)) => metadata.push(decode_pair(bytes)?),
            _ => {}
        }
    }
    acceptor.entry(stream, TimestampNanos(timestamp), line, metadata.into_iter());
    Ok(())
}

fn decode_timestamp(bytes: &[u8]) -> Result<i64, PushError> {
    let (mut seconds, mut nanos) = (0i64, 0i64);
    let mut fields = Fields(bytes);
    while let Some((field, value)) = fields.next()? {
        match (field, value) {
            (1, Wire::Varint(value)) => seconds = value.cast_signed(),
            (2, Wire::Varint(value)) => nanos = i64::from(value as i32),
            _ => {}
        }
    }
    let total = i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
    i64::try_from(total).map_err(|_| malformed("a timestamp is out of range"))
}

fn decode_pair(bytes: &[u8]) -> Result<(&str, &str), PushError> {
    let mut pair = ("", "");
    let mut fields = Fields(bytes);
    while let Some((field, value)) = fields.next()? {
        match (field, value) {
            (1, Wire::Bytes(name)) => pair.0 = utf8(name)?,
            (2, Wire::Bytes(value)) => pair.1 = utf8(value)?,
            _ => {}
        }
    }
    Ok(pair)
}

fn utf8(bytes: &[u8]) -> Result<&str, PushError> {
    std::str::from_utf8(bytes).map_err(|_| malformed("a string is not UTF-8"))
}

fn malformed(why: &str) -> PushError {
    PushError::Malformed(format!("the protobuf body cannot be read: {why}"))
}

#[derive(Debug, Clone, Copy)]
enum Wire<'a> {
    Varint(u64),
    Bytes(&'a [u8]),
    Other,
}

/// The fields of one message, one after the other.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn next(&mut self) -> Result<Option<(u64, Wire<'a>)>, PushError> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let tag = self.varint()?;
        let value = match tag & 7 {
            0 => Wire::Varint(self.varint()?),
            1 => self.skip(8)?,
            2 => {
                let length = self.varint()?;
                Wire::Bytes(self.take(length)?)
            }
            5 => self.skip(4)?,
            _ => return Err(malformed("unknown wire type")),
        };
        Ok(Some((tag >> 3, value)))
    }

    fn skip(&mut self, bytes: u64) -> Result<Wire<'a>, PushError> {
        self.take(bytes).map(|_| Wire::Other)
    }

    fn take(&mut self, length: u64) -> Result<&'a [u8], PushError> {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let (piece, rest) = self.0.split_at_checked(length).ok_or_else(|| malformed("it ends too early"))?;
        self.0 = rest;
        Ok(piece)
    }

    #[inline]
    fn varint(&mut self) -> Result<u64, PushError> {
        // Tags are one byte long, as are the lengths of most timestamps and names.
        if let [byte @ ..0x80, rest @ ..] = self.0 {
            self.0 = rest;
            return Ok(u64::from(*byte));
        }
        self.long_varint()
    }

    fn long_varint(&mut self) -> Result<u64, PushError> {
        let mut value = 0u64;
        for (at, &byte) in self.0.iter().enumerate().take(10) {
            value |= u64::from(byte & 0x7f) << (at * 7);
            if byte < 0x80 {
                self.0 = &self.0[at + 1..];
                return Ok(value);
            }
        }
        Err(malformed(if self.0.len() < 10 { "it ends too early" } else { "a number is too long" }))
    }
}

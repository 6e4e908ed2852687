//! Structured metadata of one row, as bytes: `name length · name · value length · value`, lengths as varints.

/// Reads the pairs of one row. The bytes come from a [`MetadataWriter`]; damaged ones end the iteration early.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Metadata<'a> {
    bytes: &'a [u8],
}

impl<'a> Metadata<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    pub(crate) fn as_bytes(self) -> &'a [u8] {
        self.bytes
    }

    pub(crate) fn is_empty(self) -> bool {
        self.bytes.is_empty()
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let mut rest = self.bytes;
        std::iter::from_fn(move || Some((text(&mut rest)?, text(&mut rest)?)))
    }
}

fn text<'a>(rest: &mut &'a [u8]) -> Option<&'a str> {
    let length = varint(rest)?;
    let (piece, after) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    *rest = after;
    std::str::from_utf8(piece).ok()
}

pub(super) fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (&byte, after) = rest.split_first()?;
        *rest = after;
        value |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

pub(super) fn put_varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Collects the pairs of one row; reused from row to row.
#[derive(Debug, Default)]
pub(crate) struct MetadataWriter {
    bytes: Vec<u8>,
}

impl MetadataWriter {
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
    }

    pub(crate) fn push(&mut self, name: &str, value: &str) {
        for text in [name, value] {
            put_varint(text.len() as u64, &mut self.bytes);
            self.bytes.extend_from_slice(text.as_bytes());
        }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

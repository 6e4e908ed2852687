//! What a record of the write-ahead log carries, as the store encoded it.

use bytes::Bytes;

/// A payload in up to two pieces, written one after the other. So a store can put a few bytes of its own before a body
/// that it shares with its batch or with the request, and nothing is copied on the way to the log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Payload {
    head: Bytes,
    tail: Bytes,
}

impl Payload {
    pub fn new(head: impl Into<Bytes>, tail: impl Into<Bytes>) -> Self {
        Self { head: head.into(), tail: tail.into() }
    }

    pub fn len(&self) -> usize {
        self.head.len() + self.tail.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn pieces(&self) -> [&[u8]; 2] {
        [&self.head, &self.tail]
    }

    /// The payload in one piece, as [`Schema::decode`](crate::Schema::decode) is given it.
    pub fn to_vec(&self) -> Vec<u8> {
        self.pieces().concat()
    }
}

impl From<Bytes> for Payload {
    fn from(whole: Bytes) -> Self {
        Self { head: whole, tail: Bytes::new() }
    }
}

impl From<Vec<u8>> for Payload {
    fn from(whole: Vec<u8>) -> Self {
        Bytes::from(whole).into()
    }
}

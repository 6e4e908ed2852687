//! Texts and byte strings, each kept once, end to end in one allocation.

/// Index of a text; 0 is the empty text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) struct StringId(pub u32);

impl StringId {
    pub(crate) const EMPTY: Self = Self(0);

    pub(crate) fn is_empty(self) -> bool {
        self == Self::EMPTY
    }
}

/// Index of a byte string; 0 is the empty one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) struct BlobId(pub u32);

/// Interned texts.
#[derive(Debug)]
pub(crate) struct Strings {
    text: String,
    /// Where each text ends; it starts where its predecessor ends.
    ends: Vec<u32>,
}

impl Default for Strings {
    fn default() -> Self {
        Self { text: String::new(), ends: vec![0] }
    }
}

impl Strings {
    pub(crate) fn get(&self, id: StringId) -> &str {
        &self.text[bounds(&self.ends, id.0)]
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len() as u32).map(|id| self.get(StringId(id)))
    }

    /// The id of a text, by looking at each: for the few constants of a query.
    pub(crate) fn find(&self, text: &str) -> Option<StringId> {
        self.iter().position(|known| known == text).map(|at| StringId(at as u32))
    }

    /// Adds a text without looking for an equal one.
    pub(super) fn push(&mut self, text: &str) -> StringId {
        self.text.push_str(text);
        self.ends.push(self.text.len() as u32);
        StringId(self.ends.len() as u32 - 1)
    }

    pub(super) fn shrink(&mut self) {
        self.text.shrink_to_fit();
        self.ends.shrink_to_fit();
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.text.capacity() + self.ends.capacity() * 4
    }
}

/// Byte strings.
#[derive(Debug)]
pub(crate) struct Blobs {
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

impl Default for Blobs {
    fn default() -> Self {
        Self { bytes: Vec::new(), ends: vec![0] }
    }
}

impl Blobs {
    pub(crate) fn get(&self, id: BlobId) -> &[u8] {
        &self.bytes[bounds(&self.ends, id.0)]
    }

    pub(super) fn push(&mut self, bytes: &[u8]) -> BlobId {
        self.push_with(|buffer| buffer.extend_from_slice(bytes))
    }

    /// Lets `write` append the bytes.
    pub(super) fn push_with(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> BlobId {
        let before = self.bytes.len();
        write(&mut self.bytes);
        if self.bytes.len() == before {
            return BlobId(0);
        }
        self.ends.push(self.bytes.len() as u32);
        BlobId(self.ends.len() as u32 - 1)
    }

    /// Adds all of `other`; its ids grow by the returned number (0 stays 0, since both are empty).
    pub(super) fn append(&mut self, other: &Self) -> u32 {
        let (ids, base) = (self.ends.len() as u32 - 1, self.bytes.len() as u32);
        self.bytes.extend_from_slice(&other.bytes);
        self.ends.extend(other.ends[1..].iter().map(|end| end + base));
        ids
    }

    pub(super) fn shrink(&mut self) {
        self.bytes.shrink_to_fit();
        self.ends.shrink_to_fit();
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.bytes.capacity() + self.ends.capacity() * 4
    }
}

fn bounds(ends: &[u32], id: u32) -> std::ops::Range<usize> {
    let id = id as usize;
    let start = if id == 0 { 0 } else { ends[id - 1] as usize };
    start..ends[id] as usize
}

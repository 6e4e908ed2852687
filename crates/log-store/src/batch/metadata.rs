//! Structured metadata of one row, as bytes: `name length · name · value length · value`, lengths as varints. Rows of a
//! batch with the same metadata share it.

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

#[inline]
pub(super) fn varint(rest: &mut &[u8]) -> Option<u64> {
    // Nearly all are small.
    if let Some((&byte, after)) = rest.split_first()
        && byte < 0x80
    {
        *rest = after;
        return Some(byte.into());
    }
    long_varint(rest)
}

fn long_varint(rest: &mut &[u8]) -> Option<u64> {
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

#[inline]
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

/// How many distinct neighbours are compared before metadata is stored once more.
const RECENT: usize = 4;

/// The metadata of a batch, each piece once as long as rows with the same one are near each other.
#[derive(Debug, Clone)]
pub(super) struct MetadataTable {
    bytes: Vec<u8>,
    /// Where each piece ends; it starts where the one before ends.
    ends: Vec<u32>,
    /// The pieces stored or met last.
    recent: [u32; RECENT],
    /// Which of them is replaced next.
    oldest: usize,
}

impl Default for MetadataTable {
    fn default() -> Self {
        Self { bytes: Vec::new(), ends: Vec::new(), recent: [u32::MAX; RECENT], oldest: 0 }
    }
}

impl MetadataTable {
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn ends(&self) -> &[u32] {
        &self.ends
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.bytes.capacity() + self.ends.capacity() * 4
    }

    pub(super) fn get(&self, id: u32) -> Metadata<'_> {
        Metadata::new(self.piece(id).unwrap_or_default())
    }

    #[inline]
    fn piece(&self, id: u32) -> Option<&[u8]> {
        let end = *self.ends.get(id as usize)?;
        let start = id.checked_sub(1).map_or(0, |before| self.ends[before as usize]);
        self.bytes.get(start as usize..end as usize)
    }

    /// The id of a piece; it is stored unless it is among the recent ones.
    #[inline]
    pub(super) fn intern(&mut self, piece: &[u8]) -> u32 {
        let same = |id: &&u32| self.piece(**id).is_some_and(|known| known == piece);
        match self.recent.iter().find(same) {
            Some(id) => *id,
            None => self.add(piece),
        }
    }

    fn add(&mut self, piece: &[u8]) -> u32 {
        let id = self.ends.len() as u32;
        self.bytes.extend_from_slice(piece);
        self.ends.push(self.bytes.len() as u32);
        self.recent[self.oldest] = id;
        self.oldest = (self.oldest + 1) % RECENT;
        id
    }

    /// The table as it was encoded; `None` if the ends do not fit the bytes.
    pub(super) fn from_parts(bytes: Vec<u8>, ends: Vec<u32>) -> Option<Self> {
        let fits = ends.is_sorted() && ends.last().map_or(0, |end| *end as usize) == bytes.len();
        fits.then(|| Self { bytes, ends, ..Self::default() })
    }

    pub(super) fn shrink(&mut self) {
        self.bytes.shrink_to_fit();
        self.ends.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_table_gives_back_what_was_put_in(pieces in prop::collection::vec(prop::collection::vec(0..3u8, 0..3), 0..60)) {
            let mut table = MetadataTable::default();
            let ids: Vec<u32> = pieces.iter().map(|piece| table.intern(piece)).collect();
            for (id, piece) in ids.iter().zip(&pieces) {
                prop_assert_eq!(table.get(*id).as_bytes(), &piece[..]);
            }
            let copy = MetadataTable::from_parts(table.bytes().to_vec(), table.ends().to_vec()).unwrap();
            prop_assert!((0..table.len() as u32).all(|id| copy.get(id) == table.get(id)));
        }
    }

    #[test]
    fn neighbours_share_their_metadata() {
        let mut table = MetadataTable::default();
        for _ in 0..100 {
            for piece in [&b"info"[..], b"", b"error", b"warn"] {
                table.intern(piece);
            }
        }
        assert_eq!((table.len(), table.bytes().len()), (4, 13));
    }

    #[test]
    fn ends_that_do_not_fit_are_refused() {
        assert!(MetadataTable::from_parts(vec![0; 3], vec![2, 1]).is_none());
        assert!(MetadataTable::from_parts(vec![0; 3], vec![1, 2]).is_none());
        assert!(MetadataTable::from_parts(vec![0; 3], vec![]).is_none());
    }

    #[test]
    fn numbers_of_any_size_come_back() {
        for value in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX] {
            let mut bytes = Vec::new();
            put_varint(value, &mut bytes);
            assert_eq!(varint(&mut &bytes[..]), Some(value));
            assert_eq!(varint(&mut &bytes[..bytes.len() - 1]), None);
        }
    }
}

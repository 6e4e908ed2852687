//! A set of bytes.

use std::fmt;

/// Which of the 256 bytes are in.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct ByteSet([u64; 4]);

impl ByteSet {
    pub fn insert(&mut self, byte: u8) {
        self.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }

    pub fn insert_range(&mut self, bytes: std::ops::RangeInclusive<u8>) {
        bytes.for_each(|byte| self.insert(byte));
    }

    pub fn contains(&self, byte: u8) -> bool {
        self.0[usize::from(byte >> 6)] & (1 << (byte & 63)) != 0
    }

    pub fn intersects(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(mine, theirs)| mine & theirs != 0)
    }

    /// Whether all my bytes are in `other`.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(mine, theirs)| mine & !theirs == 0)
    }

    pub fn union(&self, other: &Self) -> Self {
        Self(std::array::from_fn(|at| self.0[at] | other.0[at]))
    }

    pub fn words(&self) -> [u64; 4] {
        self.0
    }

    pub fn from_words(words: [u64; 4]) -> Self {
        Self(words)
    }
}

impl Extend<u8> for ByteSet {
    fn extend<T: IntoIterator<Item = u8>>(&mut self, bytes: T) {
        bytes.into_iter().for_each(|byte| self.insert(byte));
    }
}

impl FromIterator<u8> for ByteSet {
    fn from_iter<T: IntoIterator<Item = u8>>(bytes: T) -> Self {
        let mut set = Self::default();
        set.extend(bytes);
        set
    }
}

impl fmt::Debug for ByteSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries((0..=255u8).filter(|byte| self.contains(*byte)).map(char::from)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_compared() {
        let of = |text: &str| text.bytes().collect::<ByteSet>();
        assert!(of("abc\u{ff}").contains(b'c') && !of("abc").contains(b'd'));
        assert!(of("ab").is_subset(&of("xba")) && !of("ab").is_subset(&of("xb")));
        assert!(of("ab").intersects(&of("bz")) && !of("ab").intersects(&of("yz")));
        assert_eq!(ByteSet::from_words(of("ü-").words()), of("-ü"));
    }
}

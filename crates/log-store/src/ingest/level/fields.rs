//! The names of fields that hold a level, prepared for a quick "no".

/// Names in the order of their rank, and a mask of their lengths: most names are refused by one bit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'l> {
    names: &'l [String],
    lengths: u64,
}

fn bit(length: usize) -> u64 {
    1 << length.min(63)
}

impl<'l> Fields<'l> {
    pub(super) fn new(names: &'l [String]) -> Self {
        Self { names, lengths: names.iter().fold(0, |mask, name| mask | bit(name.len())) }
    }

    #[inline]
    fn has_length(self, length: usize) -> bool {
        self.lengths & bit(length) != 0
    }

    #[inline]
    pub(super) fn rank(self, name: &str) -> Option<usize> {
        self.rank_bytes(name.as_bytes())
    }

    #[inline]
    pub(super) fn rank_bytes(self, name: &[u8]) -> Option<usize> {
        if !self.has_length(name.len()) {
            return None;
        }
        self.names.iter().position(|known| known.as_bytes() == name)
    }

    /// As [`Self::rank_bytes`], whatever the case of the letters.
    #[inline]
    pub(super) fn rank_ignoring_case(self, name: &[u8]) -> Option<usize> {
        if !self.has_length(name.len()) {
            return None;
        }
        self.names.iter().position(|known| known.as_bytes().eq_ignore_ascii_case(name))
    }
}

//! Which words a column of texts has, as a Bloom filter over all its texts: a needle with a word that is not among them is in none.
//!
//! A word is a run of ASCII letters and digits. The filters lie in the segment's file behind the row groups, where other readers of
//! Parquet pass over them; the footer entry says where.

use parquet::bloom_filter::Sbbf;
use segment::{Error, SegmentReader};
use serde::{Deserialize, Serialize};

/// Shorter words are everywhere.
const MIN_WORD: usize = 3;
/// The share of absent words that seem to be there.
const FALSE_POSITIVES: f64 = 0.01;
/// The size of a filter while words are added; it is folded as far as it may be afterwards.
const MAX_FILTER: usize = 512 << 10;
const MIN_FILTER: usize = 4 << 10;
/// A filter that is this full says little and is not kept.
const USELESS: f64 = 0.3;

/// Words with their places.
fn words(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + text[at..].iter().position(u8::is_ascii_alphanumeric)?;
        let length = text[start..].iter().position(|byte| !byte.is_ascii_alphanumeric());
        at = length.map_or(text.len(), |length| start + length);
        Some((start, &text[start..at]))
    })
}

/// The words of a column in the making.
pub(super) struct Words {
    filter: Sbbf,
    longest: usize,
}

impl std::fmt::Debug for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Words").field("longest", &self.longest).finish_non_exhaustive()
    }
}

impl Words {
    /// For texts of so many bytes in all.
    pub(super) fn new(bytes: usize) -> Self {
        Self { filter: Sbbf::new_with_num_of_bytes((bytes / 8).clamp(MIN_FILTER, MAX_FILTER)), longest: 0 }
    }

    pub(super) fn add(&mut self, text: &[u8]) {
        for (_, word) in words(text).filter(|(_, word)| word.len() >= MIN_WORD) {
            self.longest = self.longest.max(word.len());
            self.filter.insert(word);
        }
    }

    /// What is written into the file, and the longest word.
    pub(super) fn finish(mut self) -> Result<Option<(Vec<u8>, usize)>, Error> {
        if self.filter.estimated_fpp() > USELESS {
            return Ok(None);
        }
        self.filter.fold_to_target_fpp(FALSE_POSITIVES);
        let mut bytes = Vec::new();
        self.filter.write_bitset(&mut bytes)?;
        Ok(Some((bytes, self.longest)))
    }
}

/// Where the filter of a column lies.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct WordsEntry {
    pub column: String,
    pub offset: u64,
    pub bytes: usize,
    pub longest: usize,
}

/// The filter of a column, read.
pub(crate) struct WordFilter {
    filter: Sbbf,
    longest: usize,
}

impl std::fmt::Debug for WordFilter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WordFilter").field("longest", &self.longest).finish_non_exhaustive()
    }
}

impl WordFilter {
    pub(super) fn read(reader: &SegmentReader, entry: &WordsEntry) -> Result<Self, Error> {
        let bytes = reader.bytes(entry.offset, entry.bytes)?;
        Ok(Self { filter: Sbbf::new(&bytes), longest: entry.longest })
    }

    /// Whether some text may have `needle` in it.
    pub(crate) fn may_contain(&self, needle: &[u8]) -> bool {
        words(needle).all(|(start, word)| {
            let is_bounded = start > 0 && start + word.len() < needle.len();
            // At the edges of the needle a word may be a part of a longer one, if there is any.
            let is_whole = is_bounded || word.len() >= self.longest;
            word.len() < MIN_WORD || !is_whole || (word.len() <= self.longest && self.filter.check(word))
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn filter(texts: &[&str]) -> WordFilter {
        let mut added = Words::new(1000);
        texts.iter().for_each(|text| added.add(text.as_bytes()));
        let (bytes, longest) = added.finish().unwrap().unwrap();
        WordFilter { filter: Sbbf::new(&bytes), longest }
    }

    #[test]
    fn needles_with_words_that_are_not_there_are_known() {
        let filter = filter(&["user 4711 failed", "id=0123456789abcdef", "größe"]);
        for (needle, expected) in [
            ("user 4711 failed", true),
            (" 4711 ", true),
            (" 4712 ", false),
            ("4712 ", true), // could be the end of 14712
            ("0123456789abcdef", true),
            ("0123456789abcdee", false),
            ("0123456789abcdef0", false),
            ("=01234567", true),
            ("a 12 b", true),
            ("rö", true),
            ("", true),
        ] {
            assert_eq!(filter.may_contain(needle.as_bytes()), expected, "{needle}");
        }
    }

    proptest! {
        #[test]
        fn what_is_there_may_be_there(
            texts in prop::collection::vec("[a-c0-2 é-]{0,24}", 1..8), at: prop::sample::Index,
            cut in (0usize..24, 0usize..24),
        ) {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let filter = filter(&texts);
            let text = at.get(&texts).as_bytes();
            let (a, b) = (cut.0.min(text.len()), cut.1.min(text.len()));
            prop_assert!(filter.may_contain(&text[a.min(b)..a.max(b)]));
        }
    }
}

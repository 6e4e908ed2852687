//! Lines of one kind: what they have in common, and when they were.

use std::collections::BTreeMap;
use std::ops::Range;

use super::tokens::{Tokens, Word};

/// Lines by the start of the step they are in.
pub(super) type Counts = BTreeMap<i64, u64>;

/// How a variable is written.
const VARIABLE: &str = "<_>";

/// Lines of the same shape that agree in most words.
#[derive(Debug)]
pub(super) struct Cluster {
    /// Of the group of clusters that have the same shape and level.
    pub group: u64,
    pub level: u8,
    pub total: u64,
    pub counts: Counts,
    /// The first line. All others have its separators, and its words where these are not variable.
    text: Box<str>,
    words: Box<[Word]>,
    core: Range<usize>,
    /// Whether words have been made variables although no line asked for it.
    generalised: bool,
}

impl Cluster {
    pub(super) fn new(group: u64, level: u8, text: &str, tokens: &Tokens) -> Self {
        let (words, core) = (tokens.words.as_slice().into(), tokens.core.clone());
        Self {
            group,
            level,
            total: 0,
            counts: Counts::new(),
            text: text.into(),
            words,
            core,
            generalised: false,
        }
    }

    /// The words that say what kind of lines these are.
    pub(super) fn core(&self) -> Range<usize> {
        self.core.clone()
    }

    /// A word that all lines have.
    pub(super) fn constant(&self, at: usize) -> Option<&str> {
        let word = self.words.get(at).filter(|word| !word.variable)?;
        Some(word.of(&self.text))
    }

    /// In how many core words the line agrees; `None` if it is of another kind.
    pub(super) fn likeness(&self, text: &str, tokens: &Tokens) -> Option<usize> {
        if self.words.len() != tokens.words.len() {
            return None; // another shape with the same hash
        }
        let (mut constants, mut equal, mut all_variable) = (0, 0, true);
        for (own, other) in self.words[self.core()].iter().zip(&tokens.words[self.core()]) {
            all_variable &= other.variable;
            if !own.variable {
                constants += 1;
                equal += usize::from(!other.variable && own.of(&self.text) == other.of(text));
            }
        }
        let fits = match constants {
            0 => self.generalised || all_variable,
            constants => 3 * equal > 2 * constants,
        };
        fits.then_some(equal)
    }

    /// Takes a line in: where it differs, words become variables.
    pub(super) fn absorb(&mut self, text: &str, words: &[Word]) {
        for (own, other) in self.words.iter_mut().zip(words) {
            if !own.variable && (other.variable || own.of(&self.text) != other.of(text)) {
                own.variable = true;
            }
        }
    }

    /// Takes the lines of another cluster in.
    pub(super) fn merge(&mut self, other: Self) {
        self.absorb(&other.text, &other.words);
        self.total += other.total;
        self.generalised |= other.generalised;
        for (at, count) in other.counts {
            *self.counts.entry(at).or_default() += count;
        }
    }

    /// Makes a word a variable.
    pub(super) fn generalise(&mut self, at: usize) {
        self.generalised = true;
        if let Some(word) = self.words.get_mut(at) {
            word.variable = true;
        }
    }

    /// Whether the core words are the same, but for the one at `except`, and at least one of them is constant.
    pub(super) fn agrees(&self, other: &Self, except: Option<usize>) -> bool {
        let mut core = self.core().filter(|at| Some(*at) != except);
        core.all(|at| self.constant(at) == other.constant(at))
            && (except.is_none() || self.core().any(|at| Some(at) != except && self.constant(at).is_some()))
    }

    pub(super) fn pattern(&self) -> String {
        let mut pattern = String::with_capacity(self.text.len());
        let mut at = 0;
        for word in &self.words {
            pattern.push_str(&self.text[at..word.start as usize]);
            pattern.push_str(if word.variable { VARIABLE } else { word.of(&self.text) });
            at = word.end as usize;
        }
        pattern.push_str(&self.text[at..]);
        pattern
    }
}

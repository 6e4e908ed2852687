//! Label names as small numbers, so that the hot path compares and indexes instead of hashing text.

use std::sync::Arc;

use ahash::AHashMap;

/// The number of a label name within one [`Names`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct NameId(u32);

impl NameId {
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// Beyond this many names, those that only lines brought are forgotten between two lines: a service that logs user ids
/// as keys must not fill the memory.
const MAX_NAMES: usize = 65_536;

pub(crate) const ERROR: &str = "__error__";
pub(crate) const ERROR_DETAILS: &str = "__error_details__";

/// All label names that a pipeline has met.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    ids: AHashMap<Arc<str>, NameId>,
    texts: Vec<Arc<str>>,
    /// The name that a parsed label takes when its own is taken.
    extracted: Vec<Option<NameId>>,
    /// Keys as they stand in lines → sanitised names.
    keys: AHashMap<(Option<NameId>, Box<str>), Option<NameId>>,
    /// Names that the pipeline itself speaks of: never forgotten.
    pinned: usize,
    /// How often names have been forgotten.
    epoch: u32,
}

impl Names {
    pub(crate) fn new() -> Self {
        let (ids, keys) = (AHashMap::new(), AHashMap::new());
        let mut names = Self { ids, texts: Vec::new(), extracted: Vec::new(), keys, pinned: 0, epoch: 0 };
        names.intern(ERROR);
        names.intern(ERROR_DETAILS);
        names
    }

    pub(crate) const ERROR: NameId = NameId(0);
    pub(crate) const ERROR_DETAILS: NameId = NameId(1);

    pub(crate) fn intern(&mut self, text: &str) -> NameId {
        if let Some(id) = self.ids.get(text) {
            return *id;
        }
        let id = NameId(self.texts.len() as u32);
        let text: Arc<str> = text.into();
        self.ids.insert(Arc::clone(&text), id);
        self.texts.push(text);
        self.extracted.push(None);
        id
    }

    pub(crate) fn text(&self, id: NameId) -> &Arc<str> {
        &self.texts[id.index()]
    }

    pub(crate) fn text_at(&self, index: usize) -> &str {
        &self.texts[index]
    }

    pub(crate) fn len(&self) -> usize {
        self.texts.len()
    }

    /// `<name>_extracted`
    pub(crate) fn extracted(&mut self, id: NameId) -> NameId {
        if let Some(found) = self.extracted[id.index()] {
            return found;
        }
        let text = format!("{}_extracted", self.texts[id.index()]);
        let found = self.intern(&text);
        self.extracted[id.index()] = Some(found);
        found
    }

    /// The name for a key that stands below `prefix` in a line; `None` when nothing remains of it.
    pub(crate) fn of_key(&mut self, prefix: Option<NameId>, key: &str) -> Option<NameId> {
        // The map is asked with a borrowed key through a thin wrapper: no allocation for keys seen before.
        let asked: &dyn KeyPair = &(prefix, key);
        if let Some(found) = self.keys.get(asked) {
            return *found;
        }
        let found = self.sanitised(prefix, key);
        self.keys.insert((prefix, key.into()), found);
        found
    }

    fn sanitised(&mut self, prefix: Option<NameId>, key: &str) -> Option<NameId> {
        let key = key.trim();
        if key.is_empty() {
            return None;
        }
        let mut name = String::with_capacity(key.len() + 1);
        match prefix {
            Some(prefix) => {
                name.push_str(&self.texts[prefix.index()]);
                name.push('_');
            }
            None if key.starts_with(|c: char| c.is_ascii_digit()) => name.push('_'),
            None => {}
        }
        name.extend(key.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }));
        Some(self.intern(&name))
    }

    /// Marks all present names as belonging to the pipeline.
    pub(crate) fn pin(&mut self) {
        self.pinned = self.texts.len();
    }

    pub(crate) fn is_overfull(&self) -> bool {
        self.texts.len() > MAX_NAMES + self.pinned || self.keys.len() > 4 * MAX_NAMES
    }

    /// How often names have been forgotten: numbers of one epoch mean nothing in another.
    pub(crate) fn epoch(&self) -> u32 {
        self.epoch
    }

    /// Forgets the names that are not pinned.
    pub(crate) fn forget(&mut self) {
        self.epoch += 1;
        for text in self.texts.drain(self.pinned..) {
            self.ids.remove(&text);
        }
        self.extracted.clear();
        self.extracted.resize(self.pinned, None);
        self.keys.clear();
    }
}

/// A borrowed form of the key table's keys.
trait KeyPair {
    fn parts(&self) -> (Option<NameId>, &str);
}

impl KeyPair for (Option<NameId>, &str) {
    fn parts(&self) -> (Option<NameId>, &str) {
        (self.0, self.1)
    }
}

impl KeyPair for (Option<NameId>, Box<str>) {
    fn parts(&self) -> (Option<NameId>, &str) {
        (self.0, &self.1)
    }
}

impl<'a> std::borrow::Borrow<dyn KeyPair + 'a> for (Option<NameId>, Box<str>) {
    fn borrow(&self) -> &(dyn KeyPair + 'a) {
        self
    }
}

impl PartialEq for dyn KeyPair + '_ {
    fn eq(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }
}

impl Eq for dyn KeyPair + '_ {}

impl std::hash::Hash for dyn KeyPair + '_ {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        // As the derived hash of the owned pair: Box<str> hashes like str.
        self.parts().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_become_names() {
        let mut names = Names::new();
        let outer = names.of_key(None, "a");
        for (prefix, key, expected) in [
            (None, "plain", Some("plain")),
            (None, " x.y-z ", Some("x_y_z")),
            (None, "1st", Some("_1st")),
            (outer, "9x", Some("a_9x")),
            (None, "ключ", Some("____")),
            (None, "  ", None),
        ] {
            for _ in 0..2 {
                let id = names.of_key(prefix, key);
                assert_eq!(id.map(|id| names.text(id).to_string()).as_deref(), expected, "{key}");
            }
        }
    }

    #[test]
    fn names_of_lines_are_forgotten_when_too_many() {
        let mut names = Names::new();
        let mine = names.intern("mine");
        names.pin();
        for i in 0..=MAX_NAMES {
            names.of_key(None, &format!("k{i}"));
        }
        assert!(names.is_overfull());
        names.forget();
        assert!(!names.is_overfull());
        assert_eq!(names.intern("mine"), mine);
        assert_eq!(names.len(), 3);
    }
}

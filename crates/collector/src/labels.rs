//! Label sets: small, sorted by name, with buffers that are reused from line to line.

use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

/// One label.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Label {
    name: Arc<str>,
    value: String,
}

/// The labels of a target or an entry, sorted by name, names unique, values never empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct LabelSet {
    labels: Vec<Label>,
}

impl LabelSet {
    /// The value of `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        let index = self.position(name).ok()?;
        Some(&self.labels[index].value)
    }

    /// Sets `name`; an empty value removes the label, as everywhere in Prometheus' world.
    pub fn set(&mut self, name: &Arc<str>, value: &str) {
        match self.position(name) {
            Ok(index) if value.is_empty() => {
                self.labels.remove(index);
            }
            Ok(index) => {
                let slot = &mut self.labels[index].value;
                slot.clear();
                slot.push_str(value);
            }
            Err(_) if value.is_empty() => {}
            Err(index) => {
                self.labels.insert(index, Label { name: Arc::clone(name), value: value.to_owned() });
            }
        }
    }

    /// [`Self::set`] for a name that isn't shared.
    pub fn insert(&mut self, name: &str, value: &str) {
        self.set(&Arc::from(name), value);
    }

    /// Removes `name`.
    pub fn remove(&mut self, name: &str) -> Option<String> {
        let index = self.position(name).ok()?;
        Some(self.labels.remove(index).value)
    }

    /// Keeps the labels for which `keep` says so.
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &str) -> bool) {
        self.labels.retain(|label| keep(&label.name, &label.value));
    }

    /// Becomes equal to `other` without giving up the buffers already held.
    pub fn assign(&mut self, other: &Self) {
        self.labels.truncate(other.labels.len());
        let reused = self.labels.len();
        for (mine, theirs) in self.labels.iter_mut().zip(&other.labels) {
            if !Arc::ptr_eq(&mine.name, &theirs.name) {
                mine.name = Arc::clone(&theirs.name);
            }
            mine.value.clear();
            mine.value.push_str(&theirs.value);
        }
        self.labels.extend_from_slice(&other.labels[reused..]);
    }

    /// Name and value of each label, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.labels.iter().map(|label| (&*label.name, &*label.value))
    }

    /// Whether there is no label.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Bytes of all names and values.
    pub fn size(&self) -> usize {
        self.labels.iter().map(|label| label.name.len() + label.value.len()).sum()
    }

    fn position(&self, name: &str) -> Result<usize, usize> {
        self.labels.binary_search_by(|label| (*label.name).cmp(name))
    }
}

impl<N: AsRef<str>, V: AsRef<str>> FromIterator<(N, V)> for LabelSet {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let mut set = Self::default();
        for (name, value) in pairs {
            set.insert(name.as_ref(), value.as_ref());
        }
        set
    }
}

/// `{a="b", c="d"}`, as the push API and every query language of the family write label sets.
impl fmt::Display for LabelSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (index, (name, value)) in self.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{name}=\"")?;
            write_escaped(f, value)?;
            f.write_str("\"")?;
        }
        f.write_str("}")
    }
}

/// Escapes what would end or garble a double-quoted string.
fn write_escaped(f: &mut fmt::Formatter<'_>, value: &str) -> fmt::Result {
    let mut rest = value;
    while let Some(at) = rest.find(['"', '\\', '\n', '\r', '\t']) {
        f.write_str(&rest[..at])?;
        f.write_str(match rest.as_bytes()[at] {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            _ => "\\t",
        })?;
        rest = &rest[at + 1..];
    }
    f.write_str(rest)
}

impl Serialize for LabelSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

/// Whether `name` may name a label.
pub fn is_label_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_stay_sorted_and_without_empty_values() {
        let mut set: LabelSet = [("b", "2"), ("a", "1"), ("c", "")].into_iter().collect();
        assert_eq!(set.to_string(), r#"{a="1", b="2"}"#);
        set.insert("b", "");
        set.insert("a", "x\"y\\\n");
        assert_eq!(set.to_string(), r#"{a="x\"y\\\n"}"#);
        assert_eq!(set.remove("a").as_deref(), Some("x\"y\\\n"));
        assert!(set.is_empty());
    }

    #[test]
    fn assigning_copies_whatever_was_there_before() {
        let source: LabelSet = [("a", "1"), ("b", "2")].into_iter().collect();
        for before in [vec![], vec![("z", "long value")], vec![("a", "9"), ("b", "8"), ("c", "7")]] {
            let mut target: LabelSet = before.into_iter().collect();
            target.assign(&source);
            assert_eq!(target, source);
        }
    }

    #[test]
    fn label_names() {
        for name in ["a", "_x9", "Service_Name"] {
            assert!(is_label_name(name), "{name}");
        }
        for name in ["", "9a", "a-b", "a.b", "ñ"] {
            assert!(!is_label_name(name), "{name}");
        }
    }
}

//! Values that stages extract from a line for the stages after them.

use std::borrow::Cow;
use std::sync::Arc;

/// An extracted value. Stages that need text take any scalar.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Value {
    /// Known to be absent; later stages see no value.
    #[default]
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
}

impl Value {
    /// The value as text; `None` when there is none.
    pub fn as_text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Null => None,
            Self::Bool(value) => Some(Cow::Borrowed(if *value { "true" } else { "false" })),
            Self::Int(value) => Some(Cow::Owned(value.to_string())),
            Self::Float(value) => Some(Cow::Owned(value.to_string())),
            Self::Text(value) => Some(Cow::Borrowed(value)),
        }
    }

    /// The value as a number, if it is one or reads like one.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Self::Null => None,
            Self::Bool(value) => Some(f64::from(u8::from(*value))),
            Self::Int(value) => Some(*value as f64),
            Self::Float(value) => Some(*value),
            Self::Text(value) => value.trim().parse().ok(),
        }
    }

    /// Becomes `text`, reusing the buffer of a text that was there.
    pub fn set_text(&mut self, text: &str) {
        if let Self::Text(buffer) = self {
            buffer.clear();
            buffer.push_str(text);
        } else {
            *self = Self::Text(text.to_owned());
        }
    }
}

#[derive(Debug, Clone)]
struct Slot {
    name: Arc<str>,
    value: Value,
}

/// The map of extracted values. It is small, so it is a list; slots outlive [`Self::clear`] to keep their buffers.
#[derive(Debug, Clone, Default)]
pub struct Extracted {
    slots: Vec<Slot>,
    used: usize,
}

impl Extracted {
    /// Forgets all values, keeps the memory.
    pub fn clear(&mut self) {
        self.used = 0;
    }

    /// The value of `name`, also when it is [`Value::Null`].
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.active().iter().find(|slot| &*slot.name == name).map(|slot| &slot.value)
    }

    /// The place for the value of `name`, made when missing; it may hold anything until written.
    pub fn slot(&mut self, name: &Arc<str>) -> &mut Value {
        let found = self.active().iter().position(|slot| *slot.name == **name);
        let index = found.unwrap_or_else(|| self.append(name));
        &mut self.slots[index].value
    }

    /// Sets `name` to a text.
    pub fn set_text(&mut self, name: &Arc<str>, text: &str) {
        self.slot(name).set_text(text);
    }

    /// Removes `name`.
    pub fn remove(&mut self, name: &str) {
        if let Some(index) = self.active().iter().position(|slot| &*slot.name == name) {
            self.used -= 1;
            self.slots.swap(index, self.used);
        }
    }

    /// Names and values in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.active().iter().map(|slot| (&*slot.name, &slot.value))
    }

    fn append(&mut self, name: &Arc<str>) -> usize {
        let index = self.used;
        self.used += 1;
        match self.slots.get_mut(index) {
            Some(slot) => slot.name = Arc::clone(name),
            None => self.slots.push(Slot { name: Arc::clone(name), value: Value::Null }),
        }
        index
    }

    fn active(&self) -> &[Slot] {
        &self.slots[..self.used]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_set_replaced_and_removed() {
        let (a, b): (Arc<str>, Arc<str>) = ("a".into(), "b".into());
        let mut extracted = Extracted::default();
        extracted.set_text(&a, "1");
        *extracted.slot(&b) = Value::Float(2.5);
        extracted.set_text(&a, "3");
        assert_eq!(extracted.get("a"), Some(&Value::Text("3".to_owned())));
        assert_eq!(extracted.get("b").and_then(Value::as_text).as_deref(), Some("2.5"));
        extracted.remove("a");
        assert_eq!(extracted.get("a"), None);
        assert_eq!(extracted.iter().count(), 1);
        extracted.clear();
        assert_eq!(extracted.get("b"), None);
    }

    #[test]
    fn whole_floats_have_no_fraction() {
        assert_eq!(Value::Float(200.0).as_text().as_deref(), Some("200"));
        assert_eq!(Value::Text(" 1.5 ".to_owned()).as_number(), Some(1.5));
    }
}

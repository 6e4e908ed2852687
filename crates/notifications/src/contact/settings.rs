//! Settings of a contact point: JSON whose numbers and flags may be texts, as files and older clients write them.

use serde_json::{Map, Value};

use super::ContactError;

/// Settings to be read.
#[derive(Debug, Clone, Copy)]
pub struct Settings<'a>(pub &'a Map<String, Value>);

impl<'a> Settings<'a> {
    /// A text that is not empty. A dot in the name goes into an object.
    #[must_use]
    pub fn text(self, name: &str) -> Option<&'a str> {
        self.value(name)?.as_str().filter(|text| !text.trim().is_empty())
    }

    #[must_use]
    pub fn value(self, name: &str) -> Option<&'a Value> {
        let mut parts = name.split('.');
        let first = self.0.get(parts.next()?)?;
        parts.try_fold(first, |value, part| value.get(part))
    }

    pub(super) fn required(self, name: &'static str) -> Result<&'a str, ContactError> {
        self.text(name).ok_or(ContactError::Missing(name))
    }

    pub(super) fn flag(self, name: &str) -> bool {
        match self.value(name) {
            Some(Value::Bool(flag)) => *flag,
            Some(Value::String(text)) => text == "true",
            _ => false,
        }
    }

    pub(super) fn number(self, name: &'static str) -> Result<usize, ContactError> {
        let problem = || ContactError::Field { name, problem: "not a number".to_owned() };
        match self.value(name) {
            None | Some(Value::Null) => Ok(0),
            Some(Value::Number(number)) => {
                number.as_u64().and_then(|number| usize::try_from(number).ok()).ok_or_else(problem)
            }
            Some(Value::String(text)) if text.is_empty() => Ok(0),
            Some(Value::String(text)) => text.trim().parse().map_err(|_| problem()),
            Some(_) => Err(problem()),
        }
    }

    /// An address that requests can be sent to.
    pub(super) fn url(self, name: &'static str) -> Result<&'a str, ContactError> {
        let text = self.required(name)?.trim();
        check_url(name, text)?;
        Ok(text)
    }
}

pub(super) fn check_url(name: &'static str, text: &str) -> Result<(), ContactError> {
    let is_http =
        url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    if is_http {
        return Ok(());
    }
    Err(ContactError::Field { name, problem: "expected an http:// or https:// address".to_owned() })
}

//! A selector ready to be asked about label sets.

use model::Labels;
use regex::Regex;

use crate::error::ParseError;
use crate::gotext::regex::compile_anchored;
use crate::syntax::{Matcher, Selector};

/// A [`Selector`] with its regular expressions compiled, anchored at both ends.
#[derive(Debug, Clone)]
pub struct CompiledSelector {
    matchers: Vec<CompiledMatcher>,
}

/// A [`Matcher`] with its regular expression compiled.
#[derive(Debug, Clone)]
pub struct CompiledMatcher {
    name: String,
    test: Test,
    negated: bool,
}

#[derive(Debug, Clone)]
enum Test {
    Equal(String),
    Regex(Regex),
}

impl CompiledMatcher {
    pub fn new(matcher: &Matcher) -> Result<Self, ParseError> {
        let test = if matcher.op.is_regex() {
            Test::Regex(compile_anchored(&matcher.value).map_err(|error| ParseError::new(error.to_string()))?)
        } else {
            Test::Equal(matcher.value.clone())
        };
        Ok(Self { name: matcher.name.clone(), test, negated: matcher.op.is_negative() })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// A label that is missing has the empty value.
    pub fn accepts(&self, value: &str) -> bool {
        let hit = match &self.test {
            Test::Equal(wanted) => wanted == value,
            Test::Regex(regex) => regex.is_match(value),
        };
        hit != self.negated
    }

    /// The one value that the matcher accepts, if it is that kind.
    pub fn only_value(&self) -> Option<&str> {
        match &self.test {
            Test::Equal(wanted) if !self.negated => Some(wanted),
            _ => None,
        }
    }
}

impl CompiledSelector {
    pub fn new(selector: &Selector) -> Result<Self, ParseError> {
        let matchers = selector.matchers.iter().map(CompiledMatcher::new).collect::<Result<_, _>>()?;
        Ok(Self { matchers })
    }

    pub fn matches(&self, labels: &Labels) -> bool {
        self.matchers.iter().all(|matcher| matcher.accepts(labels.get(&matcher.name).unwrap_or_default()))
    }

    /// Matches what both match.
    pub fn and(&self, other: &Self) -> Self {
        Self { matchers: self.matchers.iter().chain(&other.matchers).cloned().collect() }
    }

    /// Whether some matcher refuses the empty value, so that the selector cannot mean "all streams".
    pub fn is_selective(&self) -> bool {
        self.matchers.iter().any(|matcher| !matcher.accepts(""))
    }

    pub fn matchers(&self) -> &[CompiledMatcher] {
        &self.matchers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_are_anchored_and_missing_labels_are_empty() {
        let labels = model::parse_label_set(r#"{app="shop", env="lab"}"#).unwrap();
        for (text, expected) in [
            (r#"{app="shop"}"#, true),
            (r#"{app=~"sho"}"#, false),
            (r#"{app=~"sh.*|x"}"#, true),
            (r#"{app!~"sh.p"}"#, false),
            (r#"{app="shop", other=""}"#, true),
            (r#"{app="shop", other!=""}"#, false),
            (r#"{app="shop", env!="lab"}"#, false),
        ] {
            let selector = crate::parse_selector(text).unwrap();
            assert_eq!(CompiledSelector::new(&selector).unwrap().matches(&labels), expected, "{text}");
        }
    }
}

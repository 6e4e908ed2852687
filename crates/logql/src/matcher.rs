//! A selector ready to be asked about label sets.

use model::Labels;
use regex::Regex;

use crate::ast::{MatchOp, Selector};
use crate::error::ParseError;

/// A [`Selector`] with its regular expressions compiled, anchored at both ends.
#[derive(Debug, Clone)]
pub struct CompiledSelector {
    matchers: Vec<Compiled>,
}

#[derive(Debug, Clone)]
struct Compiled {
    name: String,
    test: Test,
    negated: bool,
}

#[derive(Debug, Clone)]
enum Test {
    Equal(String),
    Regex(Regex),
}

impl Compiled {
    fn accepts(&self, value: &str) -> bool {
        let hit = match &self.test {
            Test::Equal(wanted) => wanted == value,
            Test::Regex(regex) => regex.is_match(value),
        };
        hit != self.negated
    }
}

impl CompiledSelector {
    pub fn new(selector: &Selector) -> Result<Self, ParseError> {
        let compile = |matcher: &crate::ast::Matcher| {
            let test = match matcher.op {
                MatchOp::Equal | MatchOp::NotEqual => Test::Equal(matcher.value.clone()),
                MatchOp::Regex | MatchOp::NotRegex => {
                    Test::Regex(compile_regex(&format!("^(?s:{})$", matcher.value), &matcher.value)?)
                }
            };
            let negated = matches!(matcher.op, MatchOp::NotEqual | MatchOp::NotRegex);
            Ok(Compiled { name: matcher.name.clone(), test, negated })
        };
        Ok(Self { matchers: selector.matchers.iter().map(compile).collect::<Result<_, ParseError>>()? })
    }

    pub fn matches(&self, labels: &Labels) -> bool {
        self.matchers.iter().all(|matcher| matcher.accepts(labels.get(&matcher.name).unwrap_or_default()))
    }

    /// Whether some matcher refuses the empty value, so that the selector cannot mean "all streams".
    pub fn is_selective(&self) -> bool {
        self.matchers.iter().any(|matcher| !matcher.accepts(""))
    }
}

/// Compiles a regular expression whose size is bounded; `shown` is what the user wrote.
pub(crate) fn compile_regex(pattern: &str, shown: &str) -> Result<Regex, ParseError> {
    regex::RegexBuilder::new(pattern).size_limit(8 << 20).build().map_err(|error| {
        let why = error.to_string();
        let why = why.lines().last().unwrap_or_default().trim_start_matches("error: ");
        ParseError { position: None, message: format!("invalid regex {shown:?}: {why}") }
    })
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

//! Selectors of the `match` stage: LogQL's label matchers and line filters, asked about entries.

use logql::{CompiledFilters, MatchOp, ParseError};
use regex::Regex;

use crate::labels::LabelSet;

/// Label conditions and line filters, ready to be asked.
#[derive(Debug)]
pub struct Selector {
    conditions: Vec<Condition>,
    filters: CompiledFilters,
}

#[derive(Debug)]
struct Condition {
    label: String,
    expected: bool,
    test: Test,
}

#[derive(Debug)]
enum Test {
    Equals(String),
    Matches(Regex),
}

impl Selector {
    /// Parses `{app="x"} |= "text"`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let query = logql::parse(text).map_err(|error: ParseError| format!("selector {text:?}: {error}"))?;
        let conditions = query.selector.matchers.into_iter().map(|matcher| {
            let test = match matcher.op {
                MatchOp::Equal | MatchOp::NotEqual => Test::Equals(matcher.value),
                // Label matchers match whole values.
                MatchOp::Regex | MatchOp::NotRegex => Regex::new(&format!("^(?s:{})$", matcher.value))
                    .map(Test::Matches)
                    .map_err(|error| format!("selector {text:?}: {error}"))?,
            };
            Ok(Condition {
                label: matcher.name,
                expected: matches!(matcher.op, MatchOp::Equal | MatchOp::Regex),
                test,
            })
        });
        Ok(Self {
            conditions: conditions.collect::<Result<_, String>>()?,
            filters: CompiledFilters::new(&query.filters)
                .map_err(|error| format!("selector {text:?}: {error}"))?,
        })
    }

    /// Whether an entry is chosen.
    pub fn matches(&self, labels: &LabelSet, line: &str) -> bool {
        let accepts = |condition: &Condition| {
            let value = labels.get(&condition.label).unwrap_or_default();
            let holds = match &condition.test {
                Test::Equals(expected) => value == expected,
                Test::Matches(regex) => regex.is_match(value),
            };
            holds == condition.expected
        };
        self.conditions.iter().all(accepts) && self.filters.accept(line.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors() {
        let labels: LabelSet = [("app", "shop"), ("level", "error")].into_iter().collect();
        for (text, expected) in [
            (r#"{app="shop"}"#, true),
            (r#"{app="sho"}"#, false),
            (r#"{ app != "x" , level=~"err.*|warn" }"#, true),
            (r#"{app=~"sho"}"#, false),
            (r#"{level="error", app!~"s.*"}"#, false),
            (r#"{app="shop", none=""}"#, true),
            (r#"{app="shop"} |= "time" != "budget""#, true),
            (r#"{app="shop"}|~"t.me out$""#, true),
            (r#"{app="shop"} !~ `\d`"#, false),
        ] {
            let selector = Selector::parse(text).unwrap();
            assert_eq!(selector.matches(&labels, "12 time out"), expected, "{text}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        for text in ["", "{a}", r#"{a="b""#, r#"{a=~"("}"#] {
            assert!(Selector::parse(text).unwrap_err().contains("selector"), "{text}");
        }
    }
}

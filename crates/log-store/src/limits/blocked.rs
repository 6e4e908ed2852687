//! `blocked_queries`: queries that an operator does not want.

use std::collections::BTreeMap;
use std::fmt;

use regex::Regex;
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// Kinds of queries that a rule can be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueryKind {
    Metric,
    /// For lines, with anything after the selector.
    Filter,
    /// For lines, by a selector alone.
    Limited,
}

impl QueryKind {
    fn name(self) -> &'static str {
        match self {
            Self::Metric => "metric",
            Self::Filter => "filter",
            Self::Limited => "limited",
        }
    }
}

/// A rule. All that it names must fit.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "RawRule")]
pub struct BlockedQuery {
    text: Text,
    kinds: Vec<String>,
    /// In lower case.
    tags: BTreeMap<String, String>,
}

#[derive(Debug, Clone)]
enum Text {
    Any,
    Is(String),
    Matches(Regex),
    /// FNV-1 with 32 bits.
    Hash(u32),
}

impl PartialEq for BlockedQuery {
    fn eq(&self, other: &Self) -> bool {
        format!("{self:?}") == format!("{other:?}")
    }
}

impl Eq for BlockedQuery {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct RawRule {
    pattern: String,
    regex: bool,
    hash: u32,
    #[serde(deserialize_with = "list")]
    types: Vec<String>,
    #[serde(alias = "tags")]
    query_tags: BTreeMap<String, String>,
}

impl TryFrom<RawRule> for BlockedQuery {
    type Error = String;

    fn try_from(raw: RawRule) -> Result<Self, String> {
        const KINDS: [&str; 5] = ["metric", "filter", "limited", "series", "labels"];
        if let Some(unknown) = raw.types.iter().find(|kind| !KINDS.contains(&kind.as_str())) {
            return Err(format!("{unknown:?} is no type of query: expected one of {}", KINDS.join(", ")));
        }
        let text = match (raw.hash, raw.pattern.trim(), raw.regex) {
            (1.., _, _) => Text::Hash(raw.hash),
            (0, "", _) => Text::Any,
            (0, pattern, false) => Text::Is(pattern.to_owned()),
            (0, pattern, true) => Text::Matches(Regex::new(pattern).map_err(|error| error.to_string())?),
        };
        let lower = |(name, value): (String, String)| (name.to_lowercase(), value.to_lowercase());
        Ok(Self { text, kinds: raw.types, tags: raw.query_tags.into_iter().map(lower).collect() })
    }
}

impl BlockedQuery {
    /// Whether a query is not to be answered; `tags` is the header `X-Query-Tags`.
    pub(crate) fn blocks(&self, query: &str, kind: QueryKind, tags: &str) -> bool {
        let text = match &self.text {
            Text::Any => true,
            Text::Is(text) => query.trim() == text,
            Text::Matches(regex) => regex.is_match(query),
            Text::Hash(hash) => fnv1(query) == *hash,
        };
        text && (self.kinds.is_empty() || self.kinds.iter().any(|name| name == kind.name()))
            && self.tags.iter().all(|(name, value)| has_tag(tags, name, value))
    }
}

fn has_tag(tags: &str, name: &str, value: &str) -> bool {
    tags.split(',').filter_map(|tag| tag.split_once('=')).any(|(found, found_value)| {
        found.trim().to_lowercase() == name && found_value.trim().to_lowercase() == value
    })
}

fn fnv1(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash: u32, byte| hash.wrapping_mul(0x0100_0193) ^ u32::from(byte))
}

/// A list, or its items in one text with commas between them.
fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    struct List;
    impl<'de> Visitor<'de> for List {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list, or text with commas")
        }

        fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            Ok(items.map(str::to_owned).collect())
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
            let mut list = Vec::new();
            while let Some(item) = items.next_element()? {
                list.push(item);
            }
            Ok(list)
        }
    }
    deserializer.deserialize_any(List)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_name_texts_kinds_and_tags() {
        let query = r#"sum(rate({env="prod"}[1m]))"#;
        for (rule, blocks) in [
            (r#"pattern: 'sum(rate({env="prod"}[1m]))'"#, true),
            (r#"pattern: 'rate({env="prod"}[1m])'"#, false),
            ("{pattern: '.*prod.*', regex: true}", true),
            ("{pattern: 'prod', regex: true, types: 'filter,limited'}", false),
            ("{pattern: 'prod', regex: true, types: [filter, metric]}", true),
            ("types: metric", true),
            ("types: limited", false),
            ("query_tags: {Source: Grafana}", true),
            ("{types: metric, query_tags: {source: other}}", false),
            ("hash: 1", false),
        ] {
            let rule: BlockedQuery = runtime::parse_yaml(rule, "test").unwrap();
            assert_eq!(rule.blocks(query, QueryKind::Metric, "source=grafana, user=x"), blocks, "{rule:?}");
        }
        // From Loki's documentation.
        let rule: BlockedQuery = runtime::parse_yaml("hash: 2943214005", "test").unwrap();
        assert!(rule.blocks(r#"{stream="stdout",pod="loki-canary-9w49x"}"#, QueryKind::Limited, ""));
        for rule in ["pattern: '('\nregex: true", "types: other", "patern: x"] {
            assert!(runtime::parse_yaml::<BlockedQuery>(rule, "test").is_err(), "{rule}");
        }
    }
}

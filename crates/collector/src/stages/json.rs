//! `json`: extracts values from JSON. The line is walked once; only values asked for are looked at.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::de::{DeserializeSeed, Deserializer as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::json_path::{self, Step};
use crate::config::JsonConfig;
use crate::entry::Entry;
use crate::metrics::Number;
use crate::pipeline::{Context, Stage, Verdict};
use crate::value::Value;

/// See the module.
pub struct Json {
    wanted: Vec<Wanted>,
    source: Option<String>,
    drop_malformed: bool,
    malformed: Number,
}

struct Wanted {
    name: Arc<str>,
    first: Step,
    /// The steps after the first.
    rest: Vec<Step>,
    found: Value,
}

impl Json {
    pub fn new(config: &JsonConfig, malformed: Number) -> Result<Self, String> {
        if config.expressions.is_empty() {
            return Err("needs expressions, such as {level: level}".to_owned());
        }
        Ok(Self {
            wanted: wanted(&config.expressions)?,
            source: config.source.clone(),
            drop_malformed: config.drop_malformed,
            malformed,
        })
    }
}

fn wanted(expressions: &BTreeMap<String, Option<String>>) -> Result<Vec<Wanted>, String> {
    let mut wanted = Vec::new();
    for (name, expression) in expressions {
        let expression = expression.as_deref().filter(|text| !text.is_empty()).unwrap_or(name);
        let mut steps = json_path::parse(expression)?.into_iter();
        let first = steps.next().expect("a path has at least one step");
        wanted.push(Wanted {
            name: Arc::from(name.as_str()),
            first,
            rest: steps.collect(),
            found: Value::Null,
        });
    }
    Ok(wanted)
}

impl Stage for Json {
    fn process(&mut self, entry: &mut Entry, _context: &mut Context) -> Verdict {
        let parsed = match entry.source(self.source.as_deref()) {
            Some(text) => extract(&text, &mut self.wanted),
            None => return Verdict::Pass,
        };
        if !parsed {
            if self.drop_malformed {
                self.malformed.count(1);
                return Verdict::Drop;
            }
            return Verdict::Pass;
        }
        for wanted in &mut self.wanted {
            // Swapping hands the entry the value and takes back its old buffer for the next line.
            std::mem::swap(entry.extracted.slot(&wanted.name), &mut wanted.found);
        }
        Verdict::Pass
    }
}

/// Fills `wanted` from `text`; `false` when that isn't JSON.
fn extract(text: &str, wanted: &mut [Wanted]) -> bool {
    let mut missing = 0u64;
    // Values absent from the line become null; up to 64 of them are tracked without clearing buffers first.
    for (index, _) in wanted.iter().enumerate().take(64) {
        missing |= 1 << index;
    }
    for wanted in wanted.iter_mut().skip(64) {
        wanted.found = Value::Null;
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let walk = Walk { wanted, missing: &mut missing };
    let parsed = match text.trim_start().as_bytes().first() {
        Some(b'{') => deserializer.deserialize_map(walk),
        Some(b'[') => deserializer.deserialize_seq(walk),
        // A scalar is valid JSON in which nothing is found.
        _ => deserializer.deserialize_ignored_any(IgnoredAny).map(|_| ()),
    };
    if parsed.and_then(|()| deserializer.end()).is_err() {
        return false;
    }
    for (index, wanted) in wanted.iter_mut().enumerate().take(64) {
        if missing & (1 << index) != 0 {
            wanted.found = Value::Null;
        }
    }
    true
}

/// Visits the outermost object or list.
struct Walk<'a> {
    wanted: &'a mut [Wanted],
    missing: &'a mut u64,
}

impl Walk<'_> {
    fn store(&mut self, raw: &RawValue, matches: impl Fn(&Step) -> bool) {
        for (index, wanted) in self.wanted.iter_mut().enumerate() {
            if matches(&wanted.first) {
                descend(raw.get(), &wanted.rest, &mut wanted.found);
                if index < 64 {
                    *self.missing &= !(1 << index);
                }
            }
        }
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or a list")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(is_wanted) = map.next_key_seed(KeyFilter { wanted: self.wanted })? {
            match is_wanted {
                None => drop(map.next_value::<IgnoredAny>()?),
                Some(first) => {
                    let raw: &RawValue = map.next_value()?;
                    let step = self.wanted[first].first.clone_if_shared(self.wanted, first);
                    match step {
                        None => {
                            let wanted = &mut self.wanted[first];
                            descend(raw.get(), &wanted.rest, &mut wanted.found);
                            if first < 64 {
                                *self.missing &= !(1 << first);
                            }
                        }
                        Some(step) => self.store(raw, |other| *other == step),
                    }
                }
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        let mut items: Vec<&RawValue> = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        for (index, raw) in items.iter().enumerate() {
            let from_end = index as i64 - items.len() as i64;
            self.store(raw, |step| matches!(step, Step::Index(at) if *at == index as i64 || *at == from_end));
        }
        Ok(())
    }
}

impl Step {
    /// A copy of this step if another wanted value begins with it too.
    fn clone_if_shared(&self, wanted: &[Wanted], index: usize) -> Option<Self> {
        wanted[index + 1..].iter().any(|other| other.first == *self).then(|| self.clone())
    }
}

/// Reads a key without allocating; yields the first wanted value that begins with it.
struct KeyFilter<'a> {
    wanted: &'a [Wanted],
}

impl<'de> DeserializeSeed<'de> for KeyFilter<'_> {
    type Value = Option<usize>;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeyFilter<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.wanted.iter().position(|wanted| matches!(&wanted.first, Step::Key(name) if name == key)))
    }
}

/// Follows `steps` from `raw`, which is known to be well-formed, and stores what is there.
fn descend(raw: &str, steps: &[Step], found: &mut Value) {
    let Some((step, rest)) = steps.split_first() else {
        return scalar(raw, found);
    };
    let next: Option<&RawValue> = match step {
        Step::Key(name) => serde_json::from_str::<BTreeMap<std::borrow::Cow<'_, str>, &RawValue>>(raw)
            .ok()
            .and_then(|map| map.get(name.as_str()).copied()),
        Step::Index(at) => serde_json::from_str::<Vec<&RawValue>>(raw).ok().and_then(|list| {
            let index = if *at < 0 { list.len() as i64 + at } else { *at };
            list.get(usize::try_from(index).ok()?).copied()
        }),
    };
    match next {
        Some(next) => descend(next.get(), rest, found),
        None => *found = Value::Null,
    }
}

/// Converts a value; objects and lists become their compact JSON text.
fn scalar(raw: &str, found: &mut Value) {
    match raw.as_bytes().first() {
        Some(b'"') => {
            let inner = &raw[1..raw.len() - 1];
            if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
                found.set_text(inner);
            } else {
                *found = serde_json::from_str(raw).map_or(Value::Null, Value::Text);
            }
        }
        Some(b't') => *found = Value::Bool(true),
        Some(b'f') => *found = Value::Bool(false),
        Some(b'{' | b'[') => {
            let compact = serde_json::from_str::<serde_json::Value>(raw).map(|value| value.to_string());
            *found = compact.map_or(Value::Null, Value::Text);
        }
        Some(b'-' | b'0'..=b'9') => {
            *found = match raw.parse() {
                Ok(whole) => Value::Int(whole),
                Err(_) => raw.parse().map_or(Value::Null, Value::Float),
            };
        }
        _ => *found = Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{problem, run, table};

    /// Extracts, then shows values as metadata.
    fn stages(expressions: &str, names: &str) -> String {
        format!("[{{json: {{expressions: {{{expressions}}}}}}}, {{structured_metadata: {{{names}}}}}]")
    }

    #[test]
    fn values_of_every_type() {
        table(
            &stages("s: , n: num, f: , b: , z: , o: ", "s: , n: , f: , b: , z: , o: "),
            &[
                (
                    r#"{"s":"a\"b\u00e9","num":12,"f":1.50,"b":true,"z":null,"o":{"x": [1, 2]}}"#,
                    r#"{"s":"a\"b\u00e9","num":12,"f":1.50,"b":true,"z":null,"o":{"x": [1, 2]}} | [b=true f=1.5 n=12 o={"x":[1,2]} s=a"bé]"#,
                ),
                (r#" {"s":"plain","s":"last"} "#, r#" {"s":"plain","s":"last"}  | [s=last]"#),
            ],
        );
    }

    #[test]
    fn nested_paths_and_shared_beginnings() {
        table(
            &stages(
                r#"user: a.user, first: "a.list[0]", last: "a.list[-1].x", a: , "d": '"k.k".d'"#,
                "user: , first: , last: , d: , a: ",
            ),
            &[(
                r#"{"a":{"user":"u","list":[1,{"x":2}]},"k.k":{"d":3}}"#,
                r#"{"a":{"user":"u","list":[1,{"x":2}]},"k.k":{"d":3}} | [a={"user":"u","list":[1,{"x":2}]} d=3 first=1 last=2 user=u]"#,
            )],
        );
    }

    #[test]
    fn lines_that_are_not_json_pass_unless_told_otherwise() {
        let lines = [r#"{"a":"1","b":"#, "plain", r#"{"a":"1"} trailing"#, "12", r#"["x"]"#];
        let expected: Vec<_> = lines.iter().map(|line| (*line).to_owned()).collect();
        assert_eq!(run(&stages("a: ", "a: "), &lines), expected);
        let kept = run("[{json: {expressions: {a: }, drop_malformed: true}}]", &lines);
        assert_eq!(kept, ["12", r#"["x"]"#]);
    }

    #[test]
    fn a_missing_value_hides_the_one_of_the_line_before() {
        let out = run(&stages("a: ", "a: "), &[r#"{"a":"1"}"#, r#"{"b":"2"}"#]);
        assert_eq!(out, [r#"{"a":"1"} | [a=1]"#, r#"{"b":"2"}"#]);
    }

    #[test]
    fn another_value_can_be_the_source() {
        let out = run(
            "[{json: {expressions: {inner: }}}, {json: {source: inner, expressions: {x: }}}, {output: {source: x}}]",
            &[r#"{"inner":"{\"x\":\"deep\"}"}"#],
        );
        assert_eq!(out, ["deep"]);
    }

    #[test]
    fn expressions_beyond_paths_are_refused() {
        assert!(problem("[{json: {expressions: {a: 'length(b)'}}}]").contains("length(b)"));
        assert!(problem("[{json: {}}]").contains("expressions"));
    }
}

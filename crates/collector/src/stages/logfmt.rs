//! `logfmt`: extracts from lines of `key=value` pairs.

use std::sync::Arc;

use crate::config::LogfmtConfig;
use crate::entry::Entry;
use crate::pipeline::{Context, Stage, Verdict};

/// See the module.
pub struct Logfmt {
    /// Key in the line, name of the extracted value.
    mapping: Vec<(String, Arc<str>)>,
    source: Option<String>,
    scratch: String,
}

impl Logfmt {
    pub fn new(config: &LogfmtConfig) -> Result<Self, String> {
        if config.mapping.is_empty() {
            return Err("needs a mapping, such as {level: lvl}".to_owned());
        }
        let mapping = config.mapping.iter().map(|(name, key)| {
            let key = key.as_deref().filter(|key| !key.is_empty()).unwrap_or(name);
            (key.to_owned(), Arc::from(name.as_str()))
        });
        Ok(Self { mapping: mapping.collect(), source: config.source.clone(), scratch: String::new() })
    }
}

impl Stage for Logfmt {
    fn process(&mut self, entry: &mut Entry, _context: &mut Context) -> Verdict {
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.clear();
        match entry.source(self.source.as_deref()) {
            Some(text) => scratch.push_str(&text),
            None => return Verdict::Pass,
        }
        for (key, value) in Pairs(&scratch) {
            for (wanted, name) in &self.mapping {
                if wanted == key {
                    match unquote(value) {
                        Some(text) => entry.extracted.set_text(name, &text),
                        None => entry.extracted.set_text(name, value),
                    }
                }
            }
        }
        self.scratch = scratch;
        Verdict::Pass
    }
}

/// Keys and raw values (quotes included) of a line; a key alone has an empty value.
struct Pairs<'a>(&'a str);

impl<'a> Iterator for Pairs<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let text = self.0.trim_start();
        if text.is_empty() {
            return None;
        }
        let key_end = text.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(text.len());
        let (key, rest) = text.split_at(key_end);
        let Some(value_text) = rest.strip_prefix('=') else {
            self.0 = rest;
            return Some((key, ""));
        };
        let value_end = match value_text.strip_prefix('"') {
            Some(inner) => quoted_len(inner) + 1,
            None => value_text.find(char::is_whitespace).unwrap_or(value_text.len()),
        };
        let (value, rest) = value_text.split_at(value_end);
        self.0 = rest;
        Some((key, value))
    }
}

/// Bytes up to and including the closing quote.
fn quoted_len(inner: &str) -> usize {
    let mut escaped = false;
    for (index, byte) in inner.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return index + 1,
            _ => {}
        }
    }
    inner.len()
}

/// The content of a quoted value; `None` for one without quotes.
fn unquote(value: &str) -> Option<std::borrow::Cow<'_, str>> {
    let inner = value.strip_prefix('"')?;
    let inner = inner.strip_suffix('"').unwrap_or(inner);
    if !inner.contains('\\') {
        return Some(inner.into());
    }
    let unescaped = serde_json::from_str::<String>(&format!("\"{inner}\""));
    Some(unescaped.unwrap_or_else(|_| inner.to_owned()).into())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{problem, table};

    #[test]
    fn pairs() {
        table(
            "[{logfmt: {mapping: {level: lvl, msg: , n: , flag: }}}, {structured_metadata: {level: , msg: , n: , flag: }}]",
            &[
                (
                    r#"lvl=info msg="say \"hi\" now" other=x n=1.5"#,
                    r#"lvl=info msg="say \"hi\" now" other=x n=1.5 | [level=info msg=say "hi" now n=1.5]"#,
                ),
                (r#"  lvl=é= n="" msg="open"#, r#"  lvl=é= n="" msg="open | [level=é= msg=open]"#),
                ("no pairs here", "no pairs here"),
            ],
        );
        assert!(problem("[{logfmt: {}}]").contains("mapping"));
    }
}

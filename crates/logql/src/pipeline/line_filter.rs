//! Line filters ready to be run over lines.

use memchr::memmem::Finder;
use regex::bytes::Regex;

use crate::byte_set::ByteSet;
use crate::error::ParseError;
use crate::gotext::regex::compile_bytes;
use crate::pipeline::alphabet;
use crate::pipeline::ip::IpPattern;
use crate::pipeline::pattern::Pattern;
use crate::syntax::{FilterOp, LineFilter, LineMatch};

/// A chain of line filters, compiled once per query.
#[derive(Debug, Clone)]
pub struct CompiledFilters {
    filters: Vec<CompiledFilter>,
}

/// One line filter.
#[derive(Debug, Clone)]
pub struct CompiledFilter {
    tests: Vec<Test>,
    negative: bool,
}

#[derive(Debug, Clone)]
enum Test {
    Contains(Box<Finder<'static>>),
    /// With the bytes that a match may consist of, where that is known.
    Regex(Regex, Option<ByteSet>),
    Pattern(Pattern),
    Ip(IpPattern),
}

impl Test {
    fn hits(&self, line: &[u8]) -> bool {
        match self {
            Self::Contains(finder) => finder.find(line).is_some(),
            Self::Regex(regex, _) => regex.is_match(line),
            Self::Pattern(pattern) => pattern.matches(line),
            Self::Ip(pattern) => pattern.is_in(line),
        }
    }
}

impl Test {
    fn needle(&self) -> Option<&[u8]> {
        match self {
            Self::Contains(finder) => Some(finder.needle()),
            _ => None,
        }
    }
}

impl CompiledFilter {
    pub fn new(filter: &LineFilter) -> Result<Self, ParseError> {
        let test = |operand: &LineMatch| {
            compile(filter.op, operand).map_err(|message| ParseError::in_stage(filter, &message))
        };
        let tests: Vec<Vec<Test>> = filter.operands.iter().map(test).collect::<Result<_, _>>()?;
        Ok(Self { tests: tests.into_iter().flatten().collect(), negative: filter.op.is_negative() })
    }

    /// Whether the line passes.
    #[inline]
    pub fn accept(&self, line: &[u8]) -> bool {
        self.hits(line) != self.negative
    }

    /// Whether the filter finds something, be that wanted or not.
    pub fn hits(&self, text: &[u8]) -> bool {
        self.tests.iter().any(|test| test.hits(text))
    }

    /// Whether lines pass in which nothing is found.
    pub fn is_negative(&self) -> bool {
        self.negative
    }

    /// The bytes that what the filter finds consists of. A text can then be searched in pieces, if none of these bytes
    /// is next to a cut. `None` when the filter looks at the line as a whole.
    pub fn alphabet(&self) -> Option<ByteSet> {
        let mut all = ByteSet::default();
        for test in &self.tests {
            match test {
                Test::Contains(finder) if !finder.needle().is_empty() => {
                    all.extend(finder.needle().iter().copied());
                }
                Test::Regex(_, Some(alphabet)) => all = all.union(alphabet),
                _ => return None,
            }
        }
        Some(all)
    }

    /// The texts of which a line must have one to be hit; `None` when the filter is of another kind.
    pub fn needles(&self) -> Option<Vec<&[u8]>> {
        self.tests.iter().map(Test::needle).collect()
    }
}

impl CompiledFilters {
    pub fn new(filters: &[LineFilter]) -> Result<Self, ParseError> {
        Ok(Self { filters: filters.iter().map(CompiledFilter::new).collect::<Result<_, _>>()? })
    }

    /// Whether the line passes every filter.
    pub fn accept(&self, line: &[u8]) -> bool {
        self.filters.iter().all(|filter| filter.accept(line))
    }

    pub fn is_empty(&self) -> bool {
        self.filters.is_empty()
    }
}

/// The tests of which one must hit.
fn compile(op: FilterOp, operand: &LineMatch) -> Result<Vec<Test>, String> {
    match (op, operand) {
        (FilterOp::Contains | FilterOp::NotContains, LineMatch::Text(text)) => {
            Ok(vec![Test::Contains(Box::new(Finder::new(text).into_owned()))])
        }
        (FilterOp::Regex | FilterOp::NotRegex, LineMatch::Text(text)) => {
            let regex = compile_bytes(text).map_err(|error| error.to_string())?;
            if let Some(literals) = alphabet::literals(regex.as_str()) {
                let contains =
                    |literal: &Vec<u8>| Test::Contains(Box::new(Finder::new(literal).into_owned()));
                return Ok(literals.iter().map(contains).collect());
            }
            let alphabet = alphabet::of_regex(regex.as_str());
            Ok(vec![Test::Regex(regex, alphabet)])
        }
        (FilterOp::Pattern | FilterOp::NotPattern, LineMatch::Text(text)) => {
            let pattern = Pattern::parse(text)?;
            if let Some(name) = pattern.names().next() {
                return Err(format!("named captures are not allowed: found '<{name}>'"));
            }
            Ok(vec![Test::Pattern(pattern)])
        }
        (FilterOp::Contains | FilterOp::NotContains, LineMatch::Ip(text)) => match IpPattern::parse(text) {
            Some(pattern) => Ok(vec![Test::Ip(pattern)]),
            None => Err(format!("ip: invalid pattern: {}", crate::gotext::quote::Quoted(text))),
        },
        (_, LineMatch::Ip(_)) => Err("ip: invalid operation".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_pass_lines_as_loki_does() {
        let line = "GET /orders 500 in 12ms from 10.0.0.7";
        for (filters, expected) in [
            (r#"|= "500""#, true),
            (r#"|= "501""#, false),
            (r#"|= "501" or "500""#, true),
            (r#"!= "501" or "500""#, false),
            (r#"!= "501" or "502""#, true),
            (r#"|~ "\\d+ms""#, true),
            (r#"!~ "^GET""#, false),
            (r#"|= "GET" != "404" |~ "in \\d""#, true),
            (r#"|= """#, true),
            (r#"!= """#, false),
            (r#"|= "get""#, false),
            (r#"|~ "(?i)get""#, true),
            (r#"|> "GET <_> in <_>""#, true),
            (r#"!> "GET <_>""#, false),
            (r#"|= ip("10.0.0.0/8")"#, true),
            (r#"!= ip("10.0.0.0/8")"#, false),
            (r#"!= ip("192.168.0.0/16")"#, true),
        ] {
            let query = crate::parse(&format!("{{a=\"b\"}} {filters}")).unwrap();
            let compiled = CompiledFilters::new(&query.filters).unwrap();
            assert_eq!(compiled.accept(line.as_bytes()), expected, "{filters}");
        }
    }

    #[test]
    fn bad_filters_name_their_stage() {
        for (filter, error) in [
            (r#"!~ "[a""#, "stage '!~ \"[a\"' : error parsing regexp: missing closing ]: `[a`"),
            (
                r#"|= ip("10.0.0.0/99")"#,
                "stage '|= ip(\"10.0.0.0/99\")' : ip: invalid pattern: \"10.0.0.0/99\"",
            ),
            (r#"|~ ip("10.0.0.1")"#, "stage '|~ ip(\"10.0.0.1\")' : ip: invalid operation"),
            (r#"|> "<name> x""#, "stage '|> \"<name> x\"' : named captures are not allowed: found '<name>'"),
            (
                r#"|> "<_><_>""#,
                "stage '|> \"<_><_>\"' : found consecutive capture '<_><_>': invalid expression",
            ),
        ] {
            let found = crate::parse(&format!("{{a=\"b\"}} {filter}")).unwrap_err();
            assert_eq!(found.to_string(), format!("parse error : {error}"), "{filter}");
        }
    }
}

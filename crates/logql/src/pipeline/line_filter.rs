//! Line filters ready to be run over lines.

use memchr::memmem::Finder;
use regex::bytes::Regex;

use crate::error::ParseError;
use crate::gotext::regex::compile_bytes;
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
    Regex(Regex),
    Pattern(Pattern),
    Ip(IpPattern),
}

impl Test {
    fn hits(&self, line: &[u8]) -> bool {
        match self {
            Self::Contains(finder) => finder.find(line).is_some(),
            Self::Regex(regex) => regex.is_match(line),
            Self::Pattern(pattern) => pattern.matches(line),
            Self::Ip(pattern) => pattern.is_in(line),
        }
    }
}

impl CompiledFilter {
    pub fn new(filter: &LineFilter) -> Result<Self, ParseError> {
        let test = |operand: &LineMatch| {
            compile(filter.op, operand).map_err(|message| ParseError::in_stage(filter, &message))
        };
        let tests = filter.operands.iter().map(test).collect::<Result<_, _>>()?;
        Ok(Self { tests, negative: filter.op.is_negative() })
    }

    /// Whether the line passes.
    #[inline]
    pub fn accept(&self, line: &[u8]) -> bool {
        self.tests.iter().any(|test| test.hits(line)) != self.negative
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

fn compile(op: FilterOp, operand: &LineMatch) -> Result<Test, String> {
    match (op, operand) {
        (FilterOp::Contains | FilterOp::NotContains, LineMatch::Text(text)) => {
            Ok(Test::Contains(Box::new(Finder::new(text).into_owned())))
        }
        (FilterOp::Regex | FilterOp::NotRegex, LineMatch::Text(text)) => {
            compile_bytes(text).map(Test::Regex).map_err(|error| error.to_string())
        }
        (FilterOp::Pattern | FilterOp::NotPattern, LineMatch::Text(text)) => {
            let pattern = Pattern::parse(text)?;
            if let Some(name) = pattern.names().next() {
                return Err(format!("named captures are not allowed: found '<{name}>'"));
            }
            Ok(Test::Pattern(pattern))
        }
        (FilterOp::Contains | FilterOp::NotContains, LineMatch::Ip(text)) => match IpPattern::parse(text) {
            Some(pattern) => Ok(Test::Ip(pattern)),
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

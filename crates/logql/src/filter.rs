//! Line filters ready to be run over lines.

use memchr::memmem::Finder;
use regex::bytes::Regex;

use crate::ast::{FilterOp, LineFilter};
use crate::error::ParseError;
use crate::matcher::compile_regex;

/// A chain of line filters, compiled once per query.
#[derive(Debug, Clone)]
pub struct CompiledFilters {
    filters: Vec<Compiled>,
}

#[derive(Debug, Clone)]
struct Compiled {
    tests: Vec<Test>,
    negative: bool,
}

#[derive(Debug, Clone)]
enum Test {
    Contains(Box<Finder<'static>>),
    Regex(Regex),
}

impl Test {
    fn hits(&self, line: &[u8]) -> bool {
        match self {
            Self::Contains(finder) => finder.find(line).is_some(),
            Self::Regex(regex) => regex.is_match(line),
        }
    }
}

impl CompiledFilters {
    pub fn new(filters: &[LineFilter]) -> Result<Self, ParseError> {
        let filters = filters.iter().map(compile).collect::<Result<_, _>>()?;
        Ok(Self { filters })
    }

    /// Whether the line passes every filter.
    pub fn accept(&self, line: &[u8]) -> bool {
        self.filters.iter().all(|filter| filter.tests.iter().any(|test| test.hits(line)) != filter.negative)
    }

    pub fn is_empty(&self) -> bool {
        self.filters.is_empty()
    }
}

fn compile(filter: &LineFilter) -> Result<Compiled, ParseError> {
    let test = |operand: &String| match filter.op {
        FilterOp::Contains | FilterOp::NotContains => {
            Ok(Test::Contains(Box::new(Finder::new(operand).into_owned())))
        }
        FilterOp::Regex | FilterOp::NotRegex => {
            // Checked as text first: the byte engine would accept patterns that match half a character.
            compile_regex(operand, operand)?;
            let regex = regex::bytes::RegexBuilder::new(operand).size_limit(8 << 20).build();
            regex.map(Test::Regex).map_err(|error| ParseError { position: None, message: error.to_string() })
        }
    };
    let tests = filter.operands.iter().map(test).collect::<Result<_, _>>()?;
    Ok(Compiled { tests, negative: filter.op.is_negative() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_pass_lines_as_loki_does() {
        let line = "GET /orders 500 in 12ms";
        for (filters, expected) in [
            (r#"|= "500""#, true),
            (r#"|= "501""#, false),
            (r#"|= "501" or "500""#, true),
            (r#"!= "501" or "500""#, false),
            (r#"!= "501" or "502""#, true),
            (r#"|~ "\\d+ms$""#, true),
            (r#"!~ "^GET""#, false),
            (r#"|= "GET" != "404" |~ "in \\d""#, true),
            (r#"|= """#, true),
            (r#"|= "get""#, false),
            (r#"|~ "(?i)get""#, true),
        ] {
            let query = crate::parse(&format!("{{a=\"b\"}} {filters}")).unwrap();
            let compiled = CompiledFilters::new(&query.filters).unwrap();
            assert_eq!(compiled.accept(line.as_bytes()), expected, "{filters}");
        }
    }
}

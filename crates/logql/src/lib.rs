//! LogQL: lexer, parser, syntax tree, printer, and the matchers that a tree's leaves compile to. No I/O.
//!
//! Understood at present: stream selectors and line filters (`|=`, `!=`, `|~`, `!~`, each with `or`). The printer gives
//! back text that parses to the same tree.
//!
//! ```
//! let query = logql::parse(r#"{service_name="order-service"} |= "declined" or "refused" != "test""#)?;
//! assert_eq!(query.to_string(), r#"{service_name="order-service"} |= "declined" or "refused" != "test""#);
//! # Ok::<(), logql::ParseError>(())
//! ```

mod ast;
mod error;
mod filter;
mod lexer;
mod matcher;
mod parser;

pub use ast::{FilterOp, LineFilter, LogQuery, MatchOp, Matcher, Selector};
pub use error::{ParseError, Position};
pub use filter::CompiledFilters;
pub use matcher::CompiledSelector;
pub use parser::{parse, parse_selector};

/// Longer queries are refused before they are looked at, as Loki does.
pub const MAX_QUERY_BYTES: usize = 131_072;

//! Go's `text/template` without I/O: what annotations of alerts and messages to people are written in.
//!
//! A template is parsed once and run on a [`Value`] with a set of [`Functions`]. Running is bounded in output, steps,
//! work and depth, so that nothing a user writes can take a server down; every mistake has its line and column.
//!
//! ```
//! use go_template::{Functions, Template, Value};
//!
//! let template = Template::parse("{{ .name | printf \"%q\" }}").unwrap();
//! let data = Value::record([("name", Value::from("shop"))]);
//! assert_eq!(template.execute(&data, &Functions::go()).unwrap(), "\"shop\"");
//! ```

mod exec;
mod format;
mod functions;
mod layout;
mod lexer;
mod node;
mod number;
mod output;
mod parser;
mod quote;
mod time;
mod value;

use std::collections::BTreeSet;
use std::sync::Arc;

pub use functions::{Functions, Shape, parse_duration};
use node::{Block, Defined};
pub use time::Time;
pub use value::{Record, Value};

/// Longer templates are refused.
pub const MAX_TEMPLATE_BYTES: usize = 256 << 10;

/// What is wrong with a template, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{line}:{column}: {message}")]
pub struct Error {
    /// From 1 on.
    pub line: usize,
    /// From 1 on.
    pub column: usize,
    pub message: String,
}

/// A parsed template.
#[derive(Debug, Clone)]
pub struct Template {
    root: Arc<Block>,
    defined: Defined,
    functions: BTreeSet<String>,
}

impl Template {
    /// Parses a text. Which functions it calls is looked at by [`Template::check`] or when it runs.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.len() > MAX_TEMPLATE_BYTES {
            let message = format!("the template is longer than {MAX_TEMPLATE_BYTES} bytes");
            return Err(Error { line: 1, column: 1, message });
        }
        let parsed = parser::parse(text)?;
        Ok(Self { root: Arc::new(parsed.root), defined: parsed.defined, functions: parsed.functions })
    }

    /// Refuses a template that calls functions that are not there.
    pub fn check(&self, functions: &Functions) -> Result<(), Error> {
        let missing = self.functions.iter().find(|name| !functions.knows(name));
        match missing {
            None => Ok(()),
            Some(name) => {
                Err(Error { line: 1, column: 1, message: format!("function {name:?} not defined") })
            }
        }
    }

    /// Runs it on `dot`.
    pub fn execute(&self, dot: &Value, functions: &Functions) -> Result<String, Error> {
        exec::run(&self.root, &[&self.defined], dot, functions)
    }

    /// Runs it on `dot`; what it does not define itself is looked up in `library`.
    pub fn execute_in(&self, library: &Library, dot: &Value, functions: &Functions) -> Result<String, Error> {
        exec::run(&self.root, &[&self.defined, &library.defined], dot, functions)
    }

    /// The names that it defines.
    pub fn defines(&self) -> impl Iterator<Item = &str> {
        self.defined.keys().map(String::as_str)
    }
}

/// Named templates that others call.
#[derive(Debug, Clone, Default)]
pub struct Library {
    defined: Defined,
}

impl Library {
    /// Adds what `template` defines, in place of what was there under the same names.
    pub fn add(&mut self, template: &Template) {
        self.defined.extend(template.defined.iter().map(|(name, block)| (name.clone(), Arc::clone(block))));
    }

    /// Adds the whole of `template` under a name, as a file is known by its name.
    pub fn add_as(&mut self, name: &str, template: &Template) {
        self.defined.insert(name.to_owned(), Arc::clone(&template.root));
    }

    /// Whether something has this name.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.defined.contains_key(name)
    }
}

#[cfg(test)]
mod tests;

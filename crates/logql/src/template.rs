//! Templates of `line_format` and `label_format`: Go's `text/template` with the functions that Loki offers; and those of
//! alerts, with Prometheus' functions.
//!
//! A template is parsed once; running it appends to a buffer. Running is bounded in output, steps and depth, so that no
//! template can take a store down.

mod alert;
mod decimal;
mod exec;
mod format;
mod functions;
mod lexer;
mod node;
mod parser;
mod time;
mod value;

pub use alert::{AlertData, AlertTemplate};
use functions::Dialect;
pub(crate) use functions::expand;
use node::{Block, Template as Parsed};

/// What a template can see.
pub(crate) trait Data {
    /// The value of a label; `None` when missing.
    fn label(&self, field: Field<'_>) -> Option<&str>;
    /// All labels, in no particular order.
    fn labels(&self, visit: &mut dyn FnMut(&str, &str));
    fn line(&self) -> &str;
    /// Nanoseconds since the Unix epoch.
    fn timestamp(&self) -> i64;
    /// Where this server is found, for links in alerts.
    fn external_url(&self) -> &str {
        ""
    }
}

/// A label that a template names: its place among [`Template::fields`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field<'a> {
    pub slot: usize,
    #[cfg_attr(not(test), expect(dead_code, reason = "tests have no table of slots"))]
    pub name: &'a str,
}

/// A parsed template.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    name: String,
    parsed: Parsed,
}

impl Template {
    pub(crate) fn parse(name: &str, text: &str) -> Result<Self, String> {
        let parsed =
            parser::parse(text, Dialect::Lines, &[]).map_err(|error| format!("template: {name}:{error}"))?;
        Ok(Self { name: name.to_owned(), parsed })
    }

    /// Every label that the template may read by name.
    pub(crate) fn fields(&self) -> &[String] {
        &self.parsed.fields
    }

    /// Whether the template reads all labels, not only named ones.
    pub(crate) fn reads_everything(&self) -> bool {
        self.parsed.reads_everything
    }

    /// Appends the result to `out`. After an error `out` may hold a part of it.
    pub(crate) fn execute(&self, data: &dyn Data, out: &mut String) -> Result<(), String> {
        if let Block { nodes, .. } = &self.parsed.root
            && let Some(done) = exec::simple(nodes, data, out)
        {
            return done;
        }
        exec::run(&self.name, &self.parsed, data, (value::Value::Labels, &[]), out)
    }
}

#[cfg(test)]
mod tests;

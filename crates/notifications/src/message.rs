//! What people read: the data that templates see, the templates that are always there, and a renderer of both.

mod data;
mod defaults;

use std::collections::BTreeMap;

use go_template::{Functions, Library, Template, Value};

pub(crate) use data::rfc3339;
pub use data::{Message, MessageAlert};

/// Why a text could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("template {name}: {source}")]
pub struct RenderError {
    pub name: String,
    pub source: go_template::Error,
}

/// Templates and functions, ready to be used.
#[derive(Debug, Clone)]
pub struct Renderer {
    library: Library,
    functions: Functions,
}

impl Renderer {
    /// With users' templates, by name. Those replace the ones that are always there.
    pub fn new(templates: &BTreeMap<String, String>) -> Result<Self, RenderError> {
        let functions = data::functions();
        let mut library = Library::default();
        let own = [("default", defaults::TEMPLATES)].into_iter();
        let all = own.chain(templates.iter().map(|(name, text)| (name.as_str(), text.as_str())));
        for (name, text) in all {
            let located = |source| RenderError { name: name.to_owned(), source };
            let template = Template::parse(text).map_err(located)?;
            template.check(&functions).map_err(located)?;
            library.add(&template);
            // A template without `define` is known by its name.
            if template.defines().next().is_none() && name != "default" {
                library.add_as(name, &template);
            }
        }
        Ok(Self { library, functions })
    }

    /// Fills in a setting's text.
    pub fn render(&self, name: &str, text: &str, data: &Value) -> Result<String, RenderError> {
        if !text.contains("{{") {
            return Ok(text.to_owned());
        }
        let located = |source| RenderError { name: name.to_owned(), source };
        let template = Template::parse(text).map_err(located)?;
        template.execute_in(&self.library, data, &self.functions).map_err(located)
    }

    /// Whether a setting's text can be parsed and calls only what is there.
    pub fn check(&self, name: &str, text: &str) -> Result<(), RenderError> {
        let located = |source| RenderError { name: name.to_owned(), source };
        Template::parse(text).map_err(located)?.check(&self.functions).map_err(located)
    }
}

#[cfg(test)]
pub(crate) mod tests;

//! `template`: sets an extracted value from a Go template.

use std::sync::Arc;

use crate::config::TemplateConfig;
use crate::entry::Entry;
use crate::pipeline::{Context, Stage, Verdict};
use crate::template::{Fields, Template as Go};

/// See the module. An empty result removes the value.
pub struct Template {
    source: Arc<str>,
    template: Go,
}

impl Template {
    pub fn new(config: &TemplateConfig) -> Result<Self, String> {
        Ok(Self {
            source: Arc::from(config.source.as_str()),
            template: Go::parse(&config.template).map_err(|error| error.to_string())?,
        })
    }
}

impl Stage for Template {
    fn process(&mut self, entry: &mut Entry, _context: &mut Context) -> Verdict {
        let rendered = {
            let texts = entry.texts();
            let mut fields: Fields<'_> = texts.iter().map(|(name, text)| (*name, text.as_ref())).collect();
            if let Some(value) = fields.get(&*self.source).copied() {
                fields.insert("Value", value);
            }
            fields.insert("Entry", &entry.line);
            self.template.render(&fields)
        };
        match rendered {
            Ok(text) if text.is_empty() => entry.extracted.remove(&self.source),
            Ok(text) => entry.extracted.set_text(&self.source, &text),
            // A template that fails on this line leaves it as it is.
            Err(_) => {}
        }
        Verdict::Pass
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{problem, table};

    #[test]
    fn values_are_set_changed_and_removed() {
        table(
            "[{json: {expressions: {level: , app: }}}, {template: {source: level, template: '{{ ToLower .Value }}'}}, \
              {template: {source: new, template: '{{ .app }}-{{ .job }}:{{ len .Entry }}'}}, {template: {source: app, template: ''}}, \
              {structured_metadata: {level: , new: , app: }}]",
            &[(
                r#"{"level":"WARN","app":"x"}"#,
                r#"{"level":"WARN","app":"x"} | [level=warn new=x-test:26]"#,
            )],
        );
        assert!(problem("[{template: {source: a, template: '{{ Nope .Value }}'}}]").contains("Nope"));
    }
}

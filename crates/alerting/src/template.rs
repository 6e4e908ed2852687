//! Labels and annotations of alerts: texts with Go's templates in them, `{{ $labels.service }} is at {{ $values.B }}`.

use std::collections::BTreeMap;
use std::sync::Arc;

use go_template::{Functions, Record, Template, Value};

use crate::condition::Captured;
use crate::value::Labels;

/// Lets texts write `$labels` for `.Labels`, as Prometheus and Grafana do.
const PREFIX: &str = "{{- $labels := .Labels -}}{{- $values := .Values -}}{{- $value := .Value -}}";
const TEXT_MAX_BYTES: usize = 64 << 10;

/// A template that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {reason}")]
pub struct TemplateError {
    /// The label or annotation.
    pub name: String,
    pub reason: String,
}

/// Labels or annotations of a rule, ready to be filled.
#[derive(Debug, Clone, Default)]
pub struct Texts(Vec<(String, Text)>);

#[derive(Debug, Clone)]
enum Text {
    Plain(String),
    Template { template: Template, text: String },
}

/// What templates see.
#[derive(Debug, Clone)]
pub struct Data {
    value: Value,
    functions: Functions,
}

impl Texts {
    /// Reads all of them.
    pub fn parse(texts: &BTreeMap<String, String>) -> Result<Self, TemplateError> {
        let parsed = texts.iter().map(|(name, text)| match Text::parse(text) {
            Ok(parsed) => Ok((name.clone(), parsed)),
            Err(reason) => Err(TemplateError { name: name.clone(), reason }),
        });
        parsed.collect::<Result<_, _>>().map(Self)
    }

    /// Reads all of them; what cannot be read is kept as it is written.
    #[must_use]
    pub fn parse_tolerantly(texts: &BTreeMap<String, String>) -> Self {
        let parsed = texts.iter().map(|(name, text)| {
            (name.clone(), Text::parse(text).unwrap_or_else(|_| Text::Plain(text.clone())))
        });
        Self(parsed.collect())
    }

    /// Fills them. A template that fails stays as it is written, with the reason behind it.
    #[must_use]
    pub fn fill(&self, data: &Data) -> BTreeMap<String, String> {
        self.0.iter().map(|(name, text)| (name.clone(), text.fill(data))).collect()
    }
}

impl Text {
    fn parse(text: &str) -> Result<Self, String> {
        if text.len() > TEXT_MAX_BYTES {
            return Err(format!("longer than {TEXT_MAX_BYTES} bytes"));
        }
        if !text.contains("{{") {
            return Ok(Self::Plain(text.to_owned()));
        }
        let template = Template::parse(&format!("{PREFIX}{text}")).map_err(|error| located(&error))?;
        template.check(&functions("")).map_err(|error| error.message)?;
        Ok(Self::Template { template, text: text.to_owned() })
    }

    fn fill(&self, data: &Data) -> String {
        match self {
            Self::Plain(text) => text.clone(),
            Self::Template { template, text } => template
                .execute(&data.value, &data.functions)
                .unwrap_or_else(|error| format!("{text} [template: {}]", located(&error))),
        }
    }
}

/// The place within the text, without what stands before it.
fn located(error: &go_template::Error) -> String {
    let column =
        if error.line == 1 { error.column.saturating_sub(PREFIX.len()).max(1) } else { error.column };
    format!("line {} column {column}: {}", error.line, error.message)
}

fn functions(external_url: &str) -> Functions {
    let mut functions = Functions::prometheus();
    let url = external_url.to_owned();
    let path =
        external_url.split_once("://").map_or("", |(_, rest)| rest.find('/').map_or("", |at| &rest[at..]));
    let path = path.trim_end_matches('/').to_owned();
    functions.register("externalURL", 0, 0, move |_| Ok(Value::from(url.as_str())));
    functions.register("pathPrefix", 0, 0, move |_| Ok(Value::from(path.as_str())));
    functions
}

impl Data {
    /// What is known of one series. `external_url` is the interface's address.
    #[must_use]
    pub fn new(labels: &Labels, values: &BTreeMap<String, Captured>, external_url: &str) -> Self {
        let numbers: BTreeMap<String, Value> =
            values.iter().map(|(name, captured)| (name.clone(), number(captured))).collect();
        let value = Value::record([
            ("Labels", Value::from(labels.clone())),
            ("Values", Value::from(numbers)),
            ("Value", Value::from(value_string(values))),
        ]);
        Self { value, functions: functions(external_url) }
    }
}

/// Prints as its number, and has `.Value` and `.Labels`.
fn number(captured: &Captured) -> Value {
    let value = captured.value.unwrap_or(f64::NAN);
    let fields = BTreeMap::from([
        ("Labels".to_owned(), Value::from(captured.labels.clone())),
        ("Value".to_owned(), Value::from(value)),
    ]);
    Value::Record(Arc::new(Record { fields, shown: Some(written(value)) }))
}

/// All values in one line: `[ var='B' labels={service=shop} value=1.5 ]`.
#[must_use]
pub fn value_string(values: &BTreeMap<String, Captured>) -> String {
    let each = values.iter().map(|(name, captured)| {
        let labels: Vec<String> =
            captured.labels.iter().map(|(label, value)| format!("{label}={value}")).collect();
        let value = captured.value.map_or_else(|| "null".to_owned(), written);
        format!("[ var='{name}' labels={{{}}} value={value} ]", labels.join(", "))
    });
    each.collect::<Vec<_>>().join(", ")
}

/// A number as Go prints it: short, and with an exponent where it is very large or very small.
fn written(value: f64) -> String {
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let size = value.abs();
    if value.is_nan() || size == 0.0 || (1e-4..1e21).contains(&size) {
        return format!("{value}");
    }
    let text = format!("{value:e}");
    let Some((digits, exponent)) = text.split_once('e') else { return text };
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |rest| ('-', rest));
    format!("{digits}e{sign}{exponent:0>2}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    fn data() -> Data {
        let labels = map(&[("service", "shop")]);
        let values = BTreeMap::from([
            ("B".to_owned(), Captured { labels: labels.clone(), value: Some(0.0712) }),
            ("C".to_owned(), Captured { labels: Labels::new(), value: Some(1.0) }),
        ]);
        Data::new(&labels, &values, "http://lab:3000/grafana/")
    }

    #[test]
    fn texts_are_filled() {
        for (text, expected) in [
            ("plain }} text", "plain }} text"),
            ("{{ $labels.service }} is {{ .Labels.service }}", "shop is shop"),
            ("{{ $labels.missing }}!", "!"),
            ("{{ $values.B.Value | humanizePercentage }}", "7.12%"),
            ("{{ $values.B }} {{ .Values.C }}", "0.0712 1"),
            ("{{ printf \"%.1f\" $values.B.Value }} of {{ $values.B.Labels.service }}", "0.1 of shop"),
            ("{{ $value }}", "[ var='B' labels={service=shop} value=0.0712 ], [ var='C' labels={} value=1 ]"),
            ("{{ if gt $values.B.Value 0.05 }}high{{ else }}low{{ end }}", "high"),
            ("{{ externalURL }}alerting{{ pathPrefix }}", "http://lab:3000/grafana/alerting/grafana"),
            ("{{ $labels.service | toUpper }}", "SHOP"),
        ] {
            let filled = Texts::parse(&map(&[("a", text)])).unwrap().fill(&data());
            assert_eq!(filled["a"], expected, "{text}");
        }
    }

    #[test]
    fn mistakes_have_a_place_and_never_lose_the_text() {
        let error = Texts::parse(&map(&[("summary", "a {{ if }}")])).unwrap_err();
        assert!(error.to_string().starts_with("summary: line 1 column "), "{error}");
        assert!(Texts::parse(&map(&[("a", "{{ unheardOf 1 }}")])).is_err());
        assert!(Texts::parse(&map(&[("a", &"x".repeat(TEXT_MAX_BYTES + 1))])).is_err());
        let tolerant = Texts::parse_tolerantly(&map(&[("a", "{{ unheardOf 1 }}")]));
        assert_eq!(tolerant.fill(&data())["a"], "{{ unheardOf 1 }}");
        let fails = Texts::parse(&map(&[("a", "{{ $labels.service | humanize }}")])).unwrap();
        let filled = fails.fill(&data());
        assert!(filled["a"].contains("$labels.service | humanize }} [template: "), "{}", filled["a"]);
    }

    #[test]
    fn numbers_are_written_as_go_does() {
        for (value, expected) in [
            (0.0, "0"),
            (1.0, "1"),
            (0.0712, "0.0712"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (0.000_012_5, "1.25e-05"),
            (f64::NEG_INFINITY, "-Inf"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(written(value), expected);
        }
    }
}

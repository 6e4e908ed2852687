//! Templates in labels and annotations of alerts, as Prometheus' rules have them.
//!
//! They see `$labels`, `$value`, `$externalLabels` and `$externalURL` (also as `.Labels`, `.Value` and so on) and call
//! Prometheus' functions rather than Loki's. What looks things up by a query of its own (`query` and the functions for
//! its result) is refused when the template is parsed.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::eval::LabelSet;
use crate::template::functions::Dialect;
use crate::template::node::Template as Parsed;
use crate::template::value::Value;
use crate::template::{Data, Field, exec, parser};

/// Set in every template, in the order of the values in [`AlertTemplate::expand`].
const VARIABLES: [&str; 4] = ["labels", "externalLabels", "externalURL", "value"];

/// A parsed template.
#[derive(Debug, Clone)]
pub struct AlertTemplate {
    name: String,
    parsed: Parsed,
    /// The text, where there is nothing to fill in.
    constant: Option<String>,
}

/// What a template can see.
#[derive(Debug, Clone, Copy)]
pub struct AlertData<'a> {
    pub labels: &'a LabelSet,
    pub value: f64,
    pub external_labels: &'a BTreeMap<String, String>,
    pub external_url: &'a str,
    /// When the rule was evaluated, in nanoseconds.
    pub timestamp: i64,
}

impl AlertTemplate {
    /// Parses; errors have the form `template: NAME:LINE: what is wrong`.
    pub fn parse(name: &str, text: &str) -> Result<Self, String> {
        let parsed = parser::parse(text, Dialect::Alerts, &VARIABLES)
            .map_err(|error| format!("template: {name}:{error}"))?;
        let constant = (!text.contains("{{")).then(|| text.to_owned());
        Ok(Self { name: name.to_owned(), parsed, constant })
    }

    /// The text with everything filled in.
    pub fn expand(&self, data: &AlertData<'_>) -> Result<String, String> {
        if let Some(text) = &self.constant {
            return Ok(text.clone());
        }
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let values = [
            Value::Texts(Rc::new(data.labels.iter().map(owned).collect())),
            Value::Texts(Rc::new(data.external_labels.clone())),
            Value::from(data.external_url.to_owned()),
            Value::Float(data.value),
        ];
        let fields = ["Labels", "ExternalLabels", "ExternalURL", "Value"];
        let root = fields.into_iter().map(str::to_owned).zip(values.iter().cloned()).collect();
        let variables: Vec<(&str, Value<'_>)> = VARIABLES.into_iter().zip(values).collect();
        let mut out = String::new();
        exec::run(&self.name, &self.parsed, data, (Value::Map(Rc::new(root)), &variables), &mut out)?;
        Ok(out)
    }
}

impl Data for AlertData<'_> {
    fn label(&self, _field: Field<'_>) -> Option<&str> {
        None
    }

    fn labels(&self, _visit: &mut dyn FnMut(&str, &str)) {}

    fn line(&self) -> &str {
        ""
    }

    fn timestamp(&self) -> i64 {
        self.timestamp
    }

    fn external_url(&self) -> &str {
        self.external_url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(text: &str, value: f64) -> Result<String, String> {
        let labels: LabelSet = [("app", "shop"), ("instance", "host.example.org:8080")].into_iter().collect();
        let data = AlertData {
            labels: &labels,
            value,
            external_labels: &BTreeMap::from([("region".to_owned(), "eu".to_owned())]),
            external_url: "http://grafana:3000/base",
            timestamp: 1_795_168_831_500_000_000,
        };
        AlertTemplate::parse("__alert_Test", text)?.expand(&data)
    }

    #[test]
    fn templates_see_labels_and_value() {
        for (text, expected) in [
            ("plain", "plain"),
            ("{{ $labels.app }}: {{ $value }}", "shop: 1.5"),
            ("{{ .Labels.app }}: {{ .Value }}", "shop: 1.5"),
            ("[{{ $labels.nosuch }}]", "[]"),
            ("{{ $externalLabels.region }} {{ .ExternalLabels.region }}", "eu eu"),
            (
                "{{ $externalURL }} {{ externalURL }} {{ pathPrefix }}",
                "http://grafana:3000/base http://grafana:3000/base /base",
            ),
            (
                "{{ range $name, $value := $labels }}{{ $name }}={{ $value }};{{ end }}",
                "app=shop;instance=host.example.org:8080;",
            ),
            ("{{ if gt $value 1.0 }}high{{ else }}low{{ end }}", "high"),
            (
                "{{ $labels }} {{ len $labels }} {{ index $labels \"app\" }}",
                "map[app:shop instance:host.example.org:8080] 2 shop",
            ),
            ("{{ with $labels.app }}{{ . }}{{ end }}", "shop"),
            ("{{ printf \"%.2f\" $value }}", "1.50"),
            ("{{ now }}", "1.7951688315e+09"),
            ("{{ define \"x\" }}<{{ . }}>{{ end }}{{ template \"x\" $labels.app }}", "<shop>"),
        ] {
            assert_eq!(expand(text, 1.5).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn functions_are_those_of_prometheus() {
        for (text, value, expected) in [
            ("humanize", 0.0, "0"),
            ("humanize", 1_234_567.0, "1.235M"),
            ("humanize", 0.012_345, "12.35m"),
            ("humanize", -1500.0, "-1.5k"),
            ("humanize", f64::INFINITY, "+Inf"),
            ("humanize1024", 1_048_576.0, "1Mi"),
            ("humanize1024", 0.5, "0.5"),
            ("humanizeDuration", 0.0, "0s"),
            ("humanizeDuration", 899.99, "14m 59s"),
            ("humanizeDuration", 93_784.0, "1d 2h 3m 4s"),
            ("humanizeDuration", -3600.0, "-1h 0m 0s"),
            ("humanizeDuration", 0.0123, "12.3ms"),
            ("humanizeDuration", 12.345_67, "12.35s"),
            ("humanizePercentage", 0.123_456_7, "12.35%"),
            ("humanizeTimestamp", 1_435_065_584.128, "2015-06-23 13:19:44.128 +0000 UTC"),
            ("toDuration", 90.0, "1m30s"),
        ] {
            assert_eq!(
                expand(&format!("{{{{ {text} $value }}}}"), value).as_deref(),
                Ok(expected),
                "{text} {value}"
            );
        }
        for (text, expected) in [
            ("{{ humanize \"2048\" }}", "2.048k"),
            ("{{ match \"^sh\" $labels.app }}", "true"),
            ("{{ reReplaceAll \"(.*):.*\" \"$1\" $labels.instance }}", "host.example.org"),
            (
                "{{ stripPort $labels.instance }} {{ stripDomain $labels.instance }}",
                "host.example.org host:8080",
            ),
            ("{{ stripPort \"nothing\" }} {{ stripDomain \"10.0.0.1:9\" }}", "nothing 10.0.0.1:9"),
            ("{{ title $labels.app }} {{ toUpper $labels.app }} {{ toLower \"ABC\" }}", "Shop SHOP abc"),
            ("{{ graphLink \"up == 0\" }}", "/graph?g0.expr=up+%3D%3D+0&g0.tab=0"),
            ("{{ tableLink \"up\" }}", "/graph?g0.expr=up&g0.tab=1"),
            ("{{ parseDuration \"1h30m\" }}", "5400"),
            ("{{ urlQueryEscape \"a b&c\" }}", "a+b%26c"),
            ("{{ (args 1 \"x\").arg1 }}", "x"),
        ] {
            assert_eq!(expand(text, 1.0).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn bad_templates_are_refused_with_their_line() {
        for (text, part) in [
            ("a\n{{ $labels.app ", "template: __alert_Test:2: unclosed action"),
            ("{{ query \"up\" }}", "function \"query\" not defined"),
            ("{{ __line__ }}", "function \"__line__\" not defined"),
            ("{{ $nosuch }}", "undefined variable \"$nosuch\""),
            ("{{ humanize $labels }}", "can't convert"),
            ("{{ $labels.app.deeper }}", "can't evaluate field deeper"),
        ] {
            let error = expand(text, 1.0).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}

//! Where the attributes of OpenTelemetry's log records go: `limits_config.otlp_config`.

use regex::Regex;
use serde::Deserialize;

/// What becomes of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttributeAction {
    /// A label of the stream.
    IndexLabel,
    StructuredMetadata,
    Drop,
}

/// An action for attributes by their names, or by a pattern that the whole name matches.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "RawRule")]
pub struct AttributeRule {
    action: AttributeAction,
    names: Vec<String>,
    pattern: Option<Regex>,
}

impl PartialEq for AttributeRule {
    fn eq(&self, other: &Self) -> bool {
        let pattern = |rule: &Self| rule.pattern.as_ref().map(|pattern| pattern.as_str().to_owned());
        (self.action, &self.names, pattern(self)) == (other.action, &other.names, pattern(other))
    }
}

impl Eq for AttributeRule {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    action: AttributeAction,
    #[serde(default)]
    attributes: Vec<String>,
    #[serde(default)]
    regex: String,
}

impl TryFrom<RawRule> for AttributeRule {
    type Error = String;

    fn try_from(raw: RawRule) -> Result<Self, String> {
        if raw.attributes.is_empty() == raw.regex.is_empty() {
            return Err("a rule for attributes needs either attributes or regex".to_owned());
        }
        let pattern = (!raw.regex.is_empty()).then(|| Regex::new(&format!("^(?:{})$", raw.regex)));
        let pattern = pattern.transpose().map_err(|error| error.to_string())?;
        Ok(Self { action: raw.action, names: raw.attributes, pattern })
    }
}

/// Rules in their order; the first that fits decides. What none fits becomes structured metadata.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(transparent)]
pub struct AttributeRules(Vec<AttributeRule>);

impl AttributeRules {
    pub(crate) fn action(&self, attribute: &str) -> AttributeAction {
        let fits = |rule: &&AttributeRule| match &rule.pattern {
            Some(pattern) => pattern.is_match(attribute),
            None => rule.names.iter().any(|name| name == attribute),
        };
        self.0.iter().find(fits).map_or(AttributeAction::StructuredMetadata, |rule| rule.action)
    }
}

/// Checked rules for resources, scopes and records.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RawOtlp")]
pub struct OtlpRules {
    pub resource: AttributeRules,
    pub scope: AttributeRules,
    pub record: AttributeRules,
    /// Whether a record's severity text becomes a label of its stream.
    pub severity_text_as_label: bool,
}

/// All of its keys are in use.
impl runtime::Section for OtlpRules {
    fn name_unused(&self, _key: &str, _into: &mut Vec<String>) {}
}

impl Default for OtlpRules {
    fn default() -> Self {
        Self {
            resource: AttributeRules(vec![default_labels()]),
            scope: AttributeRules::default(),
            record: AttributeRules::default(),
            severity_text_as_label: false,
        }
    }
}

/// Attributes of a resource that become labels unless the configuration says otherwise.
const DEFAULT_LABELS: [&str; 18] = [
    "service.name",
    "service.namespace",
    "service.instance.id",
    "deployment.environment",
    "deployment.environment.name",
    "cloud.region",
    "cloud.availability_zone",
    "k8s.cluster.name",
    "k8s.namespace.name",
    "k8s.pod.name",
    "k8s.container.name",
    "container.name",
    "k8s.replicaset.name",
    "k8s.deployment.name",
    "k8s.statefulset.name",
    "k8s.daemonset.name",
    "k8s.cronjob.name",
    "k8s.job.name",
];

fn default_labels() -> AttributeRule {
    let names = DEFAULT_LABELS.map(str::to_owned).to_vec();
    AttributeRule { action: AttributeAction::IndexLabel, names, pattern: None }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct RawOtlp {
    resource_attributes: RawResource,
    scope_attributes: AttributeRules,
    log_attributes: AttributeRules,
    severity_text_as_label: bool,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct RawResource {
    ignore_defaults: bool,
    attributes_config: AttributeRules,
}

impl TryFrom<RawOtlp> for OtlpRules {
    type Error = &'static str;

    fn try_from(raw: RawOtlp) -> Result<Self, Self::Error> {
        if raw.scope_attributes.0.iter().any(|rule| rule.action == AttributeAction::IndexLabel) {
            return Err("scope_attributes cannot become labels: use structured_metadata or drop");
        }
        let mut resource = raw.resource_attributes.attributes_config.0;
        if !raw.resource_attributes.ignore_defaults {
            resource.insert(0, default_labels());
        }
        Ok(Self {
            resource: AttributeRules(resource),
            scope: raw.scope_attributes,
            record: raw.log_attributes,
            severity_text_as_label: raw.severity_text_as_label,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<OtlpRules, String> {
        runtime::parse_yaml(text, "test").map_err(|error| error.to_string())
    }

    #[test]
    fn the_first_rule_that_fits_decides_after_the_defaults() {
        let text = "
resource_attributes:
  attributes_config:
    - {action: drop, attributes: [service.name, host.name]}
    - {action: index_label, regex: 'host\\..*'}
log_attributes:
  - {action: drop, regex: secret}
severity_text_as_label: true";
        let rules = parse(text).unwrap();
        for (name, action) in [
            ("service.name", AttributeAction::IndexLabel),
            ("host.name", AttributeAction::Drop),
            ("host.arch", AttributeAction::IndexLabel),
            ("xhost.arch", AttributeAction::StructuredMetadata),
        ] {
            assert_eq!(rules.resource.action(name), action, "{name}");
        }
        assert_eq!(rules.record.action("secret"), AttributeAction::Drop);
        assert_eq!(rules.record.action("secrets"), AttributeAction::StructuredMetadata);
        assert!(rules.severity_text_as_label);
        assert_eq!(parse("{}").unwrap(), OtlpRules::default());
        let without = parse("resource_attributes: {ignore_defaults: true}").unwrap();
        assert_eq!(without.resource, AttributeRules::default());
    }

    #[test]
    fn rules_that_mean_nothing_are_refused() {
        for (text, reason) in [
            ("log_attributes: [{action: drop}]", "either attributes or regex"),
            ("log_attributes: [{action: drop, attributes: [a], regex: b}]", "either attributes or regex"),
            ("log_attributes: [{action: drop, regex: '('}]", "regex"),
            ("log_attributes: [{action: keep, regex: a}]", "keep"),
            ("scope_attributes: [{action: index_label, regex: a}]", "cannot become labels"),
            ("scopes: []", "scopes"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}

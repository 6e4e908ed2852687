//! Groups of rules, as they are written and as they are evaluated.

use std::collections::BTreeMap;
use std::time::Duration;

use logql::{AlertTemplate, MetricExpr};
use serde::Serialize;

/// Labels by name.
pub(crate) type LabelMap = BTreeMap<String, String>;

/// A group as YAML: what clients sent and get back.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct GroupYaml {
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query_offset: Option<String>,
    #[serde(skip_serializing_if = "is_zero")]
    pub limit: usize,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: LabelMap,
    pub rules: Vec<RuleYaml>,
}

/// A rule as YAML.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct RuleYaml {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alert: Option<String>,
    pub expr: String,
    #[serde(rename = "for", skip_serializing_if = "Option::is_none")]
    pub hold: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_firing_for: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: LabelMap,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: LabelMap,
}

fn is_zero(limit: &usize) -> bool {
    *limit == 0
}

/// A rule file.
#[derive(Debug, Serialize)]
pub(crate) struct FileYaml<'a> {
    pub groups: Vec<&'a GroupYaml>,
}

/// A checked group.
#[derive(Debug)]
pub(crate) struct GroupSpec {
    pub yaml: GroupYaml,
    /// `None` is the configuration's interval.
    pub interval: Option<Duration>,
    /// How far in the past the rules look.
    pub query_offset: Duration,
    pub rules: Vec<RuleSpec>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RuleKind {
    Alerting,
    Recording,
}

/// A checked rule.
#[derive(Debug)]
pub(crate) struct RuleSpec {
    pub kind: RuleKind,
    /// The alert's name, or that of the recorded series.
    pub name: String,
    pub expr: String,
    pub query: MetricExpr,
    /// How long a condition must hold before the alert fires.
    pub hold: Duration,
    /// How long an alert fires on after its condition has gone.
    pub keep_firing_for: Duration,
    /// With those of the group.
    pub labels: LabelMap,
    pub annotations: LabelMap,
    pub label_templates: Vec<(String, AlertTemplate)>,
    pub annotation_templates: Vec<(String, AlertTemplate)>,
}

impl RuleSpec {
    /// Whether what is known about `other` holds for this rule, too.
    pub(crate) fn continues(&self, other: &Self) -> bool {
        (self.kind, &self.name, &self.labels) == (other.kind, &other.name, &other.labels)
    }
}

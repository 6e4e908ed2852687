//! What groups and rules must be like.

use std::time::Duration;

use logql::AlertTemplate;
use model::is_label_name;
use serde_saphyr::{Location, Spanned};

use super::{Problem, RawGroup, RawRule, RuleError};
use crate::ruler::spec::{GroupSpec, GroupYaml, LabelMap, RuleKind, RuleSpec, RuleYaml};

/// More rules than this in a file are refused, whatever the limits say.
const MAX_RULES: usize = 20_000;
const MAX_NAME_BYTES: usize = 1024;

/// Gathers everything that is wrong.
#[derive(Default)]
pub(super) struct Checker {
    problems: Vec<Problem>,
    rules: usize,
}

impl Checker {
    pub(super) fn fail(&mut self, at: Location, message: impl Into<String>) {
        let message = message.into();
        self.problems.push(Problem { line: at.line(), column: at.column(), message });
    }

    pub(super) fn end<T>(self, value: T) -> Result<T, RuleError> {
        if self.rules > MAX_RULES {
            return Err(RuleError::TooLarge(format!("{} rules are more than {MAX_RULES}", self.rules)));
        }
        if self.problems.is_empty() { Ok(value) } else { Err(RuleError::Invalid(self.problems)) }
    }

    fn duration(&mut self, given: Option<&Spanned<String>>) -> Duration {
        let Some(given) = given else { return Duration::ZERO };
        match runtime::parse_duration(given.value.trim()) {
            Ok(duration) => duration,
            Err(error) => {
                self.fail(given.referenced, error.to_string());
                Duration::ZERO
            }
        }
    }

    pub(super) fn group(&mut self, raw: RawGroup) -> GroupSpec {
        let (name, at) = (raw.name.value, raw.name.referenced);
        if name.trim().is_empty() {
            self.fail(at, "the name of a group must not be empty");
        }
        if name.len() > MAX_NAME_BYTES {
            self.fail(at, format!("the name of a group may have {MAX_NAME_BYTES} bytes"));
        }
        let interval = self.duration(raw.interval.as_ref());
        let query_offset = self.duration(raw.query_offset.as_ref());
        let group_labels = raw.labels.unwrap_or_default();
        self.label_names(at, &group_labels);
        let raw_rules = raw.rules.unwrap_or_default();
        self.rules += raw_rules.len();
        let (mut rules, mut yaml) = (Vec::new(), Vec::new());
        for raw in raw_rules {
            let (rule, written) = self.rule(&name, &group_labels, raw);
            rules.extend(rule);
            yaml.push(written);
        }
        let text = |given: Option<Spanned<String>>| given.map(|given| given.value);
        GroupSpec {
            interval: (!interval.is_zero()).then_some(interval),
            query_offset,
            rules,
            yaml: GroupYaml {
                name,
                interval: text(raw.interval),
                query_offset: text(raw.query_offset),
                limit: raw.limit.unwrap_or(0),
                labels: group_labels,
                rules: yaml,
            },
        }
    }

    /// The rule, unless something about it is wrong, and its text.
    fn rule(
        &mut self,
        group: &str,
        group_labels: &LabelMap,
        raw: Spanned<RawRule>,
    ) -> (Option<RuleSpec>, RuleYaml) {
        let (at, raw) = (raw.referenced, raw.value);
        let problems = self.problems.len();
        let (kind, name) = self.kind_and_name(at, group, &raw);
        let query = self.expression(at, group, (kind, &name), raw.expr.as_ref());
        let (hold, keep_firing_for) =
            (self.duration(raw.hold.as_ref()), self.duration(raw.keep_firing_for.as_ref()));
        let placed = |map: &Option<Spanned<LabelMap>>| {
            map.as_ref().map_or((at, LabelMap::new()), |map| (map.referenced, map.value.clone()))
        };
        let ((labels_at, own_labels), (notes_at, annotations)) =
            (placed(&raw.labels), placed(&raw.annotations));
        self.label_names(labels_at, &own_labels);
        let mut labels = group_labels.clone();
        labels.extend(own_labels);
        let (label_templates, annotation_templates) = match kind {
            RuleKind::Alerting => {
                if let Some(bad) = annotations.keys().find(|name| !is_label_name(name)) {
                    self.fail(notes_at, format!("invalid annotation name: {bad}"));
                }
                (self.templates(labels_at, &name, &labels), self.templates(notes_at, &name, &annotations))
            }
            RuleKind::Recording => {
                let fields = [
                    ("annotations", !annotations.is_empty()),
                    ("for", !hold.is_zero()),
                    ("keep_firing_for", !keep_firing_for.is_zero()),
                ];
                self.recording(at, &name, fields);
                (Vec::new(), Vec::new())
            }
        };
        let yaml = raw.into_yaml();
        let spec = query.filter(|_| self.problems.len() == problems).map(|query| RuleSpec {
            kind,
            name,
            expr: yaml.expr.clone(),
            query,
            hold,
            keep_firing_for,
            labels,
            annotations,
            label_templates,
            annotation_templates,
        });
        (spec, yaml)
    }

    fn kind_and_name(&mut self, at: Location, group: &str, raw: &RawRule) -> (RuleKind, String) {
        let given = |name: &Option<String>| name.clone().filter(|name| !name.is_empty());
        let problem = match (given(&raw.record), given(&raw.alert)) {
            (Some(record), None) => return (RuleKind::Recording, record),
            (None, Some(alert)) => return (RuleKind::Alerting, alert),
            (Some(_), Some(_)) => "only one of 'record' and 'alert' must be set",
            (None, None) => "one of 'record' or 'alert' must be set",
        };
        self.fail(at, format!("{problem} in a rule of group '{group}'"));
        (RuleKind::Alerting, String::new())
    }

    /// `fields` are those that alerts alone may have.
    fn recording(&mut self, at: Location, name: &str, fields: [(&str, bool); 3]) {
        for (field, _) in fields.into_iter().filter(|(_, set)| *set) {
            self.fail(at, format!("invalid field '{field}' in recording rule '{name}'"));
        }
        if !is_metric_name(name) {
            self.fail(at, format!("invalid recording rule name: {name}"));
        }
    }

    fn expression(
        &mut self,
        at: Location,
        group: &str,
        (kind, name): (RuleKind, &str),
        expr: Option<&Spanned<String>>,
    ) -> Option<logql::MetricExpr> {
        let Some(expr) = expr.filter(|expr| !expr.value.trim().is_empty()) else {
            self.fail(at, format!("field 'expr' must be set in rule '{name}' of group '{group}'"));
            return None;
        };
        match logql::parse_metric(&expr.value) {
            Ok(query) => Some(query),
            Err(error) => {
                let kind = if kind == RuleKind::Alerting { "alert" } else { "record" };
                let message =
                    format!("could not parse expression for {kind} '{name}' in group '{group}': {error}");
                self.fail(expr.referenced, message);
                None
            }
        }
    }

    fn label_names(&mut self, at: Location, labels: &LabelMap) {
        let bad = labels.keys().filter(|name| !is_label_name(name) || *name == "__name__");
        for name in bad {
            self.fail(at, format!("invalid label name: {name}"));
        }
    }

    fn templates(&mut self, at: Location, rule: &str, texts: &LabelMap) -> Vec<(String, AlertTemplate)> {
        let mut templates = Vec::with_capacity(texts.len());
        for (name, text) in texts {
            match AlertTemplate::parse(&format!("__alert_{rule}"), text) {
                Ok(template) => templates.push((name.clone(), template)),
                Err(error) => self.fail(at, format!("'{name}': {error}")),
            }
        }
        templates
    }
}

/// `[a-zA-Z_:][a-zA-Z0-9_:]*`
fn is_metric_name(name: &str) -> bool {
    is_label_name(&name.replace(':', "_"))
}

//! Relabelling of targets with Prometheus' rules.

use std::borrow::Cow;

use md5::{Digest as _, Md5};
use regex::Regex;

use crate::config::{Action, RelabelConfig};
use crate::go_regex;
use crate::labels::{LabelSet, is_label_name};

/// A rule that makes no sense.
#[derive(Debug, thiserror::Error)]
#[error("relabel_configs: {0}")]
pub struct RelabelError(String);

/// One step, ready to run.
#[derive(Debug, Clone)]
pub struct Rule {
    config: RelabelConfig,
    regex: Regex,
}

impl Rule {
    /// Checks and compiles a step.
    pub fn new(config: &RelabelConfig) -> Result<Self, RelabelError> {
        // Anchored at both ends; a dot matches newlines, as Prometheus compiles them.
        let regex = go_regex::compile(&format!("^(?s:{})$", config.regex)).map_err(RelabelError)?;
        let rule = Self { config: config.clone(), regex };
        rule.check().map_err(|problem| RelabelError(format!("action {:?} {problem}", config.action)))?;
        Ok(rule)
    }

    fn check(&self) -> Result<(), &'static str> {
        let target = self.config.target_label.as_deref().unwrap_or_default();
        match self.config.action {
            Action::Replace if target.is_empty() => Err("needs target_label"),
            Action::HashMod if self.config.modulus.unwrap_or(0) == 0 => Err("needs a modulus above 0"),
            Action::HashMod
            | Action::Lowercase
            | Action::Uppercase
            | Action::KeepEqual
            | Action::DropEqual
                if !is_label_name(target) =>
            {
                Err("needs target_label to be a label name")
            }
            _ => Ok(()),
        }
    }

    /// Changes `labels`; `false` means that the target is not wanted.
    fn apply(&self, labels: &mut LabelSet) -> bool {
        let source = self.source(labels).into_owned();
        let target = self.config.target_label.as_deref().unwrap_or_default();
        match self.config.action {
            Action::Keep => return self.regex.is_match(&source),
            Action::Drop => return !self.regex.is_match(&source),
            Action::KeepEqual => return labels.get(target).unwrap_or_default() == source,
            Action::DropEqual => return labels.get(target).unwrap_or_default() != source,
            Action::Replace => self.replace(&source, target, labels),
            Action::HashMod => {
                let modulus = self.config.modulus.unwrap_or(1).max(1);
                labels.insert(target, &(hash(&source) % modulus).to_string());
            }
            Action::Lowercase => labels.insert(target, &source.to_lowercase()),
            Action::Uppercase => labels.insert(target, &source.to_uppercase()),
            Action::LabelDrop => labels.retain(|name, _| !self.regex.is_match(name)),
            Action::LabelKeep => labels.retain(|name, _| self.regex.is_match(name)),
            Action::LabelMap => {
                let mapped: Vec<(String, String)> = labels
                    .iter()
                    .filter(|(name, _)| self.regex.is_match(name))
                    .map(|(name, value)| {
                        let new_name = self.regex.replace(name, self.config.replacement.as_str());
                        (new_name.into_owned(), value.to_owned())
                    })
                    .collect();
                for (name, value) in mapped {
                    labels.insert(&name, &value);
                }
            }
        }
        true
    }

    fn replace(&self, source: &str, target: &str, labels: &mut LabelSet) {
        let Some(captures) = self.regex.captures(source) else {
            return;
        };
        let (mut name, mut value) = (String::new(), String::new());
        captures.expand(target, &mut name);
        captures.expand(&self.config.replacement, &mut value);
        if is_label_name(&name) {
            labels.insert(&name, &value);
        }
    }

    fn source<'a>(&self, labels: &'a LabelSet) -> Cow<'a, str> {
        match self.config.source_labels.as_slice() {
            [] => Cow::Borrowed(""),
            [name] => Cow::Borrowed(labels.get(name).unwrap_or_default()),
            names => {
                let values: Vec<_> = names.iter().map(|name| labels.get(name).unwrap_or_default()).collect();
                Cow::Owned(values.join(&self.config.separator))
            }
        }
    }
}

/// Runs all rules; `None` when one of them drops the target.
pub fn relabel(mut labels: LabelSet, rules: &[Rule]) -> Option<LabelSet> {
    rules.iter().all(|rule| rule.apply(&mut labels)).then_some(labels)
}

/// The last eight bytes of the MD5 sum, as Prometheus shards by.
fn hash(text: &str) -> u64 {
    let digest = Md5::digest(text.as_bytes());
    digest.iter().skip(8).fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Applies YAML rules to `labels` (`a=1 b=2`); the result in the same form, or `dropped`.
    fn check(rules: &str, labels: &str, expected: &str) {
        let configs: Vec<RelabelConfig> = runtime::parse_yaml(rules, "rules").unwrap();
        let rules: Vec<Rule> = configs.iter().map(|config| Rule::new(config).unwrap()).collect();
        let labels = labels.split_whitespace().filter_map(|pair| pair.split_once('=')).collect();
        let result = relabel(labels, &rules).map_or_else(
            || "dropped".to_owned(),
            |labels| {
                labels.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
            },
        );
        assert_eq!(result, expected, "{configs:?}");
    }

    #[test]
    fn every_action() {
        check("[{source_labels: [a], target_label: b}]", "a=1", "a=1 b=1");
        check(
            "[{source_labels: [a, b], regex: '(.+);(.+)', target_label: c, replacement: '$2-${1}'}]",
            "a=1 b=2",
            "a=1 b=2 c=2-1",
        );
        check("[{source_labels: [a], regex: nope, target_label: b, replacement: x}]", "a=1", "a=1");
        check("[{target_label: b, replacement: ''}]", "a=1 b=2", "a=1");
        check("[{source_labels: [a], regex: '1|2', action: keep}]", "a=1", "a=1");
        check("[{source_labels: [a], regex: '1', action: keep}]", "a=11", "dropped");
        check("[{source_labels: [a], regex: '1', action: drop}]", "a=1", "dropped");
        check("[{source_labels: [a], target_label: b, action: keepequal}]", "a=1 b=1", "a=1 b=1");
        check("[{source_labels: [a], target_label: b, action: dropequal}]", "a=1 b=1", "dropped");
        check("[{regex: '__meta_(.+)', action: labelmap}]", "__meta_pod=x", "__meta_pod=x pod=x");
        check("[{regex: 'b.*', action: labeldrop}]", "a=1 b=2 bc=3", "a=1");
        check("[{regex: 'b.*', action: labelkeep}]", "a=1 b=2 bc=3", "b=2 bc=3");
        check("[{source_labels: [a], target_label: a, action: uppercase}]", "a=xY", "a=XY");
        check("[{source_labels: [a], target_label: a, action: lowercase}]", "a=xY", "a=xy");
    }

    #[test]
    fn hashmod_agrees_with_prometheus() {
        // md5("") = d41d8cd98f00b204 e9800998ecf8427e
        assert_eq!(hash(""), 0xe980_0998_ecf8_427e);
        check("[{source_labels: [a], target_label: b, modulus: 8, action: hashmod}]", "c=1", "b=6 c=1");
    }

    #[test]
    fn senseless_rules_are_refused() {
        for rule in
            ["{action: replace}", "{action: hashmod, target_label: a}", "{regex: '('}", "{action: lowercase}"]
        {
            let config: RelabelConfig = runtime::parse_yaml(rule, "rule").unwrap();
            assert!(Rule::new(&config).is_err(), "{rule}");
        }
    }
}

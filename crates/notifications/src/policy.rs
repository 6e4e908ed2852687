//! Notification policies as they are written: a tree of conditions, each branch with its contact point and its pace.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

fn is_false(value: &bool) -> bool {
    !*value
}

/// One policy, in the JSON and YAML of Grafana.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// In files only.
    #[serde(default, rename = "orgId", alias = "orgID", skip_serializing)]
    pub org_id: Option<i64>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub receiver: String,
    #[serde(default, deserialize_with = "crate::policy::list", skip_serializing_if = "Vec::is_empty")]
    pub group_by: Vec<String>,
    /// `label: value`, from times before the other forms.
    #[serde(default, rename = "match", skip_serializing_if = "BTreeMap::is_empty")]
    pub equals: BTreeMap<String, String>,
    #[serde(default, rename = "match_re", skip_serializing_if = "BTreeMap::is_empty")]
    pub patterns: BTreeMap<String, String>,
    /// Conditions as text.
    #[serde(default, deserialize_with = "crate::policy::list", skip_serializing_if = "Vec::is_empty")]
    pub matchers: Vec<String>,
    /// Conditions as label, operator, value.
    #[serde(default, deserialize_with = "crate::policy::list", skip_serializing_if = "Vec::is_empty")]
    pub object_matchers: Vec<[String; 3]>,
    #[serde(default, deserialize_with = "crate::policy::list", skip_serializing_if = "Vec::is_empty")]
    pub mute_time_intervals: Vec<String>,
    #[serde(default, deserialize_with = "crate::policy::list", skip_serializing_if = "Vec::is_empty")]
    pub active_time_intervals: Vec<String>,
    #[serde(default, rename = "continue", skip_serializing_if = "is_false")]
    pub continues: bool,
    #[serde(default, deserialize_with = "crate::policy::list", skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<Policy>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_wait: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_interval: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat_interval: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provenance: Option<String>,
}

/// Lists that may be `null`, as clients in Go send empty ones.
pub(crate) fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    Ok(Option::<Vec<T>>::deserialize(deserializer)?.unwrap_or_default())
}

impl Policy {
    /// Everything to one contact point, at Grafana's pace.
    #[must_use]
    pub fn to(receiver: &str) -> Self {
        Self {
            receiver: receiver.to_owned(),
            group_by: vec!["grafana_folder".to_owned(), "alertname".to_owned()],
            ..Self::default()
        }
    }

    /// Whether it or a policy below it names the contact point.
    #[must_use]
    pub fn uses_receiver(&self, name: &str) -> bool {
        self.receiver == name || self.routes.iter().any(|route| route.uses_receiver(name))
    }

    /// Whether it or a policy below it names the mute timing.
    #[must_use]
    pub fn uses_timing(&self, name: &str) -> bool {
        let mut named = self.mute_time_intervals.iter().chain(&self.active_time_intervals);
        named.any(|timing| timing == name) || self.routes.iter().any(|route| route.uses_timing(name))
    }

    /// Follows a contact point that got another name.
    pub fn rename_receiver(&mut self, from: &str, to: &str) {
        if self.receiver == from {
            to.clone_into(&mut self.receiver);
        }
        for route in &mut self.routes {
            route.rename_receiver(from, to);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grafanas_json_is_read_and_written() {
        let text = r#"{"receiver":"a","group_by":["alertname"],"routes":[{"receiver":"b","object_matchers":[["team","=","x"]],"mute_time_intervals":["nights"],"continue":true}],"group_wait":"30s"}"#;
        let mut policy: Policy = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&policy).unwrap(), text);
        assert!(policy.uses_receiver("b") && !policy.uses_receiver("c"));
        assert!(policy.uses_timing("nights"));
        policy.rename_receiver("b", "c");
        assert_eq!(policy.routes[0].receiver, "c");
        let nulls: Policy =
            serde_json::from_str(r#"{"receiver":"a","routes":null,"group_by":null}"#).unwrap();
        assert!(nulls.routes.is_empty());
        assert!(serde_json::from_str::<Policy>(r#"{"reciever":"a"}"#).is_err());
    }
}

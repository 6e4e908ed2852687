//! `tenant`: chooses the tenant an entry is sent for.

use crate::config::TenantConfig;
use crate::entry::Entry;
use crate::pipeline::{Context, Stage, Verdict};

/// See the module.
pub enum Tenant {
    Label(String),
    Source(String),
    Value(String),
}

impl Tenant {
    pub fn new(config: &TenantConfig) -> Result<Self, String> {
        match (&config.label, &config.source, &config.value) {
            (Some(label), None, None) => Ok(Self::Label(label.clone())),
            (None, Some(source), None) => Ok(Self::Source(source.clone())),
            (None, None, Some(value)) => Ok(Self::Value(value.clone())),
            _ => Err("needs exactly one of label, source and value".to_owned()),
        }
    }
}

impl Stage for Tenant {
    fn process(&mut self, entry: &mut Entry, _context: &mut Context) -> Verdict {
        let tenant = match self {
            Self::Label(name) => entry.labels.get(name).map(str::to_owned),
            Self::Source(name) => entry.text(name).map(|text| text.into_owned()),
            Self::Value(value) => Some(value.clone()),
        };
        if let Some(tenant) = tenant.filter(|tenant| !tenant.is_empty()) {
            entry.tenant = Some(tenant);
        }
        Verdict::Pass
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{problem, table};

    #[test]
    fn from_a_value_a_label_or_the_configuration() {
        table(
            "[{json: {expressions: {customer: }}}, {tenant: {source: customer}}]",
            &[(r#"{"customer":7}"#, r#"{"customer":7} | tenant=7"#), ("x", "x")],
        );
        table("[{tenant: {value: a}}]", &[("x", "x | tenant=a")]);
        table("[{tenant: {label: job}}]", &[("x", "x | tenant=test")]);
        assert!(problem("[{tenant: {value: a, source: b}}]").contains("exactly one"));
    }
}

//! Limits by tenant: those of the configuration file, and a second file that overrides them and may change while the
//! store runs.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use model::TenantId;
use parking_lot::{Mutex, RwLock};

use super::Limits;
use crate::config;

/// Where overrides are, and how often the file is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverridesFile {
    pub path: PathBuf,
    pub period: Duration,
}

#[derive(Debug, Default)]
pub(crate) struct TenantLimits {
    base: Arc<Limits>,
    retention_enabled: bool,
    source: Option<OverridesFile>,
    by_tenant: RwLock<Arc<BTreeMap<String, Arc<Limits>>>>,
    last: Mutex<Last>,
}

/// What the file held when it was looked at last.
#[derive(Debug, Default)]
struct Last {
    text: Option<String>,
    error: Option<String>,
}

impl TenantLimits {
    /// Reads the overrides for the first time: here, an error is one.
    pub(crate) fn open(
        base: Limits,
        retention_enabled: bool,
        source: Option<OverridesFile>,
    ) -> Result<Self, runtime::ConfigError> {
        let limits = Self { base: Arc::new(base), retention_enabled, source, ..Self::default() };
        limits.read()?;
        Ok(limits)
    }

    pub(crate) fn of(&self, tenant: &TenantId) -> Arc<Limits> {
        let overrides = self.by_tenant.read();
        Arc::clone(overrides.get(tenant.as_str()).unwrap_or(&self.base))
    }

    /// How often [`Self::reload`] is due.
    pub(crate) fn period(&self) -> Option<Duration> {
        self.source.as_ref().map(|source| source.period)
    }

    /// Reads the file again; true if something changed. A file that cannot be used is reported once, and what was in
    /// force stays.
    pub(crate) fn reload(&self) -> bool {
        let read = self.read();
        let mut last = self.last.lock();
        match read {
            Ok(changed) => {
                if changed || last.error.take().is_some() {
                    tracing::info!(tenants = self.by_tenant.read().len(), "limits of tenants read");
                }
                changed
            }
            Err(error) => {
                let error = error.to_string();
                if last.error.as_ref() != Some(&error) {
                    tracing::error!(error, "limits of tenants cannot be read; the former ones stay in force");
                    last.error = Some(error);
                }
                false
            }
        }
    }

    fn read(&self) -> Result<bool, runtime::ConfigError> {
        let Some(OverridesFile { path, .. }) = &self.source else { return Ok(false) };
        let text = std::fs::read_to_string(path)
            .map_err(|source| runtime::ConfigError::Read { path: path.clone(), source })?;
        if self.last.lock().text.as_ref() == Some(&text) {
            return Ok(false);
        }
        let origin = path.display().to_string();
        let limits = config::parse_overrides(&text, &origin, &self.base, self.retention_enabled)?;
        *self.by_tenant.write() =
            Arc::new(limits.into_iter().map(|(tenant, limits)| (tenant, Arc::new(limits))).collect());
        self.last.lock().text = Some(text);
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(name: &str) -> TenantId {
        TenantId::new(name).unwrap()
    }

    #[test]
    fn overrides_change_while_running_and_bad_ones_change_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("overrides.yaml");
        let write = |text: &str| std::fs::write(&path, text).unwrap();
        write(
            "overrides:\n  a: {max_line_size: 10, retention_period: 24h}\n  b: {max_label_names_per_series: 3}\n",
        );
        let base = Limits { max_line_size: 500, ..Limits::default() };
        let source = OverridesFile { path: path.clone(), period: Duration::from_secs(10) };
        let limits = TenantLimits::open(base, true, Some(source)).unwrap();
        let sizes = || ["a", "b", "c"].map(|name| limits.of(&tenant(name)).max_line_size);
        assert_eq!(sizes(), [10, 500, 500]);
        let labels = model::parse_label_set("{x=\"y\"}").unwrap();
        let period = limits.of(&tenant("a")).retention.period(&labels);
        assert_eq!(period, Some(Duration::from_secs(86_400)));
        assert_eq!(limits.of(&tenant("b")).max_label_names_per_series, 3);
        assert!(!limits.reload());
        write("overrides:\n  c: {max_line_size: 20}\n");
        assert!(limits.reload());
        assert_eq!(sizes(), [500, 500, 20]);
        for bad in ["overrides:\n  c: {max_line_sice: 20}\n", "limits: {}\n", "overrides: [a]\n"] {
            write(bad);
            assert!(!limits.reload());
            assert_eq!(sizes(), [500, 500, 20], "{bad}");
        }
        std::fs::remove_file(&path).unwrap();
        assert!(!limits.reload());
        write("");
        assert!(limits.reload());
        assert_eq!(sizes(), [500, 500, 500]);
    }

    #[test]
    fn a_file_that_cannot_be_used_stops_the_start() {
        let source = OverridesFile { path: "/nonexistent/overrides.yaml".into(), period: Duration::ZERO };
        assert!(TenantLimits::open(Limits::default(), false, Some(source)).is_err());
    }
}

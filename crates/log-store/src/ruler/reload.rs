//! From rule files to groups at work, again whenever something changed.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::TenantId;
use protocols::prometheus::STALE;

use super::Ruler;
use super::files::{ChangeError, Loaded, Namespaces, RuleFiles};
use super::group::{Group, RuleState};
use super::remote_write::Written;

impl Ruler {
    /// Looks at all rule files. Blocks for as long as the disk takes.
    pub(super) fn reload(&self) {
        let mut files = self.files.lock();
        let loaded = files.load();
        self.install(loaded);
    }

    /// Changes rule files, and has the change in force before it returns.
    pub(super) async fn change(
        self: &Arc<Self>,
        change: impl FnOnce(&mut RuleFiles) -> Result<(), ChangeError> + Send + 'static,
    ) -> Result<(), ChangeError> {
        let ruler = Arc::clone(self);
        let changing = tokio::task::spawn_blocking(move || {
            let mut files = ruler.files.lock();
            change(&mut files)?;
            let loaded = files.load();
            ruler.install(loaded);
            Ok(())
        });
        changing.await.map_err(|error| ChangeError::Internal(error.to_string()))?
    }

    /// What the files say; called by whoever holds the files, so that no older state follows a newer one.
    fn install(&self, loaded: Loaded) {
        self.report(loaded.problems);
        let (groups, gone) = self.arranged(&loaded.namespaces);
        *self.namespaces.write() = Arc::new(loaded.namespaces);
        *self.groups.write() = Arc::new(groups);
        self.end_series(gone);
        self.changed.notify_one();
    }

    /// Groups for the namespaces: those that did not change as they are, others with what is known about their rules.
    fn arranged(&self, namespaces: &Namespaces) -> (Vec<Arc<Group>>, Vec<(TenantId, RuleState)>) {
        let now = self.setup.clock.now();
        let interval = self.setup.settings.evaluation_interval;
        let before = self.groups();
        let key = |group: &Arc<Group>| {
            (group.tenant.clone(), group.namespace.clone(), group.spec.yaml.name.clone())
        };
        let mut old: BTreeMap<_, &Arc<Group>> = before.iter().map(|group| (key(group), group)).collect();
        let (mut groups, mut gone) = (Vec::new(), Vec::new());
        for (tenant, namespaces) in
            namespaces.iter().filter(|(tenant, _)| self.setup.settings.evaluates(tenant.as_str()))
        {
            for (name, spec) in namespaces
                .iter()
                .flat_map(|(name, namespace)| namespace.groups.iter().map(move |spec| (name, spec)))
            {
                let older = old.remove(&(tenant.clone(), name.clone(), spec.yaml.name.clone()));
                if let Some(same) = older.filter(|older| older.spec.yaml == spec.yaml) {
                    groups.push(Arc::clone(same));
                    continue;
                }
                let group = Group::new(tenant.clone(), name.clone(), Arc::clone(spec), interval, now);
                let without_successor = older.map(|older| group.succeed(older)).unwrap_or_default();
                gone.extend(without_successor.into_iter().map(|rule| (tenant.clone(), rule)));
                groups.push(Arc::new(group));
            }
        }
        for group in old.into_values() {
            let rules = std::mem::take(&mut group.state.lock().rules);
            gone.extend(rules.into_iter().map(|rule| (group.tenant.clone(), rule)));
        }
        (groups, gone)
    }

    /// Receivers of remote writes shall not show the last values of rules that are gone.
    fn end_series(&self, gone: Vec<(TenantId, RuleState)>) {
        let at = self.setup.clock.now();
        let mut ends = Vec::new();
        for (tenant, rule) in gone {
            let end = |labels| Written { tenant: tenant.clone(), labels, at, value: STALE };
            ends.extend(rule.written.into_iter().map(end));
        }
        self.remote.append(&ends);
    }

    /// Tells of files that cannot be used, once.
    fn report(&self, problems: Vec<(TenantId, String)>) {
        let mut known = self.problems.lock();
        for (tenant, problem) in problems.iter().filter(|problem| !known.contains(problem)) {
            tracing::error!(%tenant, problem, "rules cannot be read; those read before stay in force");
        }
        if problems.is_empty() && !known.is_empty() {
            tracing::info!("all rules can be read again");
        }
        *known = problems;
    }
}

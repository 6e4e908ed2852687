//! The requests of all tenants: created, listed, cancelled, carried out; and those of them that queries mind.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use model::{TenantId, TimeRange, TimestampNanos};
use parking_lot::{Mutex, RwLock};
use segment::{Durability, Error};
use tokio::sync::Notify;

use super::filter::{ActiveDeletes, DeleteFilter};
use super::request::{DeleteRequest, NewRequest, Progress};
use super::store::Store;
use crate::limits::{DeletionMode, TenantLimits};

/// Each request that is not processed costs every query of its streams a look at every line.
const MAX_PENDING: usize = 500;
/// Processed requests that stay listed.
const MAX_PROCESSED: usize = 500;

/// Why a request was not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CreateError {
    #[error("invalid query expression: {0}")]
    Query(String),
    #[error("{MAX_PENDING} delete requests are waiting already; try again when some are processed")]
    TooMany,
    #[error("the delete request was not stored, try again later: {0}")]
    Storage(#[from] Error),
}

/// Why a request was not cancelled.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CancelError {
    #[error("could not find delete request with given id")]
    Unknown,
    #[error("deletion of request which is in process or already processed is not allowed")]
    Processed,
    #[error("cancellation of request past the deadline of {0} since its creation is not allowed")]
    TooLate(String),
    #[error("the cancellation was not stored, try again later: {0}")]
    Storage(#[from] Error),
}

#[derive(Debug, Clone)]
struct Entry {
    request: DeleteRequest,
    /// `None` for a query that this version does not understand.
    filter: Option<Arc<DeleteFilter>>,
    percent: Option<u8>,
}

#[derive(Debug, Default)]
struct List {
    generation: u64,
    entries: Vec<Entry>,
}

#[derive(Debug, Default)]
pub(crate) struct Deletes {
    /// Without one, nothing is kept beyond the process's life: for tests.
    store: Option<Store>,
    tenants: Arc<TenantLimits>,
    list: Mutex<List>,
    /// By tenant: what is not processed yet.
    active: RwLock<BTreeMap<TenantId, ActiveDeletes>>,
    created: Notify,
}

impl Deletes {
    /// Reads the requests of the store in `dir`.
    pub(crate) fn open(
        dir: &Path,
        durability: Durability,
        tenants: Arc<TenantLimits>,
    ) -> Result<Self, Error> {
        let store = Store::new(dir, durability);
        let loaded = store.load()?;
        let entries = loaded.requests.into_iter().map(Entry::of).collect();
        let deletes = Self {
            store: Some(store),
            tenants,
            list: Mutex::new(List { generation: loaded.generation, entries }),
            ..Self::default()
        };
        deletes.publish(&deletes.list.lock());
        Ok(deletes)
    }

    /// What a query for `range` must leave out. To be asked before the query takes its snapshot: then a request that is
    /// carried out in between is minded needlessly, and never forgotten.
    pub(crate) fn active(&self, tenant: &TenantId, range: TimeRange) -> Option<ActiveDeletes> {
        let active = self.active.read().get(tenant)?.within(range)?;
        (self.tenants.of(tenant).deletion_mode != DeletionMode::Disabled).then_some(active)
    }

    /// Takes a request; returns its id when it is durable and in force.
    pub(crate) fn create(
        &self,
        tenant: &TenantId,
        new: NewRequest,
        now: TimestampNanos,
    ) -> Result<String, CreateError> {
        let mut list = self.list.lock();
        let waiting = list.entries.iter().filter(|entry| entry.is_pending_of(tenant)).count();
        if waiting >= MAX_PENDING {
            return Err(CreateError::TooMany);
        }
        let request = DeleteRequest {
            id: list.free_id(tenant, &new, now),
            tenant: tenant.as_str().to_owned(),
            query: new.query,
            start: new.start,
            end: new.end,
            created: now,
            processed: None,
        };
        let filter = match DeleteFilter::new(&request) {
            Ok(Some(filter)) => Arc::new(filter),
            Ok(None) => return Err(CreateError::Query("it asks for numbers, not for lines".to_owned())),
            Err(error) => return Err(CreateError::Query(error.to_string())),
        };
        let id = request.id.clone();
        let mut entries = list.entries.clone();
        entries.push(Entry { request, filter: Some(filter), percent: None });
        self.replace(&mut list, entries)?;
        drop(list);
        self.created.notify_one();
        Ok(id)
    }

    /// Lines show again that have not been rewritten away yet.
    pub(crate) fn cancel(
        &self,
        tenant: &TenantId,
        id: &str,
        force: bool,
        deadline: (TimestampNanos, Duration),
    ) -> Result<(), CancelError> {
        let (now, period) = deadline;
        let mut list = self.list.lock();
        let is_it = |entry: &Entry| entry.request.id == id && entry.request.tenant == tenant.as_str();
        let entry = list.entries.iter().find(|entry| is_it(entry)).ok_or(CancelError::Unknown)?;
        if entry.request.processed.is_some() {
            return Err(CancelError::Processed);
        }
        if !force && now >= entry.request.created.saturating_add(period) {
            return Err(CancelError::TooLate(format!("{period:?}")));
        }
        let entries = list.entries.iter().filter(|entry| !is_it(entry)).cloned().collect();
        Ok(self.replace(&mut list, entries)?)
    }

    /// All requests of a tenant, oldest first.
    pub(crate) fn list(&self, tenant: &TenantId) -> Vec<(DeleteRequest, Progress)> {
        let list = self.list.lock();
        let own = list.entries.iter().filter(|entry| entry.request.tenant == tenant.as_str());
        own.map(|entry| (entry.request.clone(), entry.progress())).collect()
    }

    /// Changes with every request that is taken, cancelled or carried out.
    pub(crate) fn generation(&self) -> u64 {
        self.list.lock().generation
    }

    /// What may be rewritten away at `now`: at most `batch` requests of each tenant, oldest first.
    pub(crate) fn due(
        &self,
        now: TimestampNanos,
        period: Duration,
        batch: usize,
    ) -> BTreeMap<TenantId, Vec<Arc<DeleteFilter>>> {
        let mut due: BTreeMap<TenantId, Vec<Arc<DeleteFilter>>> = BTreeMap::new();
        for entry in &self.list.lock().entries {
            let is_due =
                entry.request.processed.is_none() && entry.request.created.saturating_add(period) <= now;
            if let (true, Some(filter), Ok(tenant)) =
                (is_due, &entry.filter, TenantId::new(&entry.request.tenant))
            {
                let filters = due.entry(tenant).or_default();
                if filters.len() < batch {
                    filters.push(Arc::clone(filter));
                }
            }
        }
        due.retain(|tenant, _| self.tenants.of(tenant).deletion_mode == DeletionMode::FilterAndDelete);
        due
    }

    /// Notes how far requests are; false if one of them is no longer there.
    pub(crate) fn note_progress(&self, ids: &BTreeSet<String>, percent: u8) -> bool {
        let mut list = self.list.lock();
        let own = list.entries.iter_mut().filter(|entry| ids.contains(&entry.request.id));
        own.map(|entry| entry.percent = Some(percent)).count() == ids.len()
    }

    /// Marks requests as carried out.
    pub(crate) fn finish(&self, ids: &BTreeSet<String>, now: TimestampNanos) -> Result<(), Error> {
        let mut list = self.list.lock();
        let mut entries = list.entries.clone();
        for entry in entries.iter_mut().filter(|entry| ids.contains(&entry.request.id)) {
            entry.request.processed = Some(now);
        }
        let processed = entries.iter().filter(|entry| entry.request.processed.is_some()).count();
        let mut too_many = processed.saturating_sub(MAX_PROCESSED);
        entries.retain(|entry| {
            let forget = too_many > 0 && entry.request.processed.is_some();
            too_many -= usize::from(forget);
            !forget
        });
        self.replace(&mut list, entries)
    }

    /// Prometheus text, with Loki's names.
    pub(crate) fn metrics(&self, now: TimestampNanos) -> String {
        let list = self.list.lock();
        let pending = list.entries.iter().filter(|entry| entry.request.processed.is_none());
        let oldest = pending.clone().map(|entry| entry.request.created).min();
        let age = oldest.map_or(0, |oldest| now.0.saturating_sub(oldest.0).max(0) / 1_000_000_000);
        let gauge = |name: &str, help: &str, value: i64| {
            format!("# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}\n")
        };
        let count = i64::try_from(pending.count()).unwrap_or(i64::MAX);
        gauge(
            "loki_compactor_pending_delete_requests_count",
            "Delete requests that are not processed.",
            count,
        ) + &gauge(
            "loki_compactor_oldest_pending_delete_request_age_seconds",
            "How long the oldest waits.",
            age,
        )
    }

    /// Waits for a request to be taken.
    pub(crate) async fn created(&self) {
        self.created.notified().await;
    }

    /// Makes a new list durable, then valid.
    fn replace(&self, list: &mut List, entries: Vec<Entry>) -> Result<(), Error> {
        let generation = list.generation + 1;
        if let Some(store) = &self.store {
            store.save(generation, entries.iter().map(|entry| entry.request.clone()).collect())?;
        }
        *list = List { generation, entries };
        self.publish(list);
        Ok(())
    }

    fn publish(&self, list: &List) {
        let mut active: BTreeMap<TenantId, Vec<Arc<DeleteFilter>>> = BTreeMap::new();
        for entry in list.entries.iter().filter(|entry| entry.request.processed.is_none()) {
            if let (Some(filter), Ok(tenant)) = (&entry.filter, TenantId::new(&entry.request.tenant)) {
                active.entry(tenant).or_default().push(Arc::clone(filter));
            }
        }
        *self.active.write() =
            active.into_iter().map(|(tenant, filters)| (tenant, ActiveDeletes::new(filters))).collect();
    }
}

impl Entry {
    fn of(request: DeleteRequest) -> Self {
        let filter = match DeleteFilter::new(&request) {
            Ok(filter) => filter.map(Arc::new),
            Err(error) => {
                tracing::error!(id = request.id, %error, "a stored delete request cannot be understood; its lines are shown");
                None
            }
        };
        Self { request, filter, percent: None }
    }

    fn is_pending_of(&self, tenant: &TenantId) -> bool {
        self.request.processed.is_none() && self.request.tenant == tenant.as_str()
    }

    fn progress(&self) -> Progress {
        match (self.request.processed, self.percent) {
            (Some(_), _) => Progress::Processed,
            (None, Some(percent)) => Progress::Percent(percent),
            (None, None) => Progress::Received,
        }
    }
}

impl List {
    /// Eight hexadecimal digits that no other request has.
    fn free_id(&self, tenant: &TenantId, new: &NewRequest, now: TimestampNanos) -> String {
        let text = format!("{tenant} {} {} {} {}", new.query, new.start.0, new.end.0, now.0);
        let first = (ahash::RandomState::with_seeds(1, 2, 3, 4).hash_one(text) >> 32) as u32;
        let id = |offset: u32| format!("{:08x}", first.wrapping_add(offset));
        let taken = |id: &String| self.entries.iter().any(|entry| entry.request.id == *id);
        (0..=u32::MAX).map(id).find(|id| !taken(id)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    fn new(query: &str) -> NewRequest {
        NewRequest { query: query.to_owned(), start: TimestampNanos(0), end: TimestampNanos(100) }
    }

    fn tenant(name: &str) -> TenantId {
        TenantId::new(name).unwrap()
    }

    fn open(dir: &Path) -> Deletes {
        Deletes::open(dir, Durability::Os, Arc::default()).unwrap()
    }

    #[test]
    fn requests_survive_a_restart_and_are_in_force_until_processed() {
        let dir = tempfile::tempdir().unwrap();
        let now = TimestampNanos::from_secs(1000);
        let deletes = open(dir.path());
        assert!(deletes.active(&tenant("a"), TimeRange::ALL).is_none());
        let first = deletes.create(&tenant("a"), new(r#"{app="x"}"#), now).unwrap();
        let second = deletes.create(&tenant("a"), new(r#"{app="x"}"#), now).unwrap();
        assert_ne!(first, second);
        let deletes = open(dir.path());
        let active = |tenant: &str| {
            deletes.active(&self::tenant(tenant), TimeRange::ALL).map_or(0, |found| found.filters().len())
        };
        assert_eq!((active("a"), active("b")), (2, 0));
        assert!(deletes.due(now, DAY, 70).is_empty());
        let later = now.saturating_add(DAY);
        assert_eq!(deletes.due(later, DAY, 1)[&tenant("a")].len(), 1);
        assert!(deletes.note_progress(&BTreeSet::from([first.clone()]), 50));
        assert!(!deletes.note_progress(&BTreeSet::from(["other".to_owned()]), 50));
        assert_eq!(deletes.list(&tenant("a"))[0].1, Progress::Percent(50));
        deletes.finish(&BTreeSet::from([first]), later).unwrap();
        assert_eq!(active("a"), 1);
        let found: Vec<Progress> =
            open(dir.path()).list(&tenant("a")).into_iter().map(|(_, at)| at).collect();
        assert_eq!(found, [Progress::Processed, Progress::Received]);
    }

    #[test]
    fn cancelling_has_a_deadline_and_an_owner() {
        let deletes = Deletes::default();
        let now = TimestampNanos::from_secs(1000);
        let id = deletes.create(&tenant("a"), new(r#"{app="x"}"#), now).unwrap();
        let cancel = |name: &str, id: &str, force, at| deletes.cancel(&tenant(name), id, force, (at, DAY));
        assert!(matches!(cancel("b", &id, false, now), Err(CancelError::Unknown)));
        assert!(matches!(cancel("a", "nothing", false, now), Err(CancelError::Unknown)));
        let late = now.saturating_add(DAY);
        assert!(matches!(cancel("a", &id, false, late), Err(CancelError::TooLate(_))));
        cancel("a", &id, true, late).unwrap();
        assert!(deletes.active(&tenant("a"), TimeRange::ALL).is_none());
        let id = deletes.create(&tenant("a"), new(r#"{app="x"}"#), now).unwrap();
        deletes.finish(&BTreeSet::from([id.clone()]), now).unwrap();
        assert!(matches!(cancel("a", &id, true, now), Err(CancelError::Processed)));
    }

    #[test]
    fn bad_queries_and_too_many_requests_are_refused() {
        let deletes = Deletes::default();
        let now = TimestampNanos::from_secs(1000);
        for query in ["", "{}", r#"{app=~".*"}"#, r#"rate({app="x"}[1m])"#, r#"{app="x"} |~ "(""#] {
            let refused = deletes.create(&tenant("a"), new(query), now);
            assert!(matches!(refused, Err(CreateError::Query(_))), "{query}: {refused:?}");
        }
        for _ in 0..MAX_PENDING {
            deletes.create(&tenant("a"), new(r#"{app="x"}"#), now).unwrap();
        }
        let refused = deletes.create(&tenant("a"), new(r#"{app="x"}"#), now);
        assert!(matches!(refused, Err(CreateError::TooMany)));
        deletes.create(&tenant("b"), new(r#"{app="x"}"#), now).unwrap();
        let ids: BTreeSet<String> =
            deletes.list(&tenant("a")).into_iter().map(|(request, _)| request.id).collect();
        assert_eq!(ids.len(), MAX_PENDING);
        deletes.finish(&ids, now).unwrap();
        for _ in 0..3 {
            let id = deletes.create(&tenant("a"), new(r#"{app="x"}"#), now).unwrap();
            deletes.finish(&BTreeSet::from([id]), now).unwrap();
        }
        assert_eq!(deletes.list(&tenant("a")).len(), MAX_PROCESSED);
    }
}

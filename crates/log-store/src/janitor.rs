//! Work in the background: carrying out deletes, retention by time and stream, and the limit on size. One thing at a
//! time, one segment at a time.

use std::fmt::Display;
use std::sync::Arc;
use std::time::{Duration, Instant};

use model::TimestampNanos;
use runtime::CancellationToken;
use segment::Engine;

use crate::config::DeleteSettings;
use crate::limits::TenantLimits;
use crate::schema::LogSchema;

mod deleting;
mod expiring;
mod shrinking;
#[cfg(test)]
mod tests;

use deleting::Deleting;
use expiring::Expiring;

/// How the janitor works.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// Between two rounds.
    pub every: Duration,
    /// How long replaced files stay for queries that began before.
    pub grace: Duration,
    pub deletes: DeleteSettings,
    pub retention_bytes: Option<u64>,
}

pub(crate) struct Janitor {
    engine: Arc<Engine<LogSchema>>,
    tenants: Arc<TenantLimits>,
    settings: Settings,
    deleting: Deleting,
    expiring: Expiring,
    limits_read: Instant,
    /// Failures that have been told, so that each is told once.
    told: Vec<String>,
}

impl Janitor {
    pub(crate) fn new(
        engine: Arc<Engine<LogSchema>>,
        tenants: Arc<TenantLimits>,
        settings: Settings,
    ) -> Self {
        Self {
            deleting: Deleting::new(Arc::clone(&engine), settings.deletes),
            expiring: Expiring::new(Arc::clone(&engine), Arc::clone(&tenants)),
            engine,
            tenants,
            settings,
            limits_read: Instant::now(),
            told: Vec::new(),
        }
    }

    /// Runs until `shutdown`, which also ends a round between two segments.
    pub(crate) async fn run(mut self, shutdown: CancellationToken) {
        loop {
            if shutdown.run_until_cancelled(self.round()).await.is_none() {
                return;
            }
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = self.engine.schema().deletes.created() => {}
                () = tokio::time::sleep(self.settings.every) => {}
            }
        }
    }

    async fn round(&mut self) {
        if self.tenants.period().is_some_and(|period| self.limits_read.elapsed() >= period) {
            self.limits_read = Instant::now();
            if self.tenants.reload() {
                self.expiring.forget();
            }
        }
        let now = TimestampNanos::now();
        let mut failures = Vec::new();
        let mut note = |what: &str, error: &dyn Display| failures.push(format!("{what}: {error}"));
        if let Some(limit) = self.settings.retention_bytes
            && let Err(error) = shrinking::shrink(&self.engine, limit).await
        {
            note("keeping to the size limit", &error);
        }
        if let Err(error) = self.expiring.expire(now).await {
            note("retention", &error);
        }
        if let Err(error) = self.deleting.carry_out(now).await {
            note("carrying out deletes", &error);
        }
        if let Err(error) = self.engine.sweep(self.settings.grace).await {
            note("removing replaced segments", &error);
        }
        if let Err(error) = self.deleting.finish(TimestampNanos::now()).await {
            note("noting deletes as done", &error);
        }
        for failure in failures.iter().filter(|failure| !self.told.contains(failure)) {
            tracing::error!(failure, "work in the background failed and will be tried again");
        }
        self.told = failures;
    }
}

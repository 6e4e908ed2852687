//! Rules: queries that are evaluated again and again, to raise alerts and to record series.
//!
//! Rule files are read by [`files`] and [`parse`]. One task ([`schedule`]) evaluates one group after the other, each at
//! its own turns ([`group`]); [`alerts`] are kept from turn to turn and, in a file, over restarts ([`state`]). Results
//! leave through bounded queues: alerts to Alertmanagers ([`notifier`]), series to Prometheus' remote write
//! ([`remote_write`]). [`api`] is what clients see.

mod alerts;
pub(crate) mod api;
mod clock;
mod config;
mod evaluate;
mod files;
mod group;
mod metrics;
mod notifier;
mod outbound;
mod parse;
mod reload;
mod remote_write;
mod schedule;
mod secret;
mod spec;
mod state;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::Context as _;
use model::TenantId;
use parking_lot::{Mutex, RwLock};
use runtime::CancellationToken;
use segment::Engine;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

pub use clock::Clock;
pub(crate) use config::settings::Settings;
pub(crate) use config::{RulerSection, RulerStorageSection};
pub(crate) use files::RuleLimits;
use files::{Namespaces, RuleFiles};
use group::Group;
use notifier::Notifier;
use remote_write::RemoteWrite;
pub(crate) use secret::masked;
use state::Saved;

use crate::schema::LogSchema;

/// How long what is queued may take to leave when the store stops.
const DRAIN: Duration = Duration::from_secs(3);

/// What the ruler needs of the store.
#[derive(Debug)]
pub(crate) struct Setup {
    pub engine: Arc<Engine<LogSchema>>,
    pub settings: Settings,
    pub limits: RuleLimits,
    /// Of one evaluation.
    pub query_timeout: Duration,
    /// How far in the past rules look, so that late lines are counted.
    pub evaluation_delay: Duration,
    /// Where rules of clients and the state of alerts are kept.
    pub dir: PathBuf,
    /// Everybody's tenant, when requests name none.
    pub default_tenant: Option<TenantId>,
    pub clock: Clock,
}

/// The rules at work.
#[derive(Debug)]
pub(crate) struct Ruler {
    setup: Setup,
    files: Mutex<RuleFiles>,
    /// What the files say.
    namespaces: RwLock<Arc<Namespaces>>,
    /// What is evaluated, in the order of tenants, namespaces and files.
    groups: RwLock<Arc<Vec<Arc<Group>>>>,
    /// Files that cannot be used, as reported last.
    problems: Mutex<Vec<(TenantId, String)>>,
    /// Groups came or went.
    changed: Notify,
    /// Alerts changed since their state was saved.
    unsaved: AtomicBool,
    notifier: Notifier,
    remote: RemoteWrite,
    evaluating: CancellationToken,
    sending: CancellationToken,
    tasks: Mutex<Tasks>,
}

#[derive(Debug, Default)]
struct Tasks {
    schedule: Option<JoinHandle<()>>,
    senders: Vec<JoinHandle<()>>,
}

impl Ruler {
    /// Reads the rules, takes up the alerts of the last run and begins to evaluate.
    pub(crate) fn start(setup: Setup, shutdown: &CancellationToken) -> anyhow::Result<Arc<Self>> {
        let provisioned = setup.settings.directory.clone();
        if let Some(folder) = provisioned.as_ref().filter(|folder| !folder.is_dir()) {
            tracing::info!(folder = %folder.display(), "the folder of rules does not exist (yet)");
        }
        let files =
            RuleFiles::new(provisioned, setup.dir.join("rules"), setup.default_tenant.clone(), setup.limits);
        let ruler = Arc::new(Self {
            notifier: Notifier::new(&setup.settings).context("prepare the clients of Alertmanagers")?,
            remote: RemoteWrite::new(&setup.settings).context("prepare the clients of remote writes")?,
            files: Mutex::new(files),
            namespaces: RwLock::default(),
            groups: RwLock::default(),
            problems: Mutex::default(),
            changed: Notify::new(),
            unsaved: AtomicBool::new(false),
            evaluating: shutdown.child_token(),
            sending: CancellationToken::new(),
            tasks: Mutex::default(),
            setup,
        });
        ruler.reload();
        let groups = ruler.groups();
        if let Some(saved) = Saved::read(&ruler.state_path()) {
            let tolerance = ruler.setup.settings.for_outage_tolerance;
            let alerts = saved.restore(&groups, ruler.setup.clock.now(), tolerance);
            tracing::info!(alerts, "alerts of the last run taken up");
        }
        tracing::info!(groups = groups.len(), alertmanagers = ruler.notifier.senders.len(), "rules read");
        let mut tasks = Tasks::default();
        for sender in &ruler.notifier.senders {
            tasks.senders.push(tokio::spawn(Arc::clone(sender).run(ruler.sending.clone())));
        }
        for sender in &ruler.remote.senders {
            tasks.senders.push(tokio::spawn(Arc::clone(sender).run(ruler.sending.clone())));
        }
        tasks.schedule = Some(tokio::spawn(Arc::clone(&ruler).schedule()));
        *ruler.tasks.lock() = tasks;
        Ok(ruler)
    }

    /// Ends the evaluation, saves the state of alerts, and lets go what is queued, if it goes quickly.
    pub(crate) async fn stop(&self) {
        self.evaluating.cancel();
        let Tasks { schedule, senders } = std::mem::take(&mut *self.tasks.lock());
        if let Some(task) = schedule
            && let Err(error) = task.await
        {
            tracing::error!(%error, "the evaluation of rules ended abnormally");
        }
        self.sending.cancel();
        let deadline = tokio::time::Instant::now() + DRAIN;
        for mut sender in senders {
            if tokio::time::timeout_at(deadline, &mut sender).await.is_err() {
                sender.abort();
            }
        }
    }

    fn groups(&self) -> Arc<Vec<Arc<Group>>> {
        Arc::clone(&self.groups.read())
    }

    fn state_path(&self) -> PathBuf {
        self.setup.dir.join("ruler").join("state.json")
    }
}

//! Puts the parts together: what all requests share, and the layers every request passes.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use axum::Router;
use axum::extract::Request;
use axum::http::{StatusCode, Uri};
use axum::middleware::from_fn_with_state;
use axum::response::IntoResponse as _;
use parking_lot::RwLock;
use runtime::CancellationToken;
use tokio::net::TcpListener;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;

use crate::admin;
use crate::auth::csrf;
use crate::auth::password::Passwords;
use crate::clock::Clock;
use crate::components::{self, Component};
use crate::datasources;
use crate::error::ApiError;
use crate::metrics::{self, Metrics};
use crate::provisioning::{self, Dashboards, Secrets};
use crate::repo::{Store, StoreError};
use crate::settings::{Secret, Settings};
use crate::vault::Vault;
use crate::web;
use crate::web::assets::Assets;
use crate::{api, proxy};

/// What all requests share. Clones are cheap.
#[derive(Clone)]
pub struct App(Arc<Shared>);

struct Shared {
    settings: Settings,
    store: Store,
    clock: Clock,
    passwords: Passwords,
    vault: Vault,
    secrets: RwLock<Secrets>,
    /// Those of data sources that were set through the API.
    own_secrets: RwLock<Secrets>,
    dashboards: Dashboards,
    client: reqwest::Client,
    proxy_slots: Arc<Semaphore>,
    components: Vec<Component>,
    component_cache: components::Cache,
    metrics: Metrics,
    assets: Assets,
    started: Instant,
    shutdown: CancellationToken,
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("settings", &self.0.settings).finish_non_exhaustive()
    }
}

impl App {
    /// Opens the database, makes sure there is an administrator, and applies provisioning files.
    pub async fn open(
        settings: Settings,
        clock: Clock,
        assets: Assets,
        shutdown: CancellationToken,
    ) -> anyhow::Result<Self> {
        let store = Store::open(&settings.data, clock.now())
            .await
            .with_context(|| format!("open the database in {}", settings.data.display()))?;
        let vault = Vault::open(&settings).context("key of the data sources' secrets")?;
        let passwords = Passwords::new();
        admin::ensure(&store, &passwords, &settings, clock.now())
            .await
            .context("set up the administrator")?;
        let secrets = RwLock::new(provisioning::apply(&store, &settings, clock.now()).await?);
        let own_secrets = RwLock::new(datasources::secrets::unsealed(&store, &vault).await?);
        let dashboards = Dashboards::default();
        dashboards.reload(&store, &settings, clock.now()).await?;
        Ok(Self(Arc::new(Shared {
            client: proxy::client().context("HTTP client")?,
            components: components::from_environment(&settings.environment),
            component_cache: components::Cache::default(),
            proxy_slots: Arc::new(Semaphore::new(proxy::CONCURRENT_MAX)),
            metrics: Metrics::default(),
            started: Instant::now(),
            settings,
            store,
            clock,
            passwords,
            vault,
            secrets,
            own_secrets,
            dashboards,
            assets,
            shutdown,
        })))
    }

    /// The whole server as a router.
    pub fn router(&self) -> Router {
        let layers = ServiceBuilder::new()
            .layer(from_fn_with_state(self.clone(), metrics::measure))
            .layer(from_fn_with_state(self.clone(), web::security_headers))
            .layer(CatchPanicLayer::custom(|_panic: Box<dyn std::any::Any + Send>| {
                ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error").into_response()
            }))
            .layer(from_fn_with_state(self.clone(), csrf::check));
        let routes = api::routes(self).fallback(web::serve).layer(layers).with_state(self.clone());
        let tolerant = ServiceBuilder::new().map_request(without_trailing_slash).service(routes);
        Router::new().fallback_service(tolerant)
    }

    /// The paths of all routes, as the router has them, for tests.
    pub fn paths(&self) -> Vec<String> {
        api::paths(self)
    }

    /// Serves until shutdown, then closes the database.
    pub async fn serve(self, listener: TcpListener) -> anyhow::Result<()> {
        let watching = tokio::spawn(self.clone().watch_dashboards());
        let served = runtime::serve_http(listener, self.router(), self.0.shutdown.clone()).await;
        watching.abort();
        self.0.store.close().await;
        served
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    pub(crate) fn store(&self) -> &Store {
        &self.0.store
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.0.clock
    }

    pub(crate) fn passwords(&self) -> &Passwords {
        &self.0.passwords
    }

    /// The secrets of a data source: those of its file, and those set through the API, which come first.
    pub(crate) fn secrets(&self, uid: &str) -> Option<BTreeMap<String, Secret>> {
        let provisioned = self.0.secrets.read().get(uid).cloned();
        let own = self.0.own_secrets.read().get(uid).cloned();
        match (provisioned, own) {
            (Some(mut all), Some(own)) => {
                all.extend(own);
                Some(all)
            }
            (provisioned, own) => provisioned.or(own),
        }
    }

    pub(crate) fn vault(&self) -> &Vault {
        &self.0.vault
    }

    /// Takes up the secrets as the database has them now.
    pub(crate) async fn reload_own_secrets(&self) -> Result<(), StoreError> {
        let secrets = datasources::secrets::unsealed(self.store(), self.vault()).await?;
        *self.0.own_secrets.write() = secrets;
        Ok(())
    }

    /// Reads the files of data sources anew.
    pub(crate) async fn reload_data_sources(&self) -> Result<(), provisioning::ProvisioningError> {
        let secrets = provisioning::apply(self.store(), self.settings(), self.clock().now()).await?;
        *self.0.secrets.write() = secrets;
        Ok(self.reload_own_secrets().await?)
    }

    /// Reads the providers of dashboards and their files anew.
    pub(crate) async fn reload_dashboards(&self) -> Result<(), provisioning::ProvisioningError> {
        self.0.dashboards.reload(self.store(), self.settings(), self.clock().now()).await
    }

    /// Looks at the files of dashboards now and then until shutdown.
    async fn watch_dashboards(self) {
        loop {
            let pause = self.0.dashboards.refresh(self.store(), self.clock().now()).await;
            tokio::select! {
                () = self.0.shutdown.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    pub(crate) fn client(&self) -> &reqwest::Client {
        &self.0.client
    }

    /// The right to one more request to a data source.
    pub(crate) fn proxy_permit(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0.proxy_slots).try_acquire_owned().ok()
    }

    pub(crate) fn components(&self) -> &[Component] {
        &self.0.components
    }

    pub(crate) fn component_cache(&self) -> &components::Cache {
        &self.0.component_cache
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    pub(crate) fn assets(&self) -> &Assets {
        &self.0.assets
    }

    pub(crate) fn uptime(&self) -> Duration {
        self.0.started.elapsed()
    }

    pub(crate) fn shutdown(&self) -> &CancellationToken {
        &self.0.shutdown
    }
}

/// A server on a port of the system's choice, for tests of other crates.
#[derive(Debug)]
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    /// Ends when the server has stopped.
    pub task: tokio::task::JoinHandle<anyhow::Result<()>>,
}

impl Server {
    /// Starts `app` on loopback.
    pub async fn start(app: App) -> anyhow::Result<Self> {
        let listener = runtime::bind(SocketAddr::from(([127, 0, 0, 1], 0)), "dashboard-server").await?;
        let address = listener.local_addr()?;
        Ok(Self { address, task: tokio::spawn(app.serve(listener)) })
    }
}

/// Clients and Grafana's own documentation write `/api/search/`. Behind a data source's name a slash is part of the path.
fn without_trailing_slash(mut request: Request) -> Request {
    let path = request.uri().path();
    if path.starts_with("/api/") && path.ends_with('/') && !path.starts_with("/api/datasources/proxy/") {
        let trimmed = path.trim_end_matches('/');
        let text = match request.uri().query() {
            Some(query) => format!("{trimmed}?{query}"),
            None => trimmed.to_owned(),
        };
        if let Ok(uri) = text.parse::<Uri>() {
            *request.uri_mut() = uri;
        }
    }
    request
}

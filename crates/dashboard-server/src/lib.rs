//! The dashboard server: Grafana's API, provisioning, data-source proxy and the web interface.
//!
//! It plays Grafana's part on port 3000: users log in, the interface asks for data through the proxy, and files under
//! `infrastructure/grafana/` say where the data is. The API is Grafana's, so that its clients work unchanged.
//!
//! * `settings` reads `GF_*` variables, in one place.
//! * `repo` is the database, one submodule per group of tables.
//! * `auth` finds out who is asking; one door stands before the whole API.
//! * `api` has one submodule per group of routes; `proxy`, `components` and `web` are the larger things behind them.
//!
//! Non-goals: storing logs or traces, and running queries on anything but data sources.

mod admin;
mod api;
mod auth;
mod clock;
mod components;
mod dashboards;
mod datasources;
mod error;
mod frames;
mod metrics;
mod provisioning;
mod proxy;
mod query;
mod repo;
mod server;
mod settings;
mod vault;
mod version;
mod web;

use std::path::PathBuf;

pub use clock::Clock;
pub use server::{App, Server};
pub use settings::{Environment, Overrides, Settings};
pub use web::assets::Assets;

/// Flags of `serve dashboard-server`. Everything else is configured by `GF_*` variables, as Grafana is.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub listen: runtime::Listen,
    /// Folder with provisioning files (default: GF_PATHS_PROVISIONING, then infrastructure/grafana/provisioning, then
    /// what is built in)
    #[arg(long, value_name = "FOLDER")]
    pub provisioning: Option<PathBuf>,
}

/// Runs the server until `shutdown`.
pub async fn run(args: Args, shutdown: runtime::CancellationToken) -> anyhow::Result<()> {
    runtime::init_logging("dashboard-server");
    let overrides = Overrides { listen: args.listen.address, provisioning: args.provisioning };
    let mut settings = Settings::from_environment(&Environment::process(), &overrides)?;
    // Before the database is touched: a second server on the same port must not change anything.
    let listener = runtime::bind(settings.listen, "dashboard-server").await?;
    settings.listen = listener.local_addr()?;
    let app = App::open(settings, Clock::system(), Assets::built(), shutdown).await?;
    app.serve(listener).await
}

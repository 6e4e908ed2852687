//! Simulated customers that keep the shop busy: several at once, each with lanes for accounts, products, orders and
//! less frequent business, at a steady rhythm and with mistakes on purpose. Every scenario is one trace.
//!
//! What is played is decided by the seed alone (see `plan`); how the shop answers changes how far a scenario gets,
//! never which one comes next.
//!
//! Non-goals: load testing. The number of calls under way is bounded by the number of customers.

mod api;
mod bruteforce;
mod control;
mod engine;
mod flows;
mod gate;
mod lane;
mod plan;
mod scenario;
mod self_check;
mod session;
mod shop;
mod stats;
mod visit;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use runtime::{CancellationToken, Listen};
use service_kit::{App, AuthArgs, Authenticator, Context, Fault, Faults, Service};
use utoipa::OpenApi as _;

use api::{ApiDoc, ApiState};
use control::{Control, check_rate};
use engine::Engine;
use gate::Gates;
use plan::Mix;
use self_check::SelfCheck;
use shop::Shop;
use stats::Stats;
use visit::Tokens;

/// Name, version and usual port.
pub const SERVICE: Service =
    Service { name: "traffic-generator", version: env!("CARGO_PKG_VERSION"), port: 8084 };

/// What can be made to go wrong here.
const FAULTS: &[Fault] =
    &[Fault::LoginBruteforce, Fault::BrokenContext, Fault::MemoryGrowth, Fault::CpuBurn, Fault::Exercise];

/// How the generator plays.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub listen: Listen,
    #[command(flatten)]
    pub auth: AuthArgs,
    /// How many times the usual rhythm (user flows every 5 s, product 4 s, orders 10 s for each customer)
    #[arg(long, env = "TRAFFIC_RATE", default_value_t = 1.0, value_parser = parse_rate)]
    pub rate: f64,
    /// Customers at the same time
    #[arg(long, env = "TRAFFIC_USERS", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=200))]
    pub users: u32,
    /// Decides what is played: the same seed plays the same scenarios
    #[arg(long, env = "TRAFFIC_SEED", default_value_t = 1)]
    pub seed: u64,
    /// End after so long, such as 90s or 10m (default: never)
    #[arg(long, env = "TRAFFIC_DURATION", value_parser = runtime::parse_duration)]
    pub duration: Option<Duration>,
    /// Share of scenarios that go wrong on purpose, 0 to 1
    #[arg(long, env = "TRAFFIC_FAILURES", default_value_t = Mix::default().failures, value_parser = parse_share)]
    pub failures: f64,
    /// Wait for POST /control/start before any traffic
    #[arg(long, env = "TRAFFIC_PAUSED", value_parser = clap::builder::BoolishValueParser::new())]
    pub paused: bool,
    /// Address of user-service
    #[arg(long, env = "USER_SERVICE_URL", default_value = "http://127.0.0.1:8081")]
    pub user_service_url: String,
    /// Address of product-service
    #[arg(long, env = "PRODUCT_SERVICE_URL", default_value = "http://127.0.0.1:8082")]
    pub product_service_url: String,
    /// Address of order-service
    #[arg(long, env = "ORDER_SERVICE_URL", default_value = "http://127.0.0.1:8083")]
    pub order_service_url: String,
}

fn parse_rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().map_err(|_| control::BadRate.to_string())?;
    check_rate(rate).map_err(|error| error.to_string())
}

fn parse_share(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|share| (0.0..=1.0).contains(share))
        .ok_or_else(|| "must be a number between 0 and 1".to_owned())
}

/// Plays until `shutdown`, or until the duration is over.
pub async fn run(args: Args, shutdown: CancellationToken) -> anyhow::Result<()> {
    let end = shutdown.child_token();
    let listen = args.listen.clone();
    if let Some(duration) = args.duration {
        let end = end.clone();
        tokio::spawn(async move {
            tokio::time::sleep(duration).await;
            tracing::info!("the time set with --duration is over");
            end.cancel();
        });
    }
    service_kit::run(SERVICE, &listen, end, move |context| build(context, args)).await
}

/// Starts the customers and returns the generator's own API: what [`run`] serves, for tests in one process.
pub async fn build(context: Context, args: Args) -> anyhow::Result<App> {
    let stats = Arc::new(Stats::default());
    let gates = Arc::new(Gates::default());
    let faults = Faults::new(FAULTS);
    let authenticator = authenticator(&args.auth);
    let urls = [args.user_service_url, args.product_service_url, args.order_service_url];
    let shop =
        Shop::new(urls, Arc::clone(&stats), Arc::clone(&gates), faults.clone()).context("HTTP client")?;
    let engine = Arc::new(Engine {
        shop,
        gates,
        stats,
        tokens: Tokens::default(),
        control: Control::new(args.rate),
        seed: args.seed,
        mix: Mix { failures: args.failures },
        run: service_kit::now_ms(),
    });
    let self_check = SelfCheck::default();
    if args.paused {
        engine.control.set_running(false);
    }
    let state = ApiState {
        engine: Arc::clone(&engine),
        self_check: self_check.clone(),
        started: Instant::now(),
        users: args.users,
    };
    tokio::spawn(bruteforce::wait_and_guess(Arc::clone(&engine), faults.clone(), context.shutdown.clone()));
    tokio::spawn(perform(engine, self_check, args.users, context.shutdown));
    let app = App::new(api::routes(state), ApiDoc::openapi());
    // Nobody could tell who may touch the switches.
    let faults = authenticator.is_some().then_some(faults);
    Ok(App { authenticator, faults, ..app })
}

/// What checks who may touch the switches of faults. Traffic needs no secret, so it flows without one.
fn authenticator(args: &AuthArgs) -> Option<Authenticator> {
    Authenticator::from_args(args)
        .inspect_err(|error| {
            tracing::warn!(
                error = format!("{error:#}"),
                "no secret for tokens: this process has no faults to switch on"
            );
        })
        .ok()
}

/// The self-check first, then the customers.
async fn perform(engine: Arc<Engine>, self_check: SelfCheck, users: u32, shutdown: CancellationToken) {
    let mut control = engine.control.watch();
    let check = async {
        // A closed channel means that the process ends; the token says so too.
        drop(control.wait_for(|position| position.running).await);
        self_check.run(&engine).await;
    };
    tokio::select! {
        () = check => {}
        () = shutdown.cancelled() => return,
    }
    let tasks = engine.start(users, &shutdown);
    shutdown.cancelled().await;
    tasks.wait().await;
}

#[cfg(test)]
mod tests;

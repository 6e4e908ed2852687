//! Orders, payments, refunds and analytics.
//!
//! An order is placed with the help of user-service (does the customer exist?) and product-service (prices, stock), then
//! paid through a simulated gateway, moved along and perhaps refunded. Invariant: an order that was acknowledged is
//! never lost, no order is placed or charged twice for one idempotency key, and stock that an order no longer needs is
//! given back, whatever fails in between and wherever the process is stopped (see `order::model` for how).
//!
//! Non-goals: catalogue, stock and accounts, which belong to the other services; real money.

mod api;
mod flow;
mod money;
mod order;
mod payment;
mod store;
mod upstream;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use runtime::{CancellationToken, Listen};
use service_kit::{
    App, AuthArgs, Authenticator, ClientConfig, Context, Database, DatabaseArgs, Durability, Fault, Faults,
    Idempotency, ImperfectionArgs, Service, ServiceClient,
};
use tokio::sync::Notify;
use utoipa::OpenApi as _;

use api::{Api, ApiDoc};
use flow::{Shop, Timing};
use payment::{Gateway, Simulator, SimulatorSettings};
use store::{MIGRATIONS, Store};
use upstream::{LONGEST_HOLD, Products, Users};

/// Name, version and usual port.
pub const SERVICE: Service =
    Service { name: "order-service", version: env!("CARGO_PKG_VERSION"), port: 8083 };

/// What can be made to go wrong here.
const FAULTS: &[Fault] = &[
    Fault::PaymentDeclineRate,
    Fault::PaymentGatewayTimeout,
    Fault::NPlusOne,
    Fault::BrokenContext,
    Fault::MemoryGrowth,
    Fault::CpuBurn,
];

/// How the service runs.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub listen: Listen,
    #[command(flatten)]
    pub database: DatabaseArgs,
    #[command(flatten)]
    pub auth: AuthArgs,
    #[command(flatten)]
    pub imperfection: ImperfectionArgs,
    /// Address of user-service
    #[arg(long, env = "USER_SERVICE_URL", default_value = "http://127.0.0.1:8081")]
    pub user_service_url: String,
    /// Address of product-service
    #[arg(long, env = "PRODUCT_SERVICE_URL", default_value = "http://127.0.0.1:8082")]
    pub product_service_url: String,
    /// Refuse requests without a token
    #[arg(long, env = "REQUIRE_AUTH", value_parser = clap::builder::BoolishValueParser::new())]
    pub require_auth: bool,
    /// Share of ordinary payments that are declined while the shop is imperfect, 0 to 1
    #[arg(long, env = "PAYMENT_DECLINE_RATE", default_value_t = 0.025, value_parser = parse_share)]
    pub decline_rate: f64,
    /// The slowest answer of the payment gateway
    #[arg(long, env = "PAYMENT_LATENCY", default_value = "120ms", value_parser = runtime::parse_duration)]
    pub payment_latency: Duration,
    /// How long the payment gateway is waited for
    #[arg(long, env = "PAYMENT_TIMEOUT", default_value = "2s", value_parser = runtime::parse_duration)]
    pub payment_timeout: Duration,
    /// How long stock is held for an order that is not paid, at most 1h
    #[arg(long, env = "PAYMENT_WINDOW", default_value = "15m", value_parser = parse_window)]
    pub payment_window: Duration,
}

fn parse_share(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|share| (0.0..=1.0).contains(share))
        .ok_or_else(|| "must be a number between 0 and 1".to_owned())
}

fn parse_window(text: &str) -> Result<Duration, String> {
    runtime::parse_duration(text)
        .ok()
        .filter(|window| (Duration::from_secs(1)..=LONGEST_HOLD).contains(window))
        .ok_or_else(|| "must be a duration between 1s and 1h, such as 15m".to_owned())
}

/// Serves until `shutdown`.
pub async fn run(args: Args, shutdown: CancellationToken) -> anyhow::Result<()> {
    let listen = args.listen.clone();
    service_kit::run(SERVICE, &listen, shutdown, move |context| build(context, args)).await
}

/// Opens the database, starts background work and returns what [`run`] serves; tests serve it in their own process.
pub async fn build(context: Context, args: Args) -> anyhow::Result<App> {
    let settings = SimulatorSettings {
        decline_rate: if args.imperfection.imperfection { args.decline_rate } else { 0.0 },
        seed: args.imperfection.shop_seed,
        latency: args.payment_latency,
    };
    let timing = Timing {
        payment_window: args.payment_window,
        payment_timeout: args.payment_timeout,
        ..Timing::default()
    };
    let gateway = |database, faults| Arc::new(Simulator::new(database, settings, faults)) as Arc<dyn Gateway>;
    assemble(context, args, (timing, ClientConfig::default()), gateway).await
}

/// [`build`] with everything that tests replace.
async fn assemble(
    context: Context,
    args: Args,
    (timing, calls): (Timing, ClientConfig),
    gateway: impl FnOnce(Database, Faults) -> Arc<dyn Gateway>,
) -> anyhow::Result<App> {
    let database = Database::open(&args.database, SERVICE.name, Durability::PowerLoss, MIGRATIONS).await?;
    let authenticator = Authenticator::from_args(&args.auth).context("secret for tokens")?;
    let faults = Faults::new(FAULTS);
    let client = |name, url| ServiceClient::new(name, url, calls).map(|client| client.with_faults(&faults));
    let users = client("user-service", &args.user_service_url)?;
    let products = client("product-service", &args.product_service_url)?;
    let shop = Arc::new(Shop {
        store: Store::new(database.clone()),
        users: Users::new(users.clone(), authenticator.clone()),
        products: Products::new(products.clone(), authenticator.clone()),
        gateway: gateway(database.clone(), faults.clone()),
        faults: faults.clone(),
        timing,
        wake: Notify::new(),
    });
    tokio::spawn(Arc::clone(&shop).work(context.shutdown));
    let api = Api { shop, idempotency: Idempotency::new(database.clone()), require_auth: args.require_auth };
    let mut app = App::new(api::routes(api), ApiDoc::openapi());
    app.authenticator = Some(authenticator);
    app.database = Some(database);
    app.required = vec![users, products];
    app.faults = Some(faults);
    Ok(app)
}

#[cfg(test)]
mod tests;

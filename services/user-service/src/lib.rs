//! Accounts, sessions, preferences and favourites.
//!
//! People register, log in (JWT; passwords hashed with Argon2) and keep favourites, which product-service completes
//! with names and prices. Five wrong passwords in a row lock an address for a while, whether it has an account or
//! not. A logout revokes its token here; other services only check signature and time, so there it ends with the
//! token's lifetime.

mod accounts;
mod attempts;
mod janitor;
mod passwords;
mod routes;
mod schema;
mod seeding;
mod session;
mod state;
#[cfg(test)]
mod tests;
mod validation;

use std::time::Duration;

use runtime::{CancellationToken, Listen};
use service_kit::{
    App, AuthArgs, Authenticator, ClientConfig, Context, Database, DatabaseArgs, Durability, Fault, Faults,
    ImperfectionArgs, Service, ServiceClient,
};

use state::Users;

/// Name, version and usual port.
pub const SERVICE: Service = Service { name: "user-service", version: env!("CARGO_PKG_VERSION"), port: 8081 };

/// What can be made to go wrong here.
const FAULTS: &[Fault] = &[Fault::UserServiceDown, Fault::MemoryGrowth, Fault::CpuBurn];

/// Flags of the service.
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
    /// Where product-service answers
    #[arg(long, env = "PRODUCT_SERVICE_URL", default_value = "http://127.0.0.1:8082", value_name = "URL")]
    pub product_service_url: String,
    /// How long a login lasts
    #[arg(long, default_value = "1h", value_name = "DURATION", value_parser = runtime::parse_duration)]
    pub token_lifetime: Duration,
    /// How long an address is locked after five wrong passwords
    #[arg(long, default_value = "30s", value_name = "DURATION", value_parser = runtime::parse_duration)]
    pub login_lock: Duration,
}

/// Runs the service until `shutdown`.
pub async fn run(args: Args, shutdown: CancellationToken) -> anyhow::Result<()> {
    let listen = args.listen.clone();
    service_kit::run(SERVICE, &listen, shutdown, move |context| build(context, args)).await
}

/// Opens the database, fills a fresh one, and puts the service together.
pub async fn build(context: Context, args: Args) -> anyhow::Result<App> {
    let database =
        Database::open(&args.database, SERVICE.name, Durability::ProcessCrash, schema::MIGRATIONS).await?;
    let products = ServiceClient::new("product-service", &args.product_service_url, ClientConfig::default())?;
    let authenticator = Authenticator::from_args(&args.auth)?;
    let users = Users::new(database.clone(), authenticator.clone(), products.clone(), &args);
    seeding::fill(&users).await?;
    janitor::start(users.clone(), context.shutdown);
    let (routes, openapi) = routes::all(users);
    Ok(App {
        authenticator: Some(authenticator),
        database: Some(database),
        optional: vec![products],
        faults: Some(Faults::new(FAULTS)),
        ..App::new(routes, openapi)
    })
}

//! Catalogue, search, inventory and reservations.
//!
//! Stock is set aside for an order ([`reservations`]), then sold or given back; what nobody pays for in time comes back by
//! itself. Invariant: for every product `0 <= reserved <= on_hand`, and `reserved` is the sum of its live
//! reservations. Statements that change stock carry their condition with them and the tables check it again, so no
//! interleaving of orders sells what is not there.
//!
//! For other services: `GET /products?ids=1,2` gives several products at once and `POST /inventory/orders/{order_id}/release`
//! gives back whatever an order may have reserved when the answer to its reservation got lost.

mod background;
mod catalog;
mod filter;
mod inventory;
mod popularity;
mod reservations;
mod routes;
mod schema;
mod seeding;
mod state;
#[cfg(test)]
mod tests;

use std::time::Duration;

use runtime::{CancellationToken, Listen};
use service_kit::{
    App, AuthArgs, Authenticator, Context, Database, DatabaseArgs, Durability, ImperfectionArgs, Service,
};

use state::Products;

/// Name, version and usual port.
pub const SERVICE: Service =
    Service { name: "product-service", version: env!("CARGO_PKG_VERSION"), port: 8082 };

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
    /// Pause between two deliveries of products that run low; 0 for none
    #[arg(long, default_value = "30s", value_name = "DURATION", value_parser = runtime::parse_duration)]
    pub restock_interval: Duration,
    /// Pause between two looks for reservations that nobody paid for
    #[arg(long, default_value = "2s", value_name = "DURATION", value_parser = runtime::parse_duration)]
    pub expiry_interval: Duration,
}

/// Runs the service until `shutdown`.
pub async fn run(args: Args, shutdown: CancellationToken) -> anyhow::Result<()> {
    let listen = args.listen.clone();
    service_kit::run(SERVICE, &listen, shutdown, move |context| build(context, args)).await
}

/// Opens the database, fills a fresh one, and puts the service together.
pub async fn build(context: Context, args: Args) -> anyhow::Result<App> {
    // Sold stock must not come back after a power cut any more than the orders that bought it.
    let database =
        Database::open(&args.database, SERVICE.name, Durability::PowerLoss, schema::MIGRATIONS).await?;
    let authenticator = Authenticator::from_args(&args.auth)?;
    let products = Products::new(database.clone(), &args);
    seeding::fill(&products).await?;
    background::start(&products, &args, &context.shutdown);
    let faults = Some(products.faults.clone());
    let (routes, openapi) = routes::all(products);
    Ok(App {
        authenticator: Some(authenticator),
        database: Some(database),
        faults,
        ..App::new(routes, openapi)
    })
}

//! The payment gateway of the lab: no money moves, but it behaves like one that does. It remembers charges under their
//! keys in tables of its own, which the shop never reads: what it knows of a payment it learns by asking.

use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use service_kit::{Database, DatabaseError, Fault, Faults, now_ms};

use super::ending::{Dice, Ending};
use super::gateway::{Charge, Gateway, GatewayError, Lookup, Outcome};
use crate::money::Cents;

/// Longer than anybody waits.
const SILENCE: Duration = Duration::from_secs(120);

/// How the gateway behaves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SimulatorSettings {
    /// Share of ordinary charges that are declined.
    pub decline_rate: f64,
    /// Decides which ones.
    pub seed: u64,
    /// The slowest answer; the fastest takes a quarter of it.
    pub latency: Duration,
}

/// The simulated gateway.
#[derive(Debug)]
pub struct Simulator {
    database: Database,
    settings: SimulatorSettings,
    faults: Faults,
}

impl Simulator {
    pub fn new(database: Database, settings: SimulatorSettings, faults: Faults) -> Self {
        Self { database, settings, faults }
    }

    async fn decide(&self, charge: Charge) -> Result<Outcome, GatewayError> {
        let dice = Dice::throw(self.settings.seed, &charge.key);
        tokio::time::sleep(self.settings.latency.mul_f64(0.25 + 0.75 * dice.pace)).await;
        if let Some(hit) = self.faults.hits(Fault::PaymentGatewayTimeout) {
            // Whoever waits no longer than this is not charged: a lookup makes the charge void.
            tokio::time::sleep(hit.latency).await;
        }
        let ending = self.ending(&dice, &charge);
        let outcome = match ending {
            Ending::Authorized | Ending::TakenButSilent => {
                Outcome::Authorized { transaction_id: format!("txn_{}", uuid::Uuid::new_v4().simple()) }
            }
            Ending::Declined(code) => Outcome::Declined { code: code.to_owned() },
            Ending::GatewayError => return Err(GatewayError::Failed),
            Ending::LostAndSilent => {
                tokio::time::sleep(SILENCE).await;
                return Err(GatewayError::Unavailable);
            }
        };
        let outcome =
            self.remember(&charge.key, charge.amount, &outcome).await.map_err(|error| unavailable(&error))?;
        if ending == Ending::TakenButSilent {
            tokio::time::sleep(SILENCE).await;
        }
        outcome.ok_or(GatewayError::Failed)
    }

    /// How the charge ends: as card and chance have it, unless the fault turns a good one down.
    fn ending(&self, dice: &Dice, charge: &Charge) -> Ending {
        let ending = dice.ending(&charge.card, self.settings.decline_rate);
        match ending {
            Ending::Authorized if self.faults.hits(Fault::PaymentDeclineRate).is_some() => {
                Ending::Declined(dice.decline_code())
            }
            ending => ending,
        }
    }

    /// Writes the outcome down unless the key is known; returns what holds then. Nothing: the charge is void.
    async fn remember(
        &self,
        key: &str,
        amount: Cents,
        outcome: &Outcome,
    ) -> Result<Option<Outcome>, DatabaseError> {
        let (name, code, transaction) = match outcome {
            Outcome::Authorized { transaction_id } => ("authorized", None, Some(transaction_id.clone())),
            Outcome::Declined { code } => ("declined", Some(code.clone()), None),
        };
        self.insert(key, amount, name, code, transaction).await?;
        self.recall(key).await
    }

    async fn insert(
        &self,
        key: &str,
        amount: Cents,
        outcome: &'static str,
        code: Option<String>,
        transaction: Option<String>,
    ) -> Result<(), DatabaseError> {
        self.database
            .query(
                "INSERT INTO gateway_charges (key, amount_cents, outcome, decline_code, transaction_id, created_ms) \
                 VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (key) DO NOTHING",
            )
            .bind(key.to_owned())
            .bind(amount.0)
            .bind(outcome)
            .bind(code)
            .bind(transaction)
            .bind(now_ms())
            .execute()
            .await
            .map(drop)
    }

    async fn recall(&self, key: &str) -> Result<Option<Outcome>, DatabaseError> {
        let row = self
            .database
            .query("SELECT outcome, decline_code, transaction_id FROM gateway_charges WHERE key = $1")
            .bind(key.to_owned())
            .one()
            .await?;
        Ok(match row.get::<String>("outcome")?.as_str() {
            "authorized" => {
                let transaction_id = row.get::<Option<String>>("transaction_id")?.unwrap_or_default();
                Some(Outcome::Authorized { transaction_id })
            }
            "declined" => {
                let code = row.get::<Option<String>>("decline_code")?.unwrap_or_default();
                Some(Outcome::Declined { code })
            }
            _ => None,
        })
    }

    async fn look_up(&self, key: &str) -> Result<Lookup, DatabaseError> {
        // An unknown charge becomes void, so that one that is still on its way can't take money afterwards.
        self.insert(key, Cents::ZERO, "void", None, None).await?;
        Ok(self.recall(key).await?.map_or(Lookup::Unknown, Lookup::Found))
    }

    async fn give_back(&self, key: &str, transaction_id: &str, amount: Cents) -> Result<(), DatabaseError> {
        self.database
            .query(
                "INSERT INTO gateway_refunds (key, transaction_id, amount_cents, created_ms) \
                 VALUES ($1, $2, $3, $4) ON CONFLICT (key) DO NOTHING",
            )
            .bind(key.to_owned())
            .bind(transaction_id.to_owned())
            .bind(amount.0)
            .bind(now_ms())
            .execute()
            .await
            .map(drop)
    }
}

fn unavailable(error: &DatabaseError) -> GatewayError {
    tracing::warn!(target: "shop", error = error.to_string(), "the simulated gateway lost its memory");
    GatewayError::Unavailable
}

impl Gateway for Simulator {
    fn authorize(&self, charge: Charge) -> BoxFuture<'_, Result<Outcome, GatewayError>> {
        self.decide(charge).boxed()
    }

    fn lookup<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Lookup, GatewayError>> {
        async move { self.look_up(key).await.map_err(|error| unavailable(&error)) }.boxed()
    }

    fn refund<'a>(
        &'a self,
        key: &'a str,
        transaction_id: &'a str,
        amount: Cents,
    ) -> BoxFuture<'a, Result<(), GatewayError>> {
        async move { self.give_back(key, transaction_id, amount).await.map_err(|error| unavailable(&error)) }
            .boxed()
    }
}

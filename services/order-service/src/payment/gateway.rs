//! What the shop asks of a payment gateway. Every call carries a key: asking twice with one key moves money once.

use futures::future::BoxFuture;

use super::card::Card;
use crate::money::Cents;

/// A charge to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// Unique for each attempt to pay an order.
    pub key: String,
    pub order_id: i64,
    pub amount: Cents,
    pub currency: String,
    pub card: Card,
}

/// The gateway's answer to a charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Authorized { transaction_id: String },
    Declined { code: String },
}

/// No usable answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GatewayError {
    /// The gateway says that it failed: nothing was charged.
    #[error("the payment gateway reported an error")]
    Failed,
    /// Whether something was charged is not known.
    #[error("the payment gateway is not available")]
    Unavailable,
}

/// What the gateway remembers of a charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    Found(Outcome),
    /// It never heard of the key, and from now on refuses a charge with it.
    Unknown,
}

/// A payment gateway. The caller limits how long it waits.
pub trait Gateway: Send + Sync {
    /// Takes the money, or says why not.
    fn authorize(&self, charge: Charge) -> BoxFuture<'_, Result<Outcome, GatewayError>>;

    /// What became of a charge whose answer was lost. A charge that the gateway does not know is void afterwards.
    fn lookup<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Lookup, GatewayError>>;

    /// Gives `amount` of a charge back.
    fn refund<'a>(
        &'a self,
        key: &'a str,
        transaction_id: &'a str,
        amount: Cents,
    ) -> BoxFuture<'a, Result<(), GatewayError>>;
}

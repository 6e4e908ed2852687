//! An order and everything that can happen to it, as changes of plain data. Nothing here talks to a database or to
//! another service: the store saves what changed, the flows call the others.
//!
//! Three fields make an order survive a crash between any two steps. `stock` says what has to be done with its
//! reservation, `open_payment` and `open_refund` name the money under way, and `due_at` is when background work looks
//! at the order again. A request that works on an order moves `due_at` into the future (its lease); if it dies, the
//! background finishes what the fields say.

use super::draft::Address;
use super::moves::Move;
use super::status::{Fulfilment, Status};
use crate::money::Cents;

/// Payments that may be tried before the order is cancelled.
pub const MAX_ATTEMPTS: i64 = 3;

/// What has to happen, or has happened, to the stock of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stock {
    /// Not reserved, or not known to be: the request may be under way.
    Reserving,
    /// Held until the order is paid, cancelled or expired.
    Reserved,
    /// Paid: the reservation is to be turned into a sale.
    Committing,
    Committed,
    /// The reservation is to be given back.
    Releasing,
    Released,
    /// Sold, then cancelled: the pieces go back on the shelf.
    Returning,
    Returned,
}

impl Stock {
    const ALL: [Self; 8] = [
        Self::Reserving,
        Self::Reserved,
        Self::Committing,
        Self::Committed,
        Self::Releasing,
        Self::Released,
        Self::Returning,
        Self::Returned,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reserving => "reserving",
            Self::Reserved => "reserved",
            Self::Committing => "committing",
            Self::Committed => "committed",
            Self::Releasing => "releasing",
            Self::Released => "released",
            Self::Returning => "returning",
            Self::Returned => "returned",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stock| stock.as_str() == text)
    }

    /// Whether product-service still has to be told something.
    pub fn is_work(self) -> bool {
        matches!(self, Self::Committing | Self::Releasing | Self::Returning)
    }
}

/// One product of an order, at the price of the moment of ordering.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub product_id: i64,
    pub name: String,
    pub category: String,
    pub quantity: u32,
    pub unit_price: Cents,
}

/// An order as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    pub id: i64,
    pub user_id: i64,
    pub status: Status,
    pub fulfilment: Fulfilment,
    pub items: Vec<Item>,
    pub currency: String,
    pub subtotal: Cents,
    pub discount: Cents,
    pub total: Cents,
    pub refunded: Cents,
    pub coupon: Option<String>,
    pub shipping_address: Option<Address>,
    /// The key of the request that placed it: a repeated request finds the order even if the answer was lost.
    pub idempotency_key: Option<String>,
    pub attempts: i64,
    pub open_payment: Option<String>,
    pub transaction_id: Option<String>,
    pub open_refund: Option<String>,
    pub stock: Stock,
    pub reservation_id: Option<String>,
    /// Why stock is given back.
    pub stock_reason: Option<String>,
    /// Failed tries of the present piece of background work.
    pub tries: i64,
    pub due_at: Option<i64>,
    pub expires_at: Option<i64>,
    /// The span that placed it, for links from background work.
    pub traceparent: String,
    pub created_at: i64,
    pub updated_at: i64,
    pub paid_at: Option<i64>,
    /// Counts saves; a save of an outdated copy is refused.
    pub version: i64,
    /// Changes of status that are not saved yet.
    pub moves: Vec<Move>,
}

impl Order {
    /// The trace that placed the order: 32 hexadecimal digits, or nothing when it was not traced.
    pub fn trace_id(&self) -> &str {
        self.traceparent.split('-').nth(1).unwrap_or_default()
    }

    /// Pieces of all products.
    pub fn quantity(&self) -> u32 {
        self.items.iter().map(|item| item.quantity).sum()
    }

    /// The category that most of the money goes to.
    pub fn top_category(&self) -> &str {
        self.items
            .iter()
            .max_by_key(|item| item.unit_price.0 * i64::from(item.quantity))
            .map_or("", |item| item.category.as_str())
    }

    /// What can still be given back.
    pub fn refundable(&self) -> Cents {
        Cents(self.total.0 - self.refunded.0)
    }

    /// Whether the time to pay is over.
    pub fn is_overdue(&self, now: i64) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }
}

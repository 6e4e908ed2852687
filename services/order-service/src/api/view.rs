//! Orders as clients see them.

use serde::Serialize;
use service_kit::{AppError, rfc3339};
use utoipa::ToSchema;

use crate::money::Cents;
use crate::order::{Address, Fulfilment, Item, Order, Status};
use crate::store::{HistoryEntry, OrderRow, PaymentRow, PaymentState, RefundRow, Store};

/// An order
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderView {
    pub id: i64,
    pub user_id: i64,
    pub status: Status,
    /// How far the parcel has come
    pub fulfilment: Fulfilment,
    pub items: Vec<ItemView>,
    #[schema(value_type = f64)]
    pub subtotal: Cents,
    #[schema(value_type = f64)]
    pub discount: Cents,
    #[schema(value_type = f64, example = 39.98)]
    pub total: Cents,
    #[schema(value_type = f64)]
    pub refunded_total: Cents,
    pub currency: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coupon: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping_address: Option<Address>,
    /// Payments tried so far
    pub payment_attempts: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reservation_id: Option<String>,
    /// Until when the stock is held for the payment
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    pub created_at: String,
    pub updated_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paid_at: Option<String>,
    /// The trace in which the order was placed
    pub trace_id: String,
}

/// One product of an order
#[derive(Debug, Serialize, ToSchema)]
pub struct ItemView {
    pub product_id: i64,
    pub name: String,
    pub category: String,
    pub quantity: u32,
    #[schema(value_type = f64)]
    pub unit_price: Cents,
    #[schema(value_type = f64)]
    pub line_total: Cents,
}

/// An order with everything that happened to it
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderDetails {
    #[serde(flatten)]
    pub order: OrderView,
    pub history: Vec<HistoryView>,
    pub payments: Vec<PaymentView>,
    pub refunds: Vec<RefundView>,
}

/// One change of status
#[derive(Debug, Serialize, ToSchema)]
pub struct HistoryView {
    pub from: Option<String>,
    pub to: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    pub at: String,
    pub trace_id: String,
}

/// One attempt to pay
#[derive(Debug, Serialize, ToSchema)]
pub struct PaymentView {
    pub attempt: i64,
    pub method: String,
    #[schema(value_type = f64)]
    pub amount: Cents,
    pub state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decline_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction_id: Option<String>,
}

/// Money given back
#[derive(Debug, Serialize, ToSchema)]
pub struct RefundView {
    pub refund_id: String,
    #[schema(value_type = f64)]
    pub amount: Cents,
    pub reason: String,
    /// Whether the gateway has confirmed it
    pub done: bool,
}

/// An order in a list
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderSummary {
    pub id: i64,
    pub user_id: i64,
    pub status: String,
    #[schema(value_type = f64)]
    pub total: Cents,
    #[schema(value_type = f64)]
    pub refunded_total: Cents,
    pub currency: String,
    pub created_at: String,
    pub updated_at: String,
}

impl From<Order> for OrderView {
    fn from(order: Order) -> Self {
        let trace_id = order.trace_id().to_owned();
        Self {
            id: order.id,
            user_id: order.user_id,
            status: order.status,
            fulfilment: order.fulfilment,
            items: order.items.into_iter().map(ItemView::from).collect(),
            subtotal: order.subtotal,
            discount: order.discount,
            total: order.total,
            refunded_total: order.refunded,
            currency: order.currency,
            coupon: order.coupon,
            shipping_address: order.shipping_address,
            payment_attempts: order.attempts,
            transaction_id: order.transaction_id,
            reservation_id: order.reservation_id,
            expires_at: order.expires_at.map(rfc3339),
            created_at: rfc3339(order.created_at),
            updated_at: rfc3339(order.updated_at),
            paid_at: order.paid_at.map(rfc3339),
            trace_id,
        }
    }
}

impl From<Item> for ItemView {
    fn from(item: Item) -> Self {
        Self {
            product_id: item.product_id,
            name: item.name,
            category: item.category,
            quantity: item.quantity,
            unit_price: item.unit_price,
            line_total: Cents(item.unit_price.0 * i64::from(item.quantity)),
        }
    }
}

impl From<HistoryEntry> for HistoryView {
    fn from(entry: HistoryEntry) -> Self {
        Self {
            from: entry.from,
            to: entry.to,
            reason: entry.reason,
            at: rfc3339(entry.at),
            trace_id: entry.trace_id,
        }
    }
}

impl From<PaymentRow> for PaymentView {
    fn from(payment: PaymentRow) -> Self {
        Self {
            attempt: payment.attempt,
            method: payment.method,
            amount: payment.amount,
            state: match payment.state {
                PaymentState::Started => "started",
                PaymentState::Authorized => "authorized",
                PaymentState::Declined => "declined",
                PaymentState::Failed => "failed",
                PaymentState::Unknown => "unknown",
            },
            decline_code: payment.decline_code,
            transaction_id: payment.transaction_id,
        }
    }
}

impl From<RefundRow> for RefundView {
    fn from(refund: RefundRow) -> Self {
        Self { refund_id: refund.id, amount: refund.amount, reason: refund.reason, done: refund.done }
    }
}

impl From<OrderRow> for OrderSummary {
    fn from(row: OrderRow) -> Self {
        Self {
            id: row.id,
            user_id: row.user_id,
            status: row.status,
            total: row.total,
            refunded_total: row.refunded,
            currency: row.currency,
            created_at: rfc3339(row.created_at),
            updated_at: rfc3339(row.updated_at),
        }
    }
}

impl OrderDetails {
    /// The order with its history, payments and refunds.
    pub async fn load(store: &Store, order: Order) -> Result<Self, AppError> {
        let id = order.id;
        Ok(Self {
            order: order.into(),
            history: store.history(id).await?.into_iter().map(HistoryView::from).collect(),
            payments: store.payments(id).await?.into_iter().map(PaymentView::from).collect(),
            refunds: store.refunds(id).await?.into_iter().map(RefundView::from).collect(),
        })
    }
}

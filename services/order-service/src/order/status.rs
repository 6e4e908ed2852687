//! The life of an order: its states, which may follow which, and who may ask for it.
//!
//! ```text
//! pending → reserved → pending_payment ⇄ payment_failed / payment_unknown → paid → processing → shipped → delivered
//!    └ rejected            └ cancelled, expired                              └ partially_refunded, refunded, cancelled
//! ```
//!
//! `pending` is the intent written down before stock is touched, so that a crash at any later step finds the order.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Written down; stock not yet reserved.
    Pending,
    /// Stock is held; passed through on the way to `pending_payment`.
    Reserved,
    /// Waiting for the customer's payment.
    PendingPayment,
    /// The last payment was declined or failed; another attempt is allowed.
    PaymentFailed,
    /// The gateway did not answer in time; the outcome is looked up later.
    PaymentUnknown,
    Paid,
    Processing,
    Shipped,
    Delivered,
    /// Given up before shipping, by the customer, an operator, or after the last declined payment.
    Cancelled,
    /// Not paid in time.
    Expired,
    /// Could not be taken: not enough stock, or a dependency did not answer.
    Rejected,
    PartiallyRefunded,
    Refunded,
}

impl Status {
    pub const ALL: [Self; 14] = [
        Self::Pending,
        Self::Reserved,
        Self::PendingPayment,
        Self::PaymentFailed,
        Self::PaymentUnknown,
        Self::Paid,
        Self::Processing,
        Self::Shipped,
        Self::Delivered,
        Self::Cancelled,
        Self::Expired,
        Self::Rejected,
        Self::PartiallyRefunded,
        Self::Refunded,
    ];

    /// The name in JSON, in the database and in log lines.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Reserved => "reserved",
            Self::PendingPayment => "pending_payment",
            Self::PaymentFailed => "payment_failed",
            Self::PaymentUnknown => "payment_unknown",
            Self::Paid => "paid",
            Self::Processing => "processing",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Rejected => "rejected",
            Self::PartiallyRefunded => "partially_refunded",
            Self::Refunded => "refunded",
        }
    }

    /// The status of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// Whether an order may go from `self` to `next` at all, whoever asks.
    pub fn may_become(self, next: Self) -> bool {
        use Status::{
            Cancelled, Delivered, Expired, Paid, PartiallyRefunded, PaymentFailed, PaymentUnknown, Pending,
            PendingPayment, Processing, Refunded, Rejected, Reserved, Shipped,
        };
        match self {
            Pending => matches!(next, Reserved | Rejected),
            Reserved => matches!(next, PendingPayment | Cancelled),
            PendingPayment => {
                matches!(next, Paid | PaymentFailed | PaymentUnknown | Cancelled | Expired)
            }
            PaymentFailed => {
                matches!(next, Paid | PaymentFailed | PaymentUnknown | Cancelled | Expired)
            }
            PaymentUnknown => matches!(next, Paid | PaymentFailed | Cancelled),
            Paid => matches!(next, Processing | Cancelled | PartiallyRefunded | Refunded),
            Processing => matches!(next, Shipped | Cancelled | PartiallyRefunded | Refunded),
            Shipped => matches!(next, Delivered | PartiallyRefunded | Refunded),
            Delivered => matches!(next, PartiallyRefunded | Refunded),
            PartiallyRefunded => {
                matches!(next, Processing | Shipped | Delivered | Cancelled | PartiallyRefunded | Refunded)
            }
            Cancelled | Expired | Rejected | Refunded => false,
        }
    }

    /// Whether a payment may be tried.
    pub fn is_payable(self) -> bool {
        matches!(self, Self::PendingPayment | Self::PaymentFailed)
    }

    /// Whether money has been taken that can be given back.
    pub fn is_refundable(self) -> bool {
        matches!(
            self,
            Self::Paid | Self::Processing | Self::Shipped | Self::Delivered | Self::PartiallyRefunded
        )
    }
}

/// How far a paid order has come on its way to the customer. Kept apart from [`Status`], because a partial refund
/// changes the status and not where the parcel is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fulfilment {
    None,
    Processing,
    Shipped,
    Delivered,
}

impl Fulfilment {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Processing => "processing",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::None, Self::Processing, Self::Shipped, Self::Delivered]
            .into_iter()
            .find(|stage| stage.as_str() == text)
    }

    /// The stage that reaching `status` means, if it means one.
    pub fn reached_by(status: Status) -> Option<Self> {
        match status {
            Status::Processing => Some(Self::Processing),
            Status::Shipped => Some(Self::Shipped),
            Status::Delivered => Some(Self::Delivered),
            _ => None,
        }
    }
}

/// What an operator may set next. Payments and refunds are not in the list: they have endpoints of their own.
pub fn operator_choices(status: Status, stage: Fulfilment) -> &'static [Status] {
    let paid = matches!(
        status,
        Status::Paid | Status::Processing | Status::Shipped | Status::Delivered | Status::PartiallyRefunded
    );
    match (status, stage) {
        (Status::Reserved | Status::PendingPayment | Status::PaymentFailed, _) => &[Status::Cancelled],
        (_, Fulfilment::None) if paid => &[Status::Processing, Status::Cancelled],
        (_, Fulfilment::Processing) if paid => &[Status::Shipped, Status::Cancelled],
        (_, Fulfilment::Shipped) if paid => &[Status::Delivered],
        _ => &[],
    }
}

/// Whether the order can still be cancelled.
pub fn is_cancellable(status: Status, stage: Fulfilment) -> bool {
    operator_choices(status, stage).contains(&Status::Cancelled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for status in Status::ALL {
            assert_eq!(Status::parse(status.as_str()), Some(status));
            assert_eq!(serde_json::to_string(&status).unwrap(), format!("\"{}\"", status.as_str()));
        }
        assert_eq!(Status::parse("PAID"), None);
        assert_eq!(Fulfilment::parse("shipped"), Some(Fulfilment::Shipped));
    }

    #[test]
    fn the_way_through_the_shop() {
        let way = [
            Status::Pending,
            Status::Reserved,
            Status::PendingPayment,
            Status::Paid,
            Status::Processing,
            Status::Shipped,
            Status::Delivered,
            Status::PartiallyRefunded,
            Status::Refunded,
        ];
        for pair in way.windows(2) {
            assert!(pair[0].may_become(pair[1]), "{pair:?}");
            assert!(!pair[1].may_become(pair[0]) || pair[0] == Status::Delivered, "{pair:?} back");
        }
    }

    #[test]
    fn ends_are_ends_and_money_is_never_skipped() {
        for end in [Status::Cancelled, Status::Expired, Status::Rejected, Status::Refunded] {
            assert!(Status::ALL.iter().all(|next| !end.may_become(*next)), "{end:?}");
        }
        for from in [
            Status::Pending,
            Status::Reserved,
            Status::PendingPayment,
            Status::PaymentFailed,
            Status::PaymentUnknown,
        ] {
            for to in [Status::Processing, Status::Shipped, Status::Refunded] {
                assert!(!from.may_become(to), "{from:?} → {to:?}");
            }
        }
        // An unknown payment may have been taken: it must be looked up before the order can expire.
        assert!(!Status::PaymentUnknown.may_become(Status::Expired));
    }

    #[test]
    fn operators_move_one_step_at_a_time() {
        for (status, stage, expected) in [
            (Status::PendingPayment, Fulfilment::None, vec![Status::Cancelled]),
            (Status::Paid, Fulfilment::None, vec![Status::Processing, Status::Cancelled]),
            (Status::Processing, Fulfilment::Processing, vec![Status::Shipped, Status::Cancelled]),
            (Status::Shipped, Fulfilment::Shipped, vec![Status::Delivered]),
            (Status::PartiallyRefunded, Fulfilment::Shipped, vec![Status::Delivered]),
            (Status::PartiallyRefunded, Fulfilment::None, vec![Status::Processing, Status::Cancelled]),
            (Status::Delivered, Fulfilment::Delivered, vec![]),
            (Status::PaymentUnknown, Fulfilment::None, vec![]),
            (Status::Refunded, Fulfilment::Shipped, vec![]),
            (Status::Cancelled, Fulfilment::None, vec![]),
        ] {
            assert_eq!(operator_choices(status, stage), expected, "{status:?} {stage:?}");
            for next in operator_choices(status, stage) {
                assert!(status.may_become(*next), "{status:?} → {next:?}");
            }
        }
    }
}

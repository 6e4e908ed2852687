//! The changes that an order goes through. Each method checks that the change is allowed, then leaves the order in a
//! state from which background work can go on, whatever happens to the request that made the change.

use super::model::{MAX_ATTEMPTS, Order, Stock};
use super::status::{Fulfilment, Status, is_cancellable, operator_choices};
use crate::money::Cents;

/// A change of status that happened, with the reason when there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    pub from: Option<Status>,
    pub to: Status,
    pub reason: Option<String>,
    pub at: i64,
}

/// Why a change is not possible now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the order is {} and cannot become {}", from.as_str(), to.as_str())]
    Transition { from: Status, to: Status, allowed: &'static [Status] },
    #[error("the order is {} and cannot be paid", .0.as_str())]
    NotPayable(Status),
    #[error("the order is already paid")]
    AlreadyPaid,
    #[error("the time to pay is over; the stock is for sale again")]
    Overdue,
    #[error("a payment or refund of this order is under way")]
    Busy,
    #[error("the order is {} and cannot be cancelled", .0.as_str())]
    NotCancellable(Status),
    #[error("the order is {}: there is nothing to refund", .0.as_str())]
    NotRefundable(Status),
    #[error("at most {refundable} can be refunded")]
    OverRefund { refundable: Cents },
}

/// How a payment ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payment {
    Authorized {
        transaction_id: String,
    },
    Declined {
        code: String,
    },
    /// The gateway failed for sure: nothing was taken.
    Failed,
    /// Nobody knows yet.
    Unknown,
}

impl Order {
    fn go(&mut self, to: Status, reason: Option<&str>, now: i64) -> Result<(), Refusal> {
        if !self.status.may_become(to) {
            return Err(Refusal::Transition {
                from: self.status,
                to,
                allowed: operator_choices(self.status, self.fulfilment),
            });
        }
        self.moves.push(Move { from: Some(self.status), to, reason: reason.map(str::to_owned), at: now });
        self.status = to;
        Ok(())
    }

    /// Sets new work on the stock; the present request does it first, background work from `due_at` on.
    fn stock_work(&mut self, stock: Stock, reason: Option<&str>, due_at: i64) {
        self.stock = stock;
        self.stock_reason = reason.map(str::to_owned);
        self.tries = 0;
        self.due_at = Some(due_at);
    }

    /// Stock is held until `expires_at`; the order waits for its payment.
    pub fn reserved(&mut self, reservation_id: String, expires_at: i64, now: i64) -> Result<(), Refusal> {
        self.go(Status::Reserved, None, now)?;
        self.go(Status::PendingPayment, None, now)?;
        self.stock = Stock::Reserved;
        self.reservation_id = Some(reservation_id);
        self.expires_at = Some(expires_at);
        self.tries = 0;
        self.due_at = Some(expires_at);
        Ok(())
    }

    /// The order can't be taken and surely holds no stock.
    pub fn rejected(&mut self, reason: &str, now: i64) -> Result<(), Refusal> {
        self.go(Status::Rejected, Some(reason), now)?;
        self.stock = Stock::Released;
        self.due_at = None;
        Ok(())
    }

    /// The order can't be taken; whether it holds stock is not known, so it is given back.
    pub fn rejected_in_doubt(&mut self, reason: &str, now: i64, lease_until: i64) -> Result<(), Refusal> {
        self.go(Status::Rejected, Some(reason), now)?;
        self.stock_work(Stock::Releasing, Some(reason), lease_until);
        Ok(())
    }

    /// Begins a payment and returns its key. Until it ends, nothing else may happen to the order.
    pub fn start_payment(&mut self, now: i64, lease_until: i64) -> Result<String, Refusal> {
        if self.status.is_refundable() || self.status == Status::Refunded {
            return Err(Refusal::AlreadyPaid);
        }
        if self.open_payment.is_some() {
            return Err(Refusal::Busy);
        }
        if self.status == Status::Expired || (self.status.is_payable() && self.is_overdue(now)) {
            return Err(Refusal::Overdue);
        }
        if !self.status.is_payable() {
            return Err(Refusal::NotPayable(self.status));
        }
        self.attempts += 1;
        let key = format!("{}-{}", self.id, self.attempts);
        self.open_payment = Some(key.clone());
        self.tries = 0;
        self.due_at = Some(lease_until);
        Ok(key)
    }

    /// Ends the payment under way.
    pub fn end_payment(&mut self, payment: &Payment, now: i64, lease_until: i64) -> Result<(), Refusal> {
        match payment {
            Payment::Authorized { transaction_id } => {
                self.go(Status::Paid, None, now)?;
                self.open_payment = None;
                self.transaction_id = Some(transaction_id.clone());
                self.paid_at = Some(now);
                self.expires_at = None;
                self.stock_work(Stock::Committing, None, lease_until);
            }
            Payment::Unknown => {
                if self.status != Status::PaymentUnknown {
                    self.go(Status::PaymentUnknown, Some("gateway_timeout"), now)?;
                }
                self.due_at = Some(lease_until);
            }
            Payment::Declined { code } => self.payment_failed(code, now, lease_until)?,
            Payment::Failed => self.payment_failed("gateway_error", now, lease_until)?,
        }
        Ok(())
    }

    fn payment_failed(&mut self, reason: &str, now: i64, lease_until: i64) -> Result<(), Refusal> {
        self.open_payment = None;
        self.tries = 0;
        self.go(Status::PaymentFailed, Some(reason), now)?;
        if self.attempts >= MAX_ATTEMPTS {
            self.go(Status::Cancelled, Some("payment_declined"), now)?;
            self.expires_at = None;
            self.stock_work(Stock::Releasing, Some("payment_declined"), lease_until);
        } else {
            self.due_at = self.expires_at;
        }
        Ok(())
    }

    /// Gives the order up before it is shipped. Money that was taken goes back: then the id of the refund is used.
    pub fn cancel(
        &mut self,
        reason: &str,
        refund_id: &str,
        now: i64,
        lease_until: i64,
    ) -> Result<Cents, Refusal> {
        if self.open_payment.is_some() || self.open_refund.is_some() {
            return Err(Refusal::Busy);
        }
        if !is_cancellable(self.status, self.fulfilment) {
            return Err(Refusal::NotCancellable(self.status));
        }
        let money_back = if self.status.is_refundable() { self.refundable() } else { Cents::ZERO };
        self.go(Status::Cancelled, Some(reason), now)?;
        self.expires_at = None;
        if money_back > Cents::ZERO {
            self.refunded = self.total;
            self.open_refund = Some(refund_id.to_owned());
        }
        self.give_stock_back(reason, lease_until);
        Ok(money_back)
    }

    fn give_stock_back(&mut self, reason: &str, due_at: i64) {
        let work = match self.stock {
            Stock::Committed => Stock::Returning,
            _ => Stock::Releasing,
        };
        self.stock_work(work, Some(reason), due_at);
    }

    /// Nobody paid in time.
    pub fn expire(&mut self, now: i64, lease_until: i64) -> Result<(), Refusal> {
        self.go(Status::Expired, Some("not_paid_in_time"), now)?;
        self.stock_work(Stock::Releasing, Some("expired"), lease_until);
        Ok(())
    }

    /// An operator moves a paid order along.
    pub fn fulfil(&mut self, to: Status, now: i64) -> Result<(), Refusal> {
        let allowed = operator_choices(self.status, self.fulfilment);
        let stage = Fulfilment::reached_by(to).filter(|_| allowed.contains(&to));
        let Some(stage) = stage else {
            return Err(Refusal::Transition { from: self.status, to, allowed });
        };
        if to == Status::Shipped && self.stock != Stock::Committed {
            return Err(Refusal::Busy);
        }
        self.go(to, None, now)?;
        self.fulfilment = stage;
        Ok(())
    }

    /// Begins to give money back: all that is left, or `amount` of it.
    pub fn start_refund(
        &mut self,
        amount: Option<Cents>,
        refund_id: &str,
        reason: &str,
        now: i64,
        lease_until: i64,
    ) -> Result<Cents, Refusal> {
        if !self.status.is_refundable() {
            return Err(Refusal::NotRefundable(self.status));
        }
        if self.open_refund.is_some() {
            return Err(Refusal::Busy);
        }
        let refundable = self.refundable();
        let amount = amount.unwrap_or(refundable);
        if amount > refundable || amount <= Cents::ZERO {
            return Err(Refusal::OverRefund { refundable });
        }
        self.refunded = Cents(self.refunded.0 + amount.0);
        let to = if self.refunded == self.total { Status::Refunded } else { Status::PartiallyRefunded };
        self.go(to, Some(reason), now)?;
        self.open_refund = Some(refund_id.to_owned());
        self.tries = 0;
        self.due_at = Some(lease_until);
        if to == Status::Refunded && self.fulfilment < Fulfilment::Shipped {
            self.give_stock_back("refunded", lease_until);
        }
        Ok(amount)
    }

    /// A piece of work on money or stock is done. While more is left, whoever holds the lease goes on.
    pub fn settle(&mut self, now: i64) {
        self.tries = 0;
        self.due_at = if self.has_work() {
            self.due_at.or(Some(now))
        } else if self.status.is_payable() {
            self.expires_at
        } else {
            None
        };
    }

    /// Whether money or stock is on its way.
    pub fn has_work(&self) -> bool {
        self.status == Status::Pending
            || self.stock.is_work()
            || self.open_refund.is_some()
            || self.open_payment.is_some()
    }
}

#[cfg(test)]
#[path = "moves_tests.rs"]
mod tests;

//! The closed list of events: the only values that the field `event` of a log line can have, shared by services,
//! generator, dashboards and tests.

use tracing::Level;

macro_rules! events {
    ($($(#[doc = $doc:literal])* $variant:ident = $name:literal, $level:ident;)+) => {
        /// Something that happened in the shop, written as one log line by [`emit!`](crate::emit).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Event {
            $($(#[doc = $doc])* $variant,)+
        }

        impl Event {
            /// Every event, in the order of the list.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The dotted name that log lines carry.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// The level that log lines of this event have.
            pub const fn level(self) -> Level {
                match self {
                    $(Self::$variant => Level::$level,)+
                }
            }
        }
    };
}

events! {
    /// A person opened an account.
    UserRegistered = "user.registered", INFO;
    /// A login with the right password.
    UserLoginSucceeded = "user.login.succeeded", INFO;
    /// A refused login; `reason` says why.
    UserLoginFailed = "user.login.failed", WARN;
    /// A session was ended by its user.
    UserLogout = "user.logout", INFO;
    /// Name or e-mail changed; `changed` names the fields.
    UserProfileUpdated = "user.profile.updated", INFO;
    /// Preferences were replaced.
    UserPreferencesUpdated = "user.preferences.updated", INFO;
    /// A product became a favourite.
    FavoriteAdded = "favorite.added", INFO;
    /// A product is no favourite any more.
    FavoriteRemoved = "favorite.removed", INFO;

    /// A visit to a product's page.
    ProductViewed = "product.viewed", INFO;
    /// A search with results.
    ProductSearched = "product.searched", INFO;
    /// A search that found nothing.
    SearchNoResults = "search.no_results", INFO;
    /// A new product in the catalogue.
    ProductCreated = "product.created", INFO;
    /// A product's data changed.
    ProductUpdated = "product.updated", INFO;
    /// A product left the catalogue.
    ProductDeleted = "product.deleted", INFO;

    /// Stock was set aside for an order.
    InventoryReserved = "inventory.reserved", INFO;
    /// Stock set aside is for sale again.
    InventoryReleased = "inventory.released", INFO;
    /// Stock set aside was sold.
    InventoryCommitted = "inventory.committed", INFO;
    /// Nobody paid in time: the reservation was taken back.
    InventoryReservationExpired = "inventory.reservation_expired", WARN;
    /// Available stock fell to the threshold.
    InventoryLow = "inventory.low", WARN;
    /// An order wanted more than there is.
    InventoryOutOfStock = "inventory.out_of_stock", WARN;
    /// New stock arrived.
    InventoryRestocked = "inventory.restocked", INFO;
    /// Stock figures contradict each other.
    InventoryInconsistent = "inventory.inconsistent", ERROR;
    /// Committing sold stock failed and will be tried again.
    InventoryCommitRetry = "inventory.commit_retry", WARN;

    /// A customer went to the checkout.
    CheckoutStarted = "checkout.started", INFO;
    /// An order was accepted and waits for its payment.
    OrderCreated = "order.created", INFO;
    /// An order was refused; `reason` and `stage` say why and where.
    OrderRejected = "order.rejected", WARN;
    /// An order was paid.
    OrderPaid = "order.paid", INFO;
    /// An order moved on; `from` and `to` say how.
    OrderStatusChanged = "order.status_changed", INFO;
    /// An order was cancelled before shipping.
    OrderCancelled = "order.cancelled", INFO;
    /// An order was not paid in time.
    OrderExpired = "order.expired", WARN;
    /// Money went back to the customer.
    OrderRefunded = "order.refunded", INFO;
    /// A paid order was undone because it could not be fulfilled.
    OrderCompensated = "order.compensated", ERROR;
    /// The gateway accepted a payment.
    PaymentAuthorized = "payment.authorized", INFO;
    /// The gateway declined a payment; `decline_code` says why.
    PaymentDeclined = "payment.declined", WARN;
    /// The gateway gave no usable answer.
    PaymentFailed = "payment.failed", ERROR;
    /// A payment of unknown outcome was settled afterwards.
    PaymentReconciled = "payment.reconciled", WARN;

    /// A repeated request got the stored answer of the first.
    IdempotencyReplayed = "idempotency.replayed", INFO;
    /// Calls to a failing service are refused for a while.
    CircuitOpened = "circuit.opened", WARN;
    /// Calls to a recovered service are let through again.
    CircuitClosed = "circuit.closed", WARN;
    /// Another service did not answer in time.
    DependencyTimeout = "dependency.timeout", ERROR;
    /// A switched-on fault.
    FaultEnabled = "fault.enabled", WARN;
    /// A switched-off fault.
    FaultDisabled = "fault.disabled", WARN;

    /// The generator started a visit.
    SessionStarted = "session.started", INFO;
    /// A visit ended.
    SessionEnded = "session.ended", INFO;
    /// The generator finished a scenario.
    ScenarioCompleted = "scenario.completed", INFO;
    /// A scenario did not go as planned.
    ScenarioFailed = "scenario.failed", WARN;
    /// The generator's order at start went through or not.
    SelfCheckCompleted = "self_check.completed", INFO;
    /// Services are away; the generator waits.
    TrafficPaused = "traffic.paused", WARN;
    /// The generator sends traffic again.
    TrafficResumed = "traffic.resumed", INFO;

    /// One request that a service answered: the line that latency and error panels read.
    HttpRequest = "http.request", INFO;
}

impl Event {
    /// The event with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|event| event.name() == name)
    }
}

/// Writes one log line of an [`Event`](crate::Event): `emit!(OrderPaid { order_id, amount = 12.5 }, "order {order_id} paid")`.
///
/// Fields take tracing's syntax; the level comes from the list.
#[macro_export]
macro_rules! emit {
    ($event:ident { $($fields:tt)* }, $($message:tt)+) => {
        $crate::__tracing::event!(
            target: "shop",
            $crate::Event::$event.level(),
            { event = $crate::Event::$event.name(), $($fields)* },
            $($message)+
        )
    };
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_unique_dotted_and_lower_case() {
        let names: HashSet<&str> = Event::ALL.iter().map(|event| event.name()).collect();
        assert_eq!(names.len(), Event::ALL.len());
        for event in Event::ALL {
            let name = event.name();
            assert!(name.contains('.'), "{name}");
            assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || b"._".contains(&byte)), "{name}");
            assert_eq!(Event::from_name(name), Some(*event));
        }
    }
}

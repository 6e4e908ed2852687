//! The rhythm: each simulated customer has four lanes that tick at their own pace, side by side.

use std::time::Duration;

/// One kind of activity of one simulated customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lane {
    /// Logins, registrations, profiles, favourites.
    User,
    /// Browsing, searching, looking at stock.
    Product,
    /// Orders from the first click to the parcel.
    Order,
    /// Preferences, trending products, refunds, analytics.
    Advanced,
}

impl Lane {
    pub const ALL: [Self; 4] = [Self::User, Self::Product, Self::Order, Self::Advanced];

    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Product => "product",
            Self::Order => "order",
            Self::Advanced => "advanced",
        }
    }

    /// Time between two turns at rate 1.
    pub const fn period(self) -> Duration {
        Duration::from_secs(match self {
            Self::User => 5,
            Self::Product => 4,
            Self::Order => 10,
            Self::Advanced => 15,
        })
    }

    /// How long until the next turn: the period, sped up by `rate`, stretched by `jitter` (around 1).
    pub fn pause(self, rate: f64, jitter: f64) -> Duration {
        Duration::from_secs_f64(self.period().as_secs_f64() * jitter / rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_and_jitter_change_the_pause() {
        assert_eq!(Lane::User.pause(1.0, 1.0), Duration::from_secs(5));
        assert_eq!(Lane::Product.pause(2.0, 1.0), Duration::from_secs(2));
        assert_eq!(Lane::Order.pause(1.0, 0.8), Duration::from_secs(8));
    }
}

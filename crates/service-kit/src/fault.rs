//! Faults that somebody switches on to see what they look like: the closed list of them, and the question that code
//! asks at the place where one may strike.
//!
//! Everything is off at the start and goes off by itself: a fault has a rate, perhaps a latency, and an end. Whoever
//! switches one on or off leaves an event, and every span that one strikes says so in `fault.name`. An exercise is a
//! fault without either: then the telemetry of its consequences is all there is to see.
//!
//! Asking costs one load of an atomic number while everything is off.

mod api;
mod disturb;
mod setting;
mod strain;
mod switch;

use std::time::Duration;

pub(crate) use api::{EXERCISE_PATH, FaultsDoc, routes};
pub(crate) use disturb::disturb;
pub use setting::{Setting, SettingError, Wish};
pub(crate) use strain::start as start_strain;
pub use switch::Faults;

macro_rules! faults {
    ($($variant:ident = $name:literal, rate $rate:literal, latency_ms $latency:expr, $about:literal;)+) => {
        /// Something that can be made to go wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Fault {
            $(#[doc = $about] $variant,)+
        }

        impl Fault {
            /// Every fault, in the order of the list.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name in addresses, events and spans.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// What it does, for people.
            pub const fn about(self) -> &'static str {
                match self {
                    $(Self::$variant => $about,)+
                }
            }

            /// How often it strikes unless told otherwise.
            pub const fn default_rate(self) -> f64 {
                match self {
                    $(Self::$variant => $rate,)+
                }
            }

            /// For how long it holds things up unless told otherwise; `None` when it has no use for a time.
            pub const fn default_latency_ms(self) -> Option<u64> {
                match self {
                    $(Self::$variant => $latency,)+
                }
            }
        }
    };
}

faults! {
    PaymentDeclineRate = "payment_decline_rate", rate 0.5, latency_ms None,
        "The payment gateway declines this share of the payments it would have accepted";
    PaymentGatewayTimeout = "payment_gateway_timeout", rate 0.5, latency_ms Some(5000),
        "The payment gateway takes so long to answer; beyond the shop's patience (2 s) payments end with 504";
    NPlusOne = "n_plus_one", rate 1.0, latency_ms None,
        "Orders ask for the price of each item on its own instead of all at once";
    BrokenContext = "broken_context", rate 0.5, latency_ms None,
        "Calls to other services lose their trace context: traces fall apart";
    ProductSlowSearch = "product_slow_search", rate 0.8, latency_ms Some(2500),
        "Searches wait so long for the database";
    ProductErrorRate = "product_error_rate", rate 0.2, latency_ms None,
        "This share of the requests to the catalogue is answered 500";
    StockOut = "stock_out", rate 1.0, latency_ms None,
        "This share of the products counts as sold out when orders want them";
    NoisyLogs = "noisy_logs", rate 1.0, latency_ms None,
        "Requests write dozens of useless log lines";
    UserServiceDown = "user_service_down", rate 1.0, latency_ms None,
        "The service answers 503, to health checks, too";
    LoginBruteforce = "login_bruteforce", rate 0.5, latency_ms None,
        "A bot guesses passwords: 20 logins a second at rate 1";
    MemoryGrowth = "memory_growth", rate 0.5, latency_ms None,
        "A cache grows up to this share of 256 MiB and is never emptied";
    CpuBurn = "cpu_burn", rate 0.5, latency_ms None,
        "A background job keeps one core busy for this share of the time";
    Exercise = "exercise", rate 1.0, latency_ms None,
        "Breaks nothing: marks in the log that an exercise is under way";
}

impl Fault {
    /// The fault with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|fault| fault.name() == name)
    }

    const fn bit(self) -> u32 {
        1 << self as u32
    }
}

/// A fault has struck: what its setting wants at this place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    /// How long to hold things up.
    pub latency: Duration,
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_unique_and_defaults_are_within_bounds() {
        let names: HashSet<&str> = Fault::ALL.iter().map(|fault| fault.name()).collect();
        assert_eq!(names.len(), Fault::ALL.len());
        for fault in Fault::ALL {
            assert_eq!(Fault::from_name(fault.name()), Some(*fault));
            assert!(fault.name().bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'));
            assert!(!fault.about().is_empty());
            Wish::default().check(*fault).unwrap();
        }
        let bits = Fault::ALL.iter().fold(0, |bits: u32, fault| bits | fault.bit());
        assert_eq!(bits.count_ones() as usize, Fault::ALL.len());
    }
}

//! What happens on each turn of each lane. A plan is a pure function of the seed, the customer, the lane and the turn,
//! so that the same seed always plays the same play, whatever the timing and whatever the shop answers.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use service_kit::seed;

use crate::lane::Lane;
use crate::scenario::{Basket, Card, Ending, Mischief, Scenario};

/// The chance for everything that goes beyond the happy path, so that a learner can calm the shop down.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mix {
    /// Share of turns on which the customer does something wrong on purpose.
    pub failures: f64,
}

impl Default for Mix {
    fn default() -> Self {
        Self { failures: 0.08 }
    }
}

/// One turn: what to do, and how much earlier or later than on the beat the next one comes.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    pub scenario: Scenario,
    pub jitter: f64,
}

/// How many of the seeded accounts are used as customers; the rest are left to the attacker, whose failed logins lock
/// them.
const CUSTOMERS: u32 = 20;
/// Accounts that only see wrong passwords.
pub const VICTIMS: std::ops::RangeInclusive<u32> = 21..=24;
const PRODUCTS: u32 = seed::PRODUCT_COUNT as u32;

const TERMS: &[&str] = &[
    "phone",
    "shirt",
    "lamp",
    "coffee",
    "book",
    "wireless",
    "running",
    "organic",
    "desk",
    "kids",
    "garden",
    "leather",
    "zzzz-nothing",
];

/// The turn number `turn` of `lane` for customer `customer`.
pub fn plan(seed: u64, customer: u32, lane: Lane, turn: u64, mix: Mix) -> Turn {
    let rng = &mut rng_for(seed, customer, lane, turn);
    let jitter = rng.random_range(0.8..1.2);
    let scenario = if rng.random_bool(mix.failures) {
        Scenario::Mischief(mischief(rng, lane))
    } else {
        match lane {
            Lane::User => user_scenario(rng),
            Lane::Product => product_scenario(rng),
            Lane::Order => order_scenario(rng),
            Lane::Advanced => advanced_scenario(rng),
        }
    };
    Turn { scenario, jitter }
}

fn rng_for(seed: u64, customer: u32, lane: Lane, turn: u64) -> StdRng {
    let mut material = [0u8; 32];
    material[..8].copy_from_slice(&seed.to_le_bytes());
    material[8..12].copy_from_slice(&customer.to_le_bytes());
    material[12] = lane as u8;
    material[16..24].copy_from_slice(&turn.to_le_bytes());
    StdRng::from_seed(material)
}

fn account(rng: &mut StdRng) -> u32 {
    // The first account is the one that examples use: it is not disturbed more often than the others.
    rng.random_range(1..=CUSTOMERS)
}

/// Low ids are popular: the square of a uniform number gives the long tail that real catalogues have.
fn product(rng: &mut StdRng) -> u32 {
    let uniform: f64 = rng.random();
    1 + (uniform * uniform * f64::from(PRODUCTS)) as u32
}

fn basket(rng: &mut StdRng) -> Basket {
    let lines = rng.random_range(1..=4);
    Basket((0..lines).map(|_| (product(rng), rng.random_range(1..=3))).collect())
}

fn user_scenario(rng: &mut StdRng) -> Scenario {
    match rng.random_range(0..100) {
        0..30 => Scenario::Login { account: account(rng), logout: rng.random_bool(0.5) },
        30..42 => Scenario::Register { product: product(rng) },
        42..72 => Scenario::Profile { account: account(rng), update: rng.random_bool(0.2) },
        _ => Scenario::Favorites { account: account(rng), add: product(rng), remove: rng.random_bool(0.3) },
    }
}

fn product_scenario(rng: &mut StdRng) -> Scenario {
    match rng.random_range(0..100) {
        0..45 => Scenario::Browse {
            page: rng.random_range(1..=3),
            looks: (0..rng.random_range(1..=3)).map(|_| product(rng)).collect(),
        },
        45..80 => Scenario::Search {
            term: TERMS.choose(rng).copied().unwrap_or("phone"),
            in_category: rng.random_bool(0.3),
        },
        _ => Scenario::Inventory { product: product(rng) },
    }
}

fn order_scenario(rng: &mut StdRng) -> Scenario {
    match rng.random_range(0..100) {
        0..70 => Scenario::Checkout {
            account: account(rng),
            basket: basket(rng),
            card: card(rng),
            ending: match rng.random_range(0..100) {
                0..12 => Ending::Abandon,
                12..18 => Ending::Cancel,
                18..55 => Ending::Pay,
                _ => Ending::PayAndDeliver,
            },
            coupon: rng.random_bool(0.15),
        },
        70..78 => Scenario::GuestOrder,
        78..90 => Scenario::OrderHistory { account: account(rng) },
        _ => Scenario::AdminOrders,
    }
}

fn card(rng: &mut StdRng) -> Card {
    match rng.random_range(0..100) {
        0..50 => Card("tok_visa"),
        50..80 => Card("tok_mastercard"),
        80..94 => Card("tok_amex"),
        94..96 => Card("tok_insufficient_funds"),
        96..98 => Card("tok_do_not_honor"),
        98 => Card("tok_card_expired"),
        _ => Card("tok_fraud_suspected"),
    }
}

fn advanced_scenario(rng: &mut StdRng) -> Scenario {
    match rng.random_range(0..100) {
        0..30 => Scenario::Preferences { account: account(rng), newsletter: rng.random_bool(0.5) },
        30..55 => Scenario::Trending { looks: rng.random_range(1..=3) },
        55..75 => {
            Scenario::Refund { account: account(rng), basket: basket(rng), partial: rng.random_bool(0.6) }
        }
        _ => Scenario::Analytics,
    }
}

fn mischief(rng: &mut StdRng, lane: Lane) -> Mischief {
    let choices: &[Mischief] = match lane {
        Lane::User => &[Mischief::WrongPassword { account: 0 }, Mischief::WeakPassword, Mischief::BadToken],
        Lane::Product => &[Mischief::UnknownProduct, Mischief::UnknownPage, Mischief::ImpatientSearch],
        Lane::Order => &[
            Mischief::BadJson,
            Mischief::UnknownUser,
            Mischief::SoldOut { product: 0 },
            Mischief::EmptyOrder,
            Mischief::DeclinedCard { account: 0 },
        ],
        Lane::Advanced => {
            &[Mischief::UnknownOrder, Mischief::GatewayTimeout { account: 0 }, Mischief::ReplayedOrder]
        }
    };
    match choices.choose(rng).copied().unwrap_or(Mischief::UnknownPage) {
        Mischief::WrongPassword { .. } => Mischief::WrongPassword { account: rng.random_range(VICTIMS) },
        Mischief::SoldOut { .. } => Mischief::SoldOut { product: product(rng) },
        Mischief::DeclinedCard { .. } => Mischief::DeclinedCard { account: account(rng) },
        Mischief::GatewayTimeout { .. } => Mischief::GatewayTimeout { account: account(rng) },
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn play(seed: u64) -> Vec<Turn> {
        let mut turns = Vec::new();
        for customer in 0..3 {
            for lane in Lane::ALL {
                turns.extend((0..200).map(|turn| plan(seed, customer, lane, turn, Mix::default())));
            }
        }
        turns
    }

    #[test]
    fn the_same_seed_plays_the_same_play() {
        assert_eq!(play(7), play(7));
        assert_ne!(play(7), play(8));
        assert_ne!(plan(7, 0, Lane::User, 1, Mix::default()), plan(7, 1, Lane::User, 1, Mix::default()));
    }

    #[test]
    fn every_scenario_has_its_turn() {
        let mut counts = BTreeMap::<&str, usize>::new();
        let turns = play(1);
        for turn in &turns {
            *counts.entry(turn.scenario.name()).or_default() += 1;
            assert!((0.8..1.2).contains(&turn.jitter));
        }
        for name in Scenario::NAMES {
            assert!(counts.contains_key(name), "{name} never happens: {counts:?}");
        }
        let failures = turns.iter().filter(|turn| matches!(turn.scenario, Scenario::Mischief(_))).count();
        let share = failures as f64 / turns.len() as f64;
        assert!((0.05..0.12).contains(&share), "{share}");
    }

    #[test]
    fn a_calm_shop_has_no_mischief_and_ids_stay_in_range() {
        for turn in 0..2000 {
            let scenario = plan(3, 0, Lane::Order, turn, Mix { failures: 0.0 }).scenario;
            assert!(!matches!(scenario, Scenario::Mischief(_)));
            if let Scenario::Checkout { account, basket, .. } = scenario {
                assert!((1..=CUSTOMERS).contains(&account));
                for (product, quantity) in basket.0 {
                    assert!((1..=PRODUCTS).contains(&product) && (1..=3).contains(&quantity));
                }
            }
        }
    }
}

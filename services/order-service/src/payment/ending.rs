//! How the simulated gateway ends a charge: by the test token, else by seeded chance. The dice are thrown for the
//! charge's key, so the same seed gives the same outcomes whatever runs at the same time.

use sha2::{Digest as _, Sha256};

use super::card::Card;

/// The end of a charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    Authorized,
    Declined(&'static str),
    /// The money is taken, the answer never arrives.
    TakenButSilent,
    /// Nothing is taken and no answer arrives.
    LostAndSilent,
    GatewayError,
}

/// Reasons of random declines with their weights; the sum is 100.
const DECLINE_CODES: [(&str, u64); 4] =
    [("insufficient_funds", 55), ("do_not_honor", 25), ("card_expired", 12), ("fraud_suspected", 8)];

/// Numbers thrown for one charge.
pub struct Dice {
    decline: f64,
    code: u64,
    /// Between 0 and 1, for the latency.
    pub pace: f64,
}

impl Dice {
    pub fn throw(seed: u64, key: &str) -> Self {
        let digest = Sha256::new().chain_update(seed.to_le_bytes()).chain_update(key.as_bytes()).finalize();
        let number = |index: usize| {
            let bytes = digest[index * 8..][..8].try_into().unwrap_or([0; 8]);
            u64::from_le_bytes(bytes)
        };
        let share = |index| (number(index) >> 11) as f64 / (1u64 << 53) as f64;
        Self { decline: share(0), code: number(1) % 100, pace: share(2) }
    }

    /// The end of a charge to `card`, when `decline_rate` of ordinary charges are declined.
    pub fn ending(&self, card: &Card, decline_rate: f64) -> Ending {
        match card.ending {
            Some(ending) => ending,
            None if self.decline < decline_rate => Ending::Declined(self.decline_code()),
            None => Ending::Authorized,
        }
    }

    /// Why this charge would be declined.
    pub fn decline_code(&self) -> &'static str {
        let mut rest = self.code;
        for (code, weight) in DECLINE_CODES {
            if rest < weight {
                return code;
            }
            rest -= weight;
        }
        DECLINE_CODES[0].0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::card::find_card;

    #[test]
    fn test_tokens_always_end_the_same_way() {
        for (token, ending) in [
            ("tok_ok", Ending::Authorized),
            ("tok_do_not_honor", Ending::Declined("do_not_honor")),
            ("tok_gateway_timeout", Ending::TakenButSilent),
            ("tok_gateway_lost", Ending::LostAndSilent),
            ("tok_gateway_error", Ending::GatewayError),
        ] {
            let card = find_card(token).unwrap();
            for rate in [0.0, 1.0] {
                assert_eq!(Dice::throw(1, "1-1").ending(&card, rate), ending, "{token}");
            }
        }
    }

    #[test]
    fn chance_is_seeded_and_keeps_the_rate() {
        let card = find_card("tok_visa").unwrap();
        let outcomes = |seed: u64| -> Vec<Ending> {
            (0..10_000).map(|order| Dice::throw(seed, &format!("{order}-1")).ending(&card, 0.025)).collect()
        };
        assert_eq!(outcomes(1), outcomes(1));
        assert_ne!(outcomes(1), outcomes(2));
        let declined = outcomes(1).iter().filter(|end| **end != Ending::Authorized).count();
        assert!((180..320).contains(&declined), "{declined}");
        let never = (0..1000)
            .all(|order| Dice::throw(1, &format!("{order}-1")).ending(&card, 0.0) == Ending::Authorized);
        assert!(never);
    }
}

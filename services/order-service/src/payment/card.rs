//! Card tokens. The shop never sees a card number: clients send a token that the (simulated) gateway handed out. The
//! test tokens below always end the same way (unless a fault is switched on), so lessons and tests are stable; ordinary tokens (`tok_visa`, …) succeed
//! but for the configured share of random declines.

use super::ending::Ending;

/// What the shop may know about a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Card {
    pub token: &'static str,
    pub brand: &'static str,
    pub last4: &'static str,
    /// How the simulated gateway ends a charge; `None`: as chance has it.
    pub(super) ending: Option<Ending>,
}

/// Used when a payment names no card.
pub const DEFAULT_TOKEN: &str = "tok_visa";

const fn card(token: &'static str, brand: &'static str, last4: &'static str, ending: Option<Ending>) -> Card {
    Card { token, brand, last4, ending }
}

const CARDS: &[Card] = &[
    card("tok_visa", "visa", "4242", None),
    card("tok_mastercard", "mastercard", "4444", None),
    card("tok_amex", "amex", "0005", None),
    card("tok_ok", "visa", "0077", Some(Ending::Authorized)),
    card("tok_insufficient_funds", "visa", "9995", Some(Ending::Declined("insufficient_funds"))),
    card("tok_card_expired", "visa", "0069", Some(Ending::Declined("card_expired"))),
    card("tok_fraud_suspected", "mastercard", "0019", Some(Ending::Declined("fraud_suspected"))),
    card("tok_do_not_honor", "mastercard", "0002", Some(Ending::Declined("do_not_honor"))),
    card("tok_gateway_timeout", "visa", "0127", Some(Ending::TakenButSilent)),
    card("tok_gateway_lost", "visa", "0135", Some(Ending::LostAndSilent)),
    card("tok_gateway_error", "visa", "0119", Some(Ending::GatewayError)),
];

/// Why a token is refused. Never contains the token: it might be a card number sent by mistake.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CardError {
    #[error("send a card token, never a card number")]
    LooksLikeANumber,
    #[error("unknown card token: use one of {}", tokens())]
    Unknown,
}

/// The card behind a token.
pub fn find_card(token: &str) -> Result<Card, CardError> {
    if let Some(card) = CARDS.iter().find(|card| card.token == token) {
        return Ok(*card);
    }
    let digits = token.chars().filter(char::is_ascii_digit).count();
    if digits >= 12 {
        return Err(CardError::LooksLikeANumber);
    }
    Err(CardError::Unknown)
}

/// All tokens, for documentation and error messages.
fn tokens() -> String {
    CARDS.iter().map(|card| card.token).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_name_cards_and_errors_do_not_repeat_secrets() {
        assert_eq!(find_card(DEFAULT_TOKEN).unwrap().last4, "4242");
        assert_eq!(find_card("tok_ok").unwrap().ending, Some(Ending::Authorized));
        for number in ["4242424242424242", "4242 4242 4242 4242", "4242-4242-4242-4242"] {
            let error = find_card(number).unwrap_err();
            assert_eq!(error, CardError::LooksLikeANumber);
            assert!(!error.to_string().contains("4242"));
        }
        for unknown in ["", "tok_", "TOK_OK", "💳"] {
            let error = find_card(unknown).unwrap_err();
            assert!(error.to_string().contains("tok_insufficient_funds"), "{error}");
        }
    }
}

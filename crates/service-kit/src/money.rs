//! Money is whole minor units inside (`2599`) and a decimal number in answers and log lines (`25.99`).

/// The decimal amount that answers and log lines show.
pub fn amount(cents: i64) -> f64 {
    // Exact to the cent far beyond any sum of the shop: 2^53 cents.
    cents as f64 / 100.0
}

/// The minor units of a decimal amount, rounded to the nearest; `None` when it is not finite or out of range.
pub fn cents(amount: f64) -> Option<i64> {
    let scaled = (amount * 100.0).round();
    (scaled.is_finite() && scaled.abs() < 9e15).then_some(scaled as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_survive_the_round_trip() {
        for value in [0, 1, 2599, -105, 999_999_999_999] {
            assert_eq!(cents(amount(value)), Some(value));
        }
        for value in [f64::NAN, f64::INFINITY, 1e300] {
            assert_eq!(cents(value), None);
        }
    }
}

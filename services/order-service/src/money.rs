//! Money: whole minor units inside, a decimal at the edges. Floating point never takes part in a sum.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An amount in minor units (cents). Shown and read as a decimal: `1999` is `19.99`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct Cents(pub i64);

/// The largest amount that one order may come to, so that sums over many orders stay far from overflow.
pub const MAX_ORDER: Cents = Cents(10_000_000_000);

impl Cents {
    pub const ZERO: Self = Self(0);

    /// `self × quantity`, or nothing when the result is more than an order may cost.
    pub fn times(self, quantity: u32) -> Option<Self> {
        let total = self.0.checked_mul(i64::from(quantity))?;
        (total <= MAX_ORDER.0).then_some(Self(total))
    }

    /// `self + other`, or nothing when the result is more than an order may cost.
    pub fn plus(self, other: Self) -> Option<Self> {
        let total = self.0.checked_add(other.0)?;
        (total <= MAX_ORDER.0).then_some(Self(total))
    }

    /// The decimal as clients and log lines show it.
    pub fn as_decimal(self) -> f64 {
        self.0 as f64 / 100.0
    }

    /// Reads a decimal with at most two places.
    pub fn from_decimal(value: f64) -> Option<Self> {
        let minor = value * 100.0;
        let rounded = minor.round();
        let exact = value.is_finite() && (minor - rounded).abs() < 1e-6;
        (exact && rounded.abs() <= MAX_ORDER.0 as f64).then_some(Self(rounded as i64))
    }
}

impl fmt::Display for Cents {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let minor = self.0.unsigned_abs();
        write!(formatter, "{sign}{}.{:02}", minor / 100, minor % 100)
    }
}

impl Serialize for Cents {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.as_decimal())
    }
}

impl<'de> Deserialize<'de> for Cents {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = f64::deserialize(deserializer)?;
        Self::from_decimal(value).ok_or_else(|| {
            de::Error::custom(format!(
                "{value} is not an amount: use a number with at most two decimals, such as 19.99"
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_read_and_shown() {
        for (text, cents, shown) in [
            ("19.99", 1999, "19.99"),
            ("0.1", 10, "0.10"),
            ("1e2", 10_000, "100.00"),
            ("0.29", 29, "0.29"),
            ("-5", -500, "-5.00"),
            ("99999999.99", 9_999_999_999, "99999999.99"),
        ] {
            let amount: Cents = serde_json::from_str(text).unwrap();
            assert_eq!(amount.0, cents, "{text}");
            assert_eq!(amount.to_string(), shown);
            let json = serde_json::to_string(&amount).unwrap();
            assert_eq!(serde_json::from_str::<Cents>(&json).unwrap(), amount);
        }
        for text in ["19.999", "1e300", "\"19.99\"", "null", "[]", "100000000.01"] {
            assert!(serde_json::from_str::<Cents>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sums_stop_before_they_overflow() {
        assert_eq!(Cents(1999).times(2), Some(Cents(3998)));
        assert_eq!(Cents(i64::MAX).times(2), None);
        assert_eq!(MAX_ORDER.plus(Cents(1)), None);
        assert_eq!(Cents(i64::MAX).plus(Cents(i64::MAX)), None);
        assert_eq!(Cents(1).plus(Cents(2)), Some(Cents(3)));
    }
}

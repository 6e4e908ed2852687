//! Exact decimal arithmetic for `addf` and its like: 0.1 + 0.2 is 0.3.

/// `mantissa / 10^scale`; `None` of an operation means "too large: use floating point".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Decimal {
    mantissa: i128,
    scale: u32,
}

/// Digits behind the point of a quotient.
const DIVISION_DIGITS: u32 = 16;

impl Decimal {
    pub(crate) fn from_float(value: f64) -> Option<Self> {
        if !value.is_finite() {
            return None;
        }
        let text = format!("{value}");
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let mantissa = format!("{whole}{fraction}").parse().ok()?;
        Some(Self { mantissa, scale: u32::try_from(fraction.len()).ok()? })
    }

    pub(crate) fn to_float(self) -> f64 {
        let text = format!("{}e-{}", self.mantissa, self.scale);
        text.parse().unwrap_or(f64::NAN)
    }

    fn aligned(self, other: Self) -> Option<(i128, i128, u32)> {
        let scale = self.scale.max(other.scale);
        let grow = |decimal: Self| decimal.mantissa.checked_mul(10i128.checked_pow(scale - decimal.scale)?);
        Some((grow(self)?, grow(other)?, scale))
    }

    pub(crate) fn add(self, other: Self) -> Option<Self> {
        let (left, right, scale) = self.aligned(other)?;
        Some(Self { mantissa: left.checked_add(right)?, scale })
    }

    pub(crate) fn sub(self, other: Self) -> Option<Self> {
        self.add(Self { mantissa: other.mantissa.checked_neg()?, ..other })
    }

    pub(crate) fn mul(self, other: Self) -> Option<Self> {
        let mantissa = self.mantissa.checked_mul(other.mantissa)?;
        Some(Self { mantissa, scale: self.scale + other.scale })
    }

    pub(crate) fn div(self, other: Self) -> Option<Self> {
        let (left, right, _) = self.aligned(other)?;
        if right == 0 {
            return None;
        }
        // One digit more than shown, to round half away from zero.
        let quotient = left.checked_mul(10i128.pow(DIVISION_DIGITS + 1))? / right;
        let rounded = (quotient.abs() + 5) / 10 * quotient.signum();
        Some(Self { mantissa: rounded, scale: DIVISION_DIGITS })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact() {
        let decimal = |value| Decimal::from_float(value).unwrap();
        assert_eq!(decimal(0.1).add(decimal(0.2)).unwrap().to_float(), 0.3);
        assert_eq!(decimal(9.5).sub(decimal(4.0)).unwrap().to_float(), 5.5);
        assert_eq!(decimal(1.1).mul(decimal(1.1)).unwrap().to_float(), 1.21);
        assert_eq!(decimal(17.0).div(decimal(5.0)).unwrap().to_float(), 3.4);
        assert_eq!(decimal(2.0).div(decimal(3.0)).unwrap().to_float(), 0.666_666_666_666_666_7);
        assert_eq!(decimal(1.0).div(decimal(0.0)), None);
        assert_eq!(Decimal::from_float(f64::NAN), None);
    }
}

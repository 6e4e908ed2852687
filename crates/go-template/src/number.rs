//! Numbers as Go prints and reads them.

use std::fmt;

/// The shortest text that reads back the same, never with an exponent; `NaN`, `+Inf`, `-Inf`.
pub(crate) struct Plain(pub f64);

impl fmt::Display for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            value if value.is_nan() => f.write_str("NaN"),
            f64::INFINITY => f.write_str("+Inf"),
            f64::NEG_INFINITY => f.write_str("-Inf"),
            value => write!(f, "{value}"),
        }
    }
}

/// As `%v` prints it: like [`Plain`], with an exponent from a million up and below a ten-thousandth.
pub(crate) struct General(pub f64);

impl fmt::Display for General {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.0;
        if !value.is_finite() || value == 0.0 {
            return Plain(value).fmt(f);
        }
        let scientific = format!("{value:e}");
        let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
        let exponent: i32 = exponent.parse().unwrap_or_default();
        if (-4..6).contains(&exponent) {
            return write!(f, "{value}");
        }
        write!(f, "{digits}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_print() {
        for (value, plain, general) in [
            (1.0, "1", "1"),
            (0.1, "0.1", "0.1"),
            (1_572_864.0, "1572864", "1.572864e+06"),
            (100_000.0, "100000", "100000"),
            (0.00001, "0.00001", "1e-05"),
            (-2.5, "-2.5", "-2.5"),
            (f64::INFINITY, "+Inf", "+Inf"),
            (f64::NAN, "NaN", "NaN"),
        ] {
            assert_eq!(Plain(value).to_string(), plain);
            assert_eq!(General(value).to_string(), general);
        }
    }
}

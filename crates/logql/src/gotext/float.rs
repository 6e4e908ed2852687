//! Numbers as Go reads and prints them.

use std::fmt;

use crate::gotext::quote::Quoted;

/// Why a text is no number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("strconv.ParseFloat: parsing {}: {}", Quoted(.text), .problem)]
pub(crate) struct FloatError {
    text: String,
    problem: &'static str,
}

/// Decimal and hexadecimal floating-point numbers, `Inf`, `NaN`.
pub(crate) fn parse(text: &str) -> Result<f64, FloatError> {
    let error = |problem| Err(FloatError { text: text.to_owned(), problem });
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let is = |word: &str| unsigned.eq_ignore_ascii_case(word);
    if unsigned.len() > 2 && unsigned.as_bytes()[1].eq_ignore_ascii_case(&b'x') && unsigned.starts_with('0') {
        let Some(value) = parse_hex(&unsigned[2..]) else { return error("invalid syntax") };
        let value = if text.starts_with('-') { -value } else { value };
        return if value.is_infinite() { error("value out of range") } else { Ok(value) };
    }
    if is("nan") && unsigned.len() < text.len() {
        return error("invalid syntax");
    }
    match text.parse::<f64>() {
        Ok(value) if value.is_infinite() && !is("inf") && !is("infinity") => error("value out of range"),
        Ok(value) => Ok(value),
        Err(_) => error("invalid syntax"),
    }
}

/// `1A.8p-3` after `0x`: the exponent is required.
fn parse_hex(body: &str) -> Option<f64> {
    let (mantissa, exponent) = body.split_once(['p', 'P'])?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut value = 0f64;
    for c in whole.chars().chain(fraction.chars()) {
        value = value * 16.0 + f64::from(c.to_digit(16)?);
    }
    let exponent: i32 = exponent.parse().ok()?;
    let shift = exponent.saturating_sub(i32::try_from(fraction.len() * 4).ok()?);
    Some(value * 2f64.powi(shift.clamp(-2000, 2000)))
}

/// The shortest text that reads back the same, never with an exponent; `NaN`, `+Inf`, `-Inf`.
#[derive(Debug, Clone, Copy)]
pub struct Plain(pub f64);

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
    fn numbers() {
        for (text, expected) in [
            ("1.5", Ok(1.5)),
            ("-0x1p3", Ok(-8.0)),
            ("0x1.8p1", Ok(3.0)),
            ("1e3", Ok(1000.0)),
            ("Inf", Ok(f64::INFINITY)),
            ("-infinity", Ok(f64::NEG_INFINITY)),
            ("1e400", Err("value out of range")),
            ("0x1F", Err("invalid syntax")),
            ("1_000", Err("invalid syntax")),
            ("bogus", Err("invalid syntax")),
            ("", Err("invalid syntax")),
            ("-nan", Err("invalid syntax")),
        ] {
            assert_eq!(parse(text).map_err(|error| error.problem), expected, "{text}");
        }
        assert!(parse("NaN").unwrap().is_nan());
        assert_eq!(parse("x").unwrap_err().to_string(), "strconv.ParseFloat: parsing \"x\": invalid syntax");
    }

    #[test]
    fn numbers_print() {
        for (value, plain, general) in [
            (1.0, "1", "1"),
            (0.1, "0.1", "0.1"),
            (1_572_864.0, "1572864", "1.572864e+06"),
            (100_000.0, "100000", "100000"),
            (1e21, "1000000000000000000000", "1e+21"),
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

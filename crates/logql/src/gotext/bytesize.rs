//! Sizes with units, as people write them: `1.5MiB`, `7 kB`.

use std::fmt;

use crate::gotext::float;

/// Reads a size; units are case-insensitive, a missing unit means bytes.
pub(crate) fn parse(text: &str) -> Result<u64, String> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == ',')).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let value =
        if number.contains(',') { float::parse(&number.replace(',', "")) } else { float::parse(number) };
    let value = value.map_err(|error| error.to_string())?;
    let unit = unit.trim().to_lowercase();
    let Some(scale) = scale(&unit) else { return Err(format!("unhandled size name: {unit}")) };
    let bytes = value * scale;
    if bytes >= 18_446_744_073_709_551_615.0 {
        return Err(format!("too large: {text}"));
    }
    Ok(bytes as u64)
}

fn scale(unit: &str) -> Option<f64> {
    let (base, letter) = match unit {
        "" | "b" => return Some(1.0),
        _ if unit.ends_with("ib") || unit.ends_with('i') => (1024.0f64, unit.trim_end_matches('b')),
        _ => (1000.0, unit),
    };
    let letter =
        if base > 1000.0 { letter.strip_suffix('i')? } else { letter.strip_suffix('b').unwrap_or(letter) };
    let power = match letter {
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        "p" => 5,
        "e" => 6,
        _ => return None,
    };
    Some(base.powi(power))
}

/// Prints a size in decimal units with two significant digits, without a blank: `7.0kB`, `15MB`.
pub(crate) struct HumanBytes(pub u64);

impl fmt::Display for HumanBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [&str; 7] = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
        if self.0 < 10 {
            return write!(f, "{}B", self.0);
        }
        let power = ((self.0 as f64).ln() / 1000f64.ln()).floor() as usize;
        let value = (self.0 as f64 / 1000f64.powi(power as i32) * 10.0 + 0.5).floor() / 10.0;
        let unit = UNITS[power.min(UNITS.len() - 1)];
        if value < 10.0 { write!(f, "{value:.1}{unit}") } else { write!(f, "{value:.0}{unit}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (text, expected) in [
            ("7", Ok(7)),
            ("2 KB", Ok(2000)),
            ("1.5MiB", Ok(1_572_864)),
            ("1kib", Ok(1024)),
            ("1.5B", Ok(1)),
            ("1,024", Ok(1024)),
            ("3k", Ok(3000)),
            ("3Ki", Ok(3072)),
            ("x", Err("strconv.ParseFloat: parsing \"\": invalid syntax")),
            ("5XB", Err("unhandled size name: xb")),
            ("99EB", Err("too large: 99EB")),
        ] {
            assert_eq!(parse(text), expected.map_err(str::to_owned), "{text}");
        }
        for (bytes, text) in
            [(7, "7B"), (7000, "7.0kB"), (15_000_000, "15MB"), (1024, "1.0kB"), (999, "999B")]
        {
            assert_eq!(HumanBytes(bytes).to_string(), text);
        }
    }
}

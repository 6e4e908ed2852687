//! Trace and span identifiers.

use std::fmt;
use std::str::FromStr;

/// 16 bytes; written as 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct TraceId(pub [u8; 16]);

/// 8 bytes; written as 16 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SpanId(pub [u8; 8]);

/// Text that is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseIdError {
    #[error("{0:?} is not a hexadecimal digit")]
    Digit(char),
    #[error("1 to {max} hexadecimal digits are needed, not {found}")]
    Length { max: usize, found: usize },
}

/// Reads up to `2 * N` digits; shorter text counts as having leading zeros.
fn parse_hex<const N: usize>(text: &str) -> Result<[u8; N], ParseIdError> {
    if let Some(other) = text.chars().find(|c| !c.is_ascii_hexdigit()) {
        return Err(ParseIdError::Digit(other));
    }
    if text.is_empty() || text.len() > 2 * N {
        return Err(ParseIdError::Length { max: 2 * N, found: text.len() });
    }
    let padded = format!("{text:0>width$}", width = 2 * N);
    let mut bytes = [0; N];
    hex::decode_to_slice(padded, &mut bytes)
        .map_err(|_| ParseIdError::Length { max: 2 * N, found: text.len() })?;
    Ok(bytes)
}

macro_rules! identifier {
    ($name:ident, $len:literal) => {
        impl $name {
            /// All zeros: not a valid identifier on the wire.
            pub fn is_zero(self) -> bool {
                self.0 == [0; $len]
            }

            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                parse_hex::<$len>(text).map(Self)
            }
        }
    };
}

identifier!(TraceId, 16);
identifier!(SpanId, 8);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_text_has_leading_zeros() {
        let id: TraceId = "1f".parse().unwrap();
        assert_eq!(id.to_string(), format!("{}1f", "0".repeat(30)));
        assert_eq!(id.to_string().parse::<TraceId>().unwrap(), id);
    }

    #[test]
    fn bad_text_is_refused() {
        assert_eq!("xyz".parse::<TraceId>(), Err(ParseIdError::Digit('x')));
        assert_eq!("".parse::<SpanId>(), Err(ParseIdError::Length { max: 16, found: 0 }));
        assert_eq!("0".repeat(33).parse::<TraceId>(), Err(ParseIdError::Length { max: 32, found: 33 }));
    }
}

//! Which characters make up words and literals.

/// A character of an identifier: Unicode letters and, but for the first place, digits.
pub(crate) fn is_identifier(c: char, first: bool) -> bool {
    c == '_' || c.is_alphabetic() || (!first && c.is_numeric())
}

/// Letters of duration units, as they may follow a number.
pub(crate) fn is_duration_unit(c: char) -> bool {
    matches!(c, 'n' | 's' | 'u' | 'm' | 'h' | 'µ' | 'μ' | 'd' | 'w' | 'y')
}

/// Letters of byte units, as they may follow a number.
pub(crate) fn is_byte_unit(c: char) -> bool {
    matches!(c, 'B' | 'i' | 'k' | 'K' | 'M' | 'G' | 'T' | 'P')
}

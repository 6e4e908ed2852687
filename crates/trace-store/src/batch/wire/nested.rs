//! Checks values that are kept as they came: arrays, key-value lists, and the attributes of resources and scopes.

use super::Unusual;
use super::fields::{Content, Fields};

/// Deeper values are left to the decoder of messages, which refuses them.
const MAX_DEPTH: usize = 32;

/// Checks a `KeyValue` whose key and text are not to be longer than `limit`.
pub(super) fn check_pair(pair: &[u8], limit: usize) -> Result<(), Unusual> {
    pair_at(pair, limit, 0)
}

/// Checks the bytes of an `AnyValue` whose texts may have any length, such as those in arrays.
pub(super) fn check_value(value: &[u8]) -> Result<(), Unusual> {
    value_at(value, usize::MAX, 0)
}

fn pair_at(pair: &[u8], limit: usize, depth: usize) -> Result<(), Unusual> {
    let mut fields = Fields::of(pair);
    let mut has_value = false;
    while let Some((number, content)) = fields.next()? {
        match (number, content) {
            (1, Content::Bytes(key)) => check_text(key, limit)?,
            (2, Content::Bytes(value)) if !has_value => {
                has_value = true;
                value_at(value, limit, depth)?;
            }
            // A key by its number in a dictionary is for profiles only.
            (1..=3, _) => return Err(Unusual),
            _ => {}
        }
    }
    Ok(())
}

fn value_at(value: &[u8], limit: usize, depth: usize) -> Result<(), Unusual> {
    if depth == MAX_DEPTH {
        return Err(Unusual);
    }
    let mut fields = Fields::of(value);
    let mut values = 0;
    while let Some((number, content)) = fields.next()? {
        values += u32::from((1..=8).contains(&number));
        match (number, content) {
            (1, Content::Bytes(text)) => check_text(text, limit)?,
            (2 | 3, Content::Varint(_)) | (4, Content::Fixed64(_)) | (7, Content::Bytes(_)) => {}
            (5, Content::Bytes(array)) => {
                each_element(array, |element| value_at(element, usize::MAX, depth + 1))?;
            }
            (6, Content::Bytes(list)) => {
                each_element(list, |pair| pair_at(pair, usize::MAX, depth + 1))?;
            }
            (1..=8, _) => return Err(Unusual),
            _ => {}
        }
    }
    // Of several values the last counts, but lists would be joined.
    if values > 1 { Err(Unusual) } else { Ok(()) }
}

fn each_element(list: &[u8], mut check: impl FnMut(&[u8]) -> Result<(), Unusual>) -> Result<(), Unusual> {
    let mut fields = Fields::of(list);
    while let Some((number, content)) = fields.next()? {
        match (number, content) {
            (1, Content::Bytes(element)) => check(element)?,
            (1, _) => return Err(Unusual),
            _ => {}
        }
    }
    Ok(())
}

fn check_text(text: &[u8], limit: usize) -> Result<(), Unusual> {
    if text.len() > limit || std::str::from_utf8(text).is_err() { Err(Unusual) } else { Ok(()) }
}

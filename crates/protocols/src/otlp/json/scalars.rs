//! Scalars of protobuf's JSON mapping that serde's own rules do not cover.

use std::fmt;

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;
use serde::de::{Deserializer, Error, Unexpected, Visitor};

use super::super::{SeverityNumber, span, status};

/// Standard alphabet, padding optional.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
const BASE64_URL: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// An id of `N` bytes in hexadecimal, or nothing at all.
pub(super) fn hex_id<'de, D: Deserializer<'de>, const N: usize>(
    deserializer: D,
) -> Result<Vec<u8>, D::Error> {
    let text = Option::<std::borrow::Cow<'de, str>>::deserialize(deserializer)?.unwrap_or_default();
    if text.is_empty() {
        return Ok(Vec::new());
    }
    if text.len() != 2 * N {
        return Err(D::Error::custom(format_args!(
            "an id needs {} hexadecimal digits, not {}",
            2 * N,
            text.len()
        )));
    }
    hex::decode(text.as_bytes())
        .map_err(|error| D::Error::custom(format_args!("an id is not hexadecimal: {error}")))
}

/// A number, or a number as text.
struct Integer;

impl Visitor<'_> for Integer {
    type Value = Option<i128>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an integer, as a number or as text")
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Some(value.into()))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Some(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        // Some clients write whole numbers as 1.7e18.
        if value.fract() == 0.0 && value.abs() < 1e19 {
            Ok(Some(value as i128))
        } else {
            Err(E::invalid_value(Unexpected::Float(value), &self))
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        text.trim().parse().map(Some).map_err(|_| E::invalid_value(Unexpected::Str(text), &self))
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

pub(super) fn unsigned<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<i128> + Default,
{
    match deserializer.deserialize_any(Integer)? {
        Some(value) => {
            T::try_from(value).map_err(|_| D::Error::custom(format_args!("{value} is out of range")))
        }
        None => Ok(T::default()),
    }
}

pub(super) fn signed<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    deserializer
        .deserialize_any(Integer)?
        .map(|value| {
            i64::try_from(value).map_err(|_| D::Error::custom(format_args!("{value} is out of range")))
        })
        .transpose()
}

/// Numbers, numbers as text, `NaN`, `Infinity`, `-Infinity`.
struct Double;

impl Visitor<'_> for Double {
    type Value = Option<f64>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, as a number or as text")
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Some(value as f64))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Some(value as f64))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Some(value))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        text.parse().map(Some).map_err(|_| E::invalid_value(Unexpected::Str(text), &self))
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

pub(super) fn double<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    deserializer.deserialize_any(Double)
}

pub(super) fn base64_bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<u8>>, D::Error> {
    let Some(text) = Option::<std::borrow::Cow<'de, str>>::deserialize(deserializer)? else {
        return Ok(None);
    };
    BASE64
        .decode(text.as_bytes())
        .or_else(|_| BASE64_URL.decode(text.as_bytes()))
        .map(Some)
        .map_err(|error| D::Error::custom(format_args!("bytesValue is not base64: {error}")))
}

/// A protobuf enumeration by its names.
pub(super) trait Names {
    fn by_name(name: &str) -> Option<i32>;
}

impl Names for span::SpanKind {
    fn by_name(name: &str) -> Option<i32> {
        Self::from_str_name(name).map(|kind| kind as i32)
    }
}

impl Names for status::StatusCode {
    fn by_name(name: &str) -> Option<i32> {
        Self::from_str_name(name).map(|code| code as i32)
    }
}

impl Names for SeverityNumber {
    fn by_name(name: &str) -> Option<i32> {
        Self::from_str_name(name).map(|number| number as i32)
    }
}

pub(super) fn enumeration<'de, D: Deserializer<'de>, E: Names>(deserializer: D) -> Result<i32, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum NumberOrName<'a> {
        Number(i32),
        Name(std::borrow::Cow<'a, str>),
    }
    match Option::<NumberOrName<'_>>::deserialize(deserializer)? {
        None => Ok(0),
        Some(NumberOrName::Number(number)) => Ok(number),
        Some(NumberOrName::Name(name)) => E::by_name(&name)
            .ok_or_else(|| D::Error::custom(format_args!("unknown enumeration value {name:?}"))),
    }
}

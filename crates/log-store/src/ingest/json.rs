//! `{"streams":[{"stream":{"name":"value"},"values":[["<ns>","line",{"name":"value"}]]}]}`

use std::borrow::Cow;
use std::fmt;

use model::{Labels, TimestampNanos};
use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::accept::Acceptor;
use super::body::PushError;

#[derive(serde::Deserialize)]
struct Push<'a> {
    #[serde(borrow, default)]
    streams: Option<Vec<Stream<'a>>>,
}

#[derive(serde::Deserialize)]
struct Stream<'a> {
    #[serde(borrow, default)]
    stream: Pairs<'a>,
    #[serde(borrow, default)]
    values: Option<Vec<Value<'a>>>,
}

pub(super) fn decode(body: &[u8], acceptor: &mut Acceptor<'_>) -> Result<(), PushError> {
    let malformed =
        |error: serde_json::Error| PushError::Malformed(format!("the JSON body cannot be read: {error}"));
    // Checked as a whole, so that strings can be borrowed from it.
    let text = std::str::from_utf8(body).map(Cow::Borrowed).unwrap_or_else(|_| String::from_utf8_lossy(body));
    if text.trim() == "null" {
        return Ok(()); // a request without streams, which is refused as such
    }
    if !text.trim_start().starts_with('{') && !text.trim_start().is_empty() {
        return Err(PushError::Malformed("the JSON body cannot be read: it is not an object".to_owned()));
    }
    let push: Push<'_> = serde_json::from_str(&text).map_err(malformed)?;
    for stream in push.streams.unwrap_or_default() {
        let pairs = stream.stream.0.into_iter();
        let labels =
            Labels::new(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect());
        let Some(stream_id) = acceptor.stream(labels) else { continue };
        for value in stream.values.unwrap_or_default() {
            let pairs = value.metadata.0.iter().map(|(name, value)| (&**name, &**value));
            acceptor.entry(stream_id, value.timestamp, &value.line, pairs);
        }
    }
    Ok(())
}

/// The pairs of a JSON object in its order; values that are not strings are taken as their text.
#[derive(Default)]
struct Pairs<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'de: 'a, 'a> Deserialize<'de> for Pairs<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PairsVisitor;
        impl<'de> Visitor<'de> for PairsVisitor {
            type Value = Pairs<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with labels")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some((Text(name), Text(value))) = map.next_entry()? {
                    pairs.push((name, value));
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(PairsVisitor)
    }
}

/// A string, borrowed where it has no escapes; other scalars as their text.
struct Text<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(number.to_string())))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(number.to_string())))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(number.to_string())))
            }

            fn visit_bool<E>(self, flag: bool) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(flag.to_string())))
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed("null")))
            }
        }
        deserializer.deserialize_any(TextVisitor)
    }
}

struct Value<'a> {
    timestamp: TimestampNanos,
    line: Cow<'a, str>,
    metadata: Metadata<'a>,
}

/// Structured metadata: unlike labels, its values must be strings.
#[derive(Default)]
struct Metadata<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'de: 'a, 'a> Deserialize<'de> for Metadata<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MetadataVisitor;
        impl<'de> Visitor<'de> for MetadataVisitor {
            type Value = Metadata<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of strings as structured metadata")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(Text(name)) = map.next_key()? {
                    let value: Str<'de> = map.next_value()?;
                    pairs.push((name, value.0));
                }
                Ok(Metadata(pairs))
            }
        }
        deserializer.deserialize_map(MetadataVisitor)
    }
}

/// A string and nothing else.
#[derive(serde::Deserialize)]
struct Str<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Value<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ValueVisitor;
        impl<'de> Visitor<'de> for ValueVisitor {
            type Value = Value<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("[\"<nanoseconds>\", \"line\", {\"name\": \"value\"}]")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let Str(text) = seq.next_element()?.ok_or_else(|| A::Error::invalid_length(0, &self))?;
                let timestamp = text.parse().map_err(|_| {
                    A::Error::custom(format!("{text:?} is not a timestamp: integer nanoseconds as a string"))
                })?;
                let line = seq.next_element::<Str<'de>>()?.map_or(Cow::Borrowed(""), |line| line.0);
                let metadata = seq.next_element::<Option<Metadata<'de>>>()?.flatten().unwrap_or_default();
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Value { timestamp: TimestampNanos(timestamp), line, metadata })
            }
        }
        deserializer.deserialize_seq(ValueVisitor)
    }
}

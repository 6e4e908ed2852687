//! `{"streams":[{"stream":{"name":"value"},"values":[["<ns>","line",{"name":"value"}]]}]}`

use std::borrow::Cow;
use std::fmt;

use model::{Labels, TimestampNanos};
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::value::RawValue;

use super::accept::Acceptor;
use super::body::PushError;
use super::envelope::{self, ReadStream};

pub(super) fn decode(body: &[u8], acceptor: &mut Acceptor<'_>) -> Result<(), PushError> {
    // Checked as a whole, so that strings can be borrowed from it.
    let text = std::str::from_utf8(body).map(Cow::Borrowed).unwrap_or_else(|_| String::from_utf8_lossy(body));
    envelope::read(&text, &mut Streams(acceptor))
}

/// Takes streams as they come, entry by entry.
struct Streams<'s, 'a>(&'s mut Acceptor<'a>);

impl ReadStream for Streams<'_, '_> {
    fn read<'de, D: Deserializer<'de>>(&mut self, stream: D) -> Result<(), D::Error> {
        stream.deserialize_map(StreamVisitor(self.0))
    }
}

struct StreamVisitor<'s, 'a>(&'s mut Acceptor<'a>);

impl<'de> Visitor<'de> for StreamVisitor<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with the labels and the entries of a stream")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut announced: Option<Option<u32>> = None;
        let mut has_values = false;
        // Values that stand before the labels wait as text.
        let mut waiting: Option<&'de RawValue> = None;
        while let Some(Text(key)) = map.next_key()? {
            match (&*key, announced) {
                ("stream", None) => announced = Some(announce(self.0, map.next_value()?)),
                ("stream", Some(_)) => return Err(A::Error::duplicate_field("stream")),
                ("values", _) if has_values => return Err(A::Error::duplicate_field("values")),
                ("values", Some(stream)) => {
                    has_values = true;
                    map.next_value_seed(Values { acceptor: self.0, stream })?;
                }
                ("values", None) => {
                    has_values = true;
                    waiting = Some(map.next_value()?);
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        let stream = announced.unwrap_or_else(|| announce(self.0, Pairs::default()));
        if let Some(values) = waiting {
            let mut values = serde_json::Deserializer::from_str(values.get());
            let read = Values { acceptor: self.0, stream }.deserialize(&mut values);
            read.map_err(A::Error::custom)?;
        }
        Ok(())
    }
}

fn announce(acceptor: &mut Acceptor<'_>, pairs: Pairs<'_>) -> Option<u32> {
    let pairs = pairs.0.into_iter().map(|(name, value)| (name.into_owned(), value.into_owned()));
    acceptor.stream(Labels::new(pairs.collect()))
}

/// The entries of a stream; those of a refused one must be well-formed, too.
struct Values<'s, 'a> {
    acceptor: &'s mut Acceptor<'a>,
    stream: Option<u32>,
}

impl<'de> DeserializeSeed<'de> for Values<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de> Visitor<'de> for Values<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of entries")
    }

    fn visit_none<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some(value) = seq.next_element::<Value<'de>>()? {
            if let Some(stream) = self.stream {
                let pairs = value.metadata.0.iter().map(|(name, value)| (&**name, &**value));
                self.acceptor.entry(stream, value.timestamp, &value.line, pairs);
            }
        }
        Ok(())
    }
}

/// Pairs of one object. Far more than the limits of labels and structured metadata allow: beyond it nothing is counted.
const MAX_PAIRS: usize = 1 << 16;

fn push_pair<'a, E: serde::de::Error>(
    pairs: &mut Vec<(Cow<'a, str>, Cow<'a, str>)>,
    pair: (Cow<'a, str>, Cow<'a, str>),
) -> Result<(), E> {
    if pairs.len() == MAX_PAIRS {
        return Err(E::custom(format_args!("an object has more than {MAX_PAIRS} pairs")));
    }
    pairs.push(pair);
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
                    push_pair(&mut pairs, (name, value))?;
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(PairsVisitor)
    }
}

/// A string, borrowed where it has no escapes; other scalars as their text.
pub(super) struct Text<'a>(pub Cow<'a, str>);

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
                    push_pair(&mut pairs, (name, value.0))?;
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

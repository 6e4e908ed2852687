//! `{"streams":[…]}`, read stream by stream: a push that is all brackets and commas must not fill the memory with empty
//! streams before the first of them is looked at.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::body::PushError;
use super::json::Text;

/// Takes the streams of a push, one after the other.
pub(super) trait ReadStream {
    fn read<'de, D: Deserializer<'de>>(&mut self, stream: D) -> Result<(), D::Error>;
}

/// Reads a whole push. `null` is a push without streams, which is refused as such.
pub(super) fn read(text: &str, streams: &mut impl ReadStream) -> Result<(), PushError> {
    let malformed =
        |why: &dyn fmt::Display| PushError::Malformed(format!("the JSON body cannot be read: {why}"));
    let start = text.trim_start();
    if start.trim_end() == "null" {
        return Ok(());
    }
    if !start.is_empty() && !start.starts_with('{') {
        return Err(malformed(&"it is not an object"));
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    deserializer
        .deserialize_map(Push(streams))
        .and_then(|()| deserializer.end())
        .map_err(|error| malformed(&error))
}

struct Push<'s, R>(&'s mut R);

impl<'de, R: ReadStream> Visitor<'de> for Push<'_, R> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with streams")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut has_streams = false;
        while let Some(Text(key)) = map.next_key()? {
            match &*key {
                "streams" if has_streams => return Err(A::Error::duplicate_field("streams")),
                "streams" => {
                    has_streams = true;
                    map.next_value_seed(Streams(&mut *self.0))?;
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

struct Streams<'s, R>(&'s mut R);

impl<'de, R: ReadStream> DeserializeSeed<'de> for Streams<'_, R> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de, R: ReadStream> Visitor<'de> for Streams<'_, R> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of streams")
    }

    fn visit_none<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element_seed(One(&mut *self.0))?.is_some() {}
        Ok(())
    }
}

struct One<'s, R>(&'s mut R);

impl<'de, R: ReadStream> DeserializeSeed<'de> for One<'_, R> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.0.read(deserializer)
    }
}

//! The text of a value: what OpenTelemetry's collector writes for it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use protocols::otlp::AnyValue;
use protocols::otlp::any_value::Value;

use crate::gojson;

/// Scalars as they are, bytes in base64, lists and maps as JSON. No value is no text.
pub(super) fn text(value: &AnyValue) -> Cow<'_, str> {
    match &value.value {
        None | Some(Value::StringValueStrindex(_)) => Cow::Borrowed(""),
        Some(Value::StringValue(text)) => Cow::Borrowed(text),
        Some(Value::BoolValue(flag)) => Cow::Borrowed(if *flag { "true" } else { "false" }),
        Some(Value::IntValue(number)) => Cow::Owned(number.to_string()),
        Some(Value::DoubleValue(number)) => Cow::Owned(float(*number)),
        Some(Value::BytesValue(bytes)) => Cow::Owned(STANDARD.encode(bytes)),
        Some(Value::ArrayValue(_) | Value::KvlistValue(_)) => Cow::Owned(json(value)),
    }
}

fn float(number: f64) -> String {
    if number.is_finite() {
        return json_float(number);
    }
    let name = if number.is_nan() {
        "NaN"
    } else if number > 0.0 {
        "+Inf"
    } else {
        "-Inf"
    };
    format!("json: unsupported value: {name}")
}

/// As Go's JSON encoder writes it: an exponent for the very large and the very small only.
fn json_float(number: f64) -> String {
    let size = number.abs();
    if size == 0.0 || (1e-6..1e21).contains(&size) {
        number.to_string()
    } else if size >= 1e21 {
        format!("{number:e}").replace('e', "e+")
    } else {
        format!("{number:e}")
    }
}

fn json(value: &AnyValue) -> String {
    let mut out = String::new();
    match write_json(value, &mut out) {
        Some(()) => gojson::escaped(&out).into_owned(),
        // A number that JSON cannot hold makes the whole unwritable.
        None => String::new(),
    }
}

fn write_json(value: &AnyValue, out: &mut String) -> Option<()> {
    match &value.value {
        None | Some(Value::StringValueStrindex(_)) => out.push_str("null"),
        Some(Value::StringValue(text)) => write_string(text, out)?,
        Some(Value::BoolValue(flag)) => write!(out, "{flag}").ok()?,
        Some(Value::IntValue(number)) => write!(out, "{number}").ok()?,
        Some(Value::DoubleValue(number)) if number.is_finite() => out.push_str(&json_float(*number)),
        Some(Value::DoubleValue(_)) => return None,
        Some(Value::BytesValue(bytes)) => write!(out, "\"{}\"", STANDARD.encode(bytes)).ok()?,
        Some(Value::ArrayValue(list)) => {
            out.push('[');
            for (at, item) in list.values.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_json(item, out)?;
            }
            out.push(']');
        }
        Some(Value::KvlistValue(list)) => {
            // Keys in order; of equal ones the last.
            let pairs: BTreeMap<_, _> = list.values.iter().map(|pair| (&pair.key, &pair.value)).collect();
            out.push('{');
            for (at, (key, item)) in pairs.into_iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_string(key, out)?;
                out.push(':');
                match item {
                    Some(item) => write_json(item, out)?,
                    None => out.push_str("null"),
                }
            }
            out.push('}');
        }
    }
    Some(())
}

fn write_string(text: &str, out: &mut String) -> Option<()> {
    out.push_str(&serde_json::to_string(text).ok()?);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocols::otlp::{ArrayValue, KeyValue, KeyValueList};

    fn any(value: Value) -> AnyValue {
        AnyValue { value: Some(value) }
    }

    #[test]
    fn values_have_the_collectors_text() {
        let pair =
            |key: &str, value| KeyValue { key: key.to_owned(), value: Some(any(value)), key_strindex: 0 };
        let list = Value::ArrayValue(ArrayValue {
            values: vec![any(Value::IntValue(1)), any(Value::StringValue("<a>".into())), AnyValue::default()],
        });
        let map = Value::KvlistValue(KeyValueList {
            values: vec![
                pair("b", Value::BytesValue(vec![1, 2])),
                pair("a", Value::DoubleValue(3.5)),
                pair("b", list.clone()),
            ],
        });
        for (value, text) in [
            (Value::StringValue("x <y>".into()), "x <y>"),
            (Value::BoolValue(true), "true"),
            (Value::IntValue(-7), "-7"),
            (Value::DoubleValue(3.0), "3"),
            (Value::DoubleValue(0.1), "0.1"),
            (Value::DoubleValue(1e21), "1e+21"),
            (Value::DoubleValue(1.5e-7), "1.5e-7"),
            (Value::DoubleValue(f64::INFINITY), "json: unsupported value: +Inf"),
            (Value::BytesValue(b"\x01\x02hi".to_vec()), "AQJoaQ=="),
            (list, r#"[1,"\u003ca\u003e",null]"#),
            (map, r#"{"a":3.5,"b":[1,"\u003ca\u003e",null]}"#),
            (Value::ArrayValue(ArrayValue { values: vec![any(Value::DoubleValue(f64::NAN))] }), ""),
        ] {
            assert_eq!(super::text(&any(value)), text);
        }
    }
}

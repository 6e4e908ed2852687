//! Results of TraceQL as messages of Tempo's API.

use protocols::otlp::{AnyValue, ArrayValue, KeyValue, any_value};
use traceql::OwnedValue;

pub(super) fn attributes(pairs: &[(String, OwnedValue)]) -> Vec<KeyValue> {
    pairs
        .iter()
        .map(|(key, value)| KeyValue { key: key.clone(), value: Some(to_any(value)), key_strindex: 0 })
        .collect()
}

fn to_any(value: &OwnedValue) -> AnyValue {
    let value = match value {
        OwnedValue::Nil => any_value::Value::StringValue("nil".to_owned()),
        OwnedValue::Bool(value) => any_value::Value::BoolValue(*value),
        OwnedValue::Int(number) => any_value::Value::IntValue(*number),
        OwnedValue::Float(number) => any_value::Value::DoubleValue(*number),
        OwnedValue::Str(text) => any_value::Value::StringValue(text.clone()),
        OwnedValue::Array(list) => {
            any_value::Value::ArrayValue(ArrayValue { values: list.iter().map(to_any).collect() })
        }
    };
    AnyValue { value: Some(value) }
}

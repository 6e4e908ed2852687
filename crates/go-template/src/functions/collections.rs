//! Lists and maps that templates build, and JSON.

use std::collections::BTreeMap;

use crate::functions::Outcome;
use crate::value::Value;

/// How many values a value may hold in all, and how deep, to become part of another one: what templates build in loops
/// stays small enough to be printed and dropped.
const VALUES_MAX: usize = 10_000;
const DEPTH_MAX: usize = 100;

fn check(args: &[Value]) -> Result<(), String> {
    let mut left = VALUES_MAX;
    if args.iter().all(|value| weigh(value, DEPTH_MAX, &mut left)) {
        Ok(())
    } else {
        Err("the value is too large or nested too deeply".to_owned())
    }
}

fn weigh(value: &Value, depth: usize, left: &mut usize) -> bool {
    if depth == 0 || *left == 0 {
        return false;
    }
    *left -= 1;
    match value {
        Value::List(list) => list.iter().all(|value| weigh(value, depth - 1, left)),
        Value::Map(map) => map.values().all(|value| weigh(value, depth - 1, left)),
        Value::Record(record) => record.fields.values().all(|value| weigh(value, depth - 1, left)),
        _ => true,
    }
}

pub(crate) fn args(args: &[Value]) -> Outcome {
    check(args)?;
    let all = args.iter().enumerate().map(|(at, value)| (format!("arg{at}"), value.clone()));
    Ok(Value::from(all.collect::<BTreeMap<_, _>>()))
}

pub(crate) fn first(args: &[Value]) -> Outcome {
    match &args[0] {
        Value::List(list) => {
            list.first().cloned().ok_or_else(|| "first() called on an empty list".to_owned())
        }
        other => Err(format!("first() called on {}", other.type_name())),
    }
}

pub(crate) fn dict(args: &[Value]) -> Outcome {
    check(args)?;
    let mut map = BTreeMap::new();
    for pair in args.chunks(2) {
        map.insert(pair[0].to_string(), pair.get(1).cloned().unwrap_or_else(|| Value::from("")));
    }
    Ok(Value::from(map))
}

pub(crate) fn slice(args: &[Value]) -> Outcome {
    check(args)?;
    Ok(Value::from(args.to_vec()))
}

/// The value, then the list.
pub(crate) fn append(args: &[Value]) -> Outcome {
    check(args)?;
    match &args[1] {
        Value::List(list) => {
            let mut list = list.as_ref().clone();
            list.push(args[0].clone());
            Ok(Value::from(list))
        }
        other => Err(format!("can't append to {}", other.type_name())),
    }
}

pub(crate) fn to_json(args: &[Value]) -> Outcome {
    check(args)?;
    Ok(Value::from(json(&args[0]).to_string()))
}

/// The indentation, then the value.
pub(crate) fn to_json_pretty(args: &[Value]) -> Outcome {
    check(&args[1..])?;
    let text = serde_json::to_string_pretty(&json(&args[1])).map_err(|error| error.to_string())?;
    let indentation = args[0].text()?;
    let lines = text.lines().map(|line| {
        let body = line.trim_start_matches(' ');
        indentation.repeat((line.len() - body.len()) / 2) + body
    });
    Ok(Value::from(lines.collect::<Vec<_>>().join("\n")))
}

pub(crate) fn from_json(args: &[Value]) -> Outcome {
    serde_json::from_str(args[0].text()?).map(value).map_err(|error| error.to_string())
}

fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Nil => serde_json::Value::Null,
        Value::Bool(value) => (*value).into(),
        Value::Int(value) => (*value).into(),
        Value::Float(value) => (*value).into(),
        Value::Text(text) => text.as_ref().into(),
        Value::Time(time) => time.format("2006-01-02T15:04:05.999999999Z07:00").into(),
        Value::Texts(texts) => texts.iter().map(|(key, text)| (key.clone(), text.as_str())).collect(),
        Value::List(list) => list.iter().map(json).collect(),
        Value::Map(map) => map.iter().map(|(key, value)| (key.clone(), json(value))).collect(),
        Value::Record(record) => {
            record.fields.iter().map(|(key, value)| (key.clone(), json(value))).collect()
        }
    }
}

fn value(json: serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::Nil,
        serde_json::Value::Bool(value) => Value::Bool(value),
        serde_json::Value::Number(number) => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
        serde_json::Value::String(text) => Value::from(text),
        serde_json::Value::Array(list) => Value::from(list.into_iter().map(value).collect::<Vec<_>>()),
        serde_json::Value::Object(map) => {
            Value::from(map.into_iter().map(|(key, json)| (key, value(json))).collect::<BTreeMap<_, _>>())
        }
    }
}

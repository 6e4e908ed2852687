//! Go's own functions.

use std::cmp::Ordering;

use crate::format;
use crate::functions::Outcome;
use crate::value::Value;

pub(crate) fn not(args: &[Value]) -> Outcome {
    Ok(Value::Bool(!args[0].truth()))
}

pub(crate) fn len(args: &[Value]) -> Outcome {
    let length = match &args[0] {
        Value::Text(text) => text.len(),
        Value::List(list) => list.len(),
        Value::Map(map) => map.len(),
        Value::Texts(texts) => texts.len(),
        other => return Err(format!("len of type {}", other.type_name())),
    };
    Ok(Value::Int(length as i64))
}

fn position(value: &Value, length: usize) -> Result<usize, String> {
    let at = match value {
        Value::Int(at) => *at,
        Value::Nil => return Err("cannot index slice/array with nil".to_owned()),
        other => return Err(format!("cannot index slice/array with type {}", other.type_name())),
    };
    usize::try_from(at).ok().filter(|at| *at <= length).ok_or_else(|| format!("index out of range: {at}"))
}

pub(crate) fn index(args: &[Value]) -> Outcome {
    let mut value = args[0].clone();
    for key in &args[1..] {
        let outside = || format!("index out of range: {key}");
        value = match &value {
            Value::Text(text) => {
                let byte = text.as_bytes().get(position(key, text.len())?).ok_or_else(outside)?;
                Value::Int(i64::from(*byte))
            }
            Value::List(list) => list.get(position(key, list.len())?).cloned().ok_or_else(outside)?,
            Value::Map(map) => map.get(key.text()?).cloned().unwrap_or(Value::Nil),
            Value::Texts(texts) => Value::from(texts.get(key.text()?).cloned().unwrap_or_default()),
            Value::Nil => return Err("index of untyped nil".to_owned()),
            other => return Err(format!("can't index item of type {}", other.type_name())),
        };
    }
    Ok(value)
}

pub(crate) fn slice(args: &[Value]) -> Outcome {
    let length = match &args[0] {
        Value::Text(_) if args.len() > 3 => return Err("cannot 3-index slice a string".to_owned()),
        Value::Text(text) => text.len(),
        Value::List(list) => list.len(),
        other => return Err(format!("can't slice item of type {}", other.type_name())),
    };
    let at =
        |index: usize, missing: usize| args.get(index).map_or(Ok(missing), |value| position(value, length));
    let (from, to) = (at(1, 0)?, at(2, length)?);
    if from > to {
        return Err(format!("invalid slice index: {from} > {to}"));
    }
    match &args[0] {
        Value::List(list) => Ok(Value::from(list[from..to].to_vec())),
        value => {
            let bytes = &value.text()?.as_bytes()[from..to];
            Ok(Value::from(String::from_utf8_lossy(bytes).into_owned()))
        }
    }
}

pub(crate) fn print(args: &[Value]) -> Outcome {
    Ok(Value::from(format::print(args)))
}

pub(crate) fn println(args: &[Value]) -> Outcome {
    Ok(Value::from(format::println(args)))
}

pub(crate) fn printf(args: &[Value]) -> Outcome {
    format::printf(args[0].text()?, &args[1..]).map(Value::from)
}

pub(crate) fn call(args: &[Value]) -> Outcome {
    Err(format!("non-function of type {}", args[0].type_name()))
}

/// How two values of the same kind compare.
fn compare(left: &Value, right: &Value) -> Result<Option<Ordering>, String> {
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => Ok(Some(left.cmp(right))),
        (Value::Float(left), Value::Float(right)) => Ok(left.partial_cmp(right)),
        (Value::Text(left), Value::Text(right)) => Ok(Some(left.cmp(right))),
        (Value::Time(left), Value::Time(right)) => Ok(Some(left.timestamp().cmp(&right.timestamp()))),
        (Value::Bool(left), Value::Bool(right)) if left == right => Ok(Some(Ordering::Equal)),
        _ => Err("incompatible types for comparison".to_owned()),
    }
}

fn equal(left: &Value, right: &Value) -> Result<bool, String> {
    match (left, right) {
        (Value::Bool(left), Value::Bool(right)) => Ok(left == right),
        (Value::Nil, Value::Nil) => Ok(true),
        (Value::Nil, _) | (_, Value::Nil) => Ok(false),
        (left, right) => Ok(compare(left, right)? == Some(Ordering::Equal)),
    }
}

pub(crate) fn eq(args: &[Value]) -> Outcome {
    for other in &args[1..] {
        if equal(&args[0], other)? {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

pub(crate) fn ne(args: &[Value]) -> Outcome {
    Ok(Value::Bool(!equal(&args[0], &args[1])?))
}

fn ordered(args: &[Value], holds: impl FnOnce(Ordering) -> bool) -> Outcome {
    if matches!(args[0], Value::Bool(_)) {
        return Err("invalid type for comparison".to_owned());
    }
    Ok(Value::Bool(compare(&args[0], &args[1])?.is_some_and(holds)))
}

pub(crate) fn lt(args: &[Value]) -> Outcome {
    ordered(args, Ordering::is_lt)
}

pub(crate) fn le(args: &[Value]) -> Outcome {
    ordered(args, Ordering::is_le)
}

pub(crate) fn gt(args: &[Value]) -> Outcome {
    ordered(args, Ordering::is_gt)
}

pub(crate) fn ge(args: &[Value]) -> Outcome {
    ordered(args, Ordering::is_ge)
}

//! Functions that change labels.

use regex::{Regex, RegexBuilder};

use super::Context;
use crate::Error;
use crate::eval::{Value, is_label_name, merged};

/// Bytes that a regular expression may take once compiled.
const MAX_REGEX_BYTES: usize = 1 << 20;

/// `label_replace(v, dst, replacement, src, regex)`
pub(super) fn replace(context: &mut Context<'_, '_>) -> Result<Value, Error> {
    let (to, replacement) = (context.text(1)?, context.text(2)?);
    let (from, pattern) = (context.text(3)?, context.text(4)?);
    let regex = compiled(&pattern)?;
    check_name(&to, "destination", "label_replace")?;
    let mut list = context.vector(0)?;
    let mut text = String::new();
    for series in &mut list {
        if let Some(captures) = regex.captures(series.labels.get(&from)) {
            text.clear();
            captures.expand(&replacement, &mut text);
            series.labels = series.labels.with(&to, &text);
        }
    }
    merged(list).map(Value::Vector)
}

/// `label_join(v, dst, separator, src…)`
pub(super) fn join(context: &mut Context<'_, '_>) -> Result<Value, Error> {
    let (to, separator) = (context.text(1)?, context.text(2)?);
    check_name(&to, "destination", "label_join")?;
    let from = (3..context.args.len()).map(|at| context.text(at)).collect::<Result<Vec<_>, _>>()?;
    from.iter().try_for_each(|name| check_name(name, "source", "label_join"))?;
    let mut list = context.vector(0)?;
    for series in &mut list {
        let values: Vec<&str> = from.iter().map(|name| series.labels.get(name)).collect();
        series.labels = series.labels.with(&to, &values.join(&separator));
    }
    merged(list).map(Value::Vector)
}

fn check_name(name: &str, kind: &str, function: &str) -> Result<(), Error> {
    if is_label_name(name) {
        return Ok(());
    }
    Err(Error::execution(format!("invalid {kind} label name in {function}(): {name}")))
}

fn compiled(pattern: &str) -> Result<Regex, Error> {
    RegexBuilder::new(&format!("^(?s:{pattern})$"))
        .size_limit(MAX_REGEX_BYTES)
        .build()
        .map_err(|_| Error::execution(format!("invalid regular expression in label_replace(): {pattern}")))
}

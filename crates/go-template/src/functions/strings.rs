//! Texts, and lists of them.

use regex::{Regex, RegexBuilder};

use crate::functions::Outcome;
use crate::value::Value;

const REGEX_MAX_BYTES: usize = 1 << 20;

fn regex(pattern: &str) -> Result<Regex, String> {
    RegexBuilder::new(pattern)
        .size_limit(REGEX_MAX_BYTES)
        .dfa_size_limit(REGEX_MAX_BYTES)
        .build()
        .map_err(|error| error.to_string())
}

pub(crate) fn matches(args: &[Value]) -> Outcome {
    Ok(Value::Bool(regex(args[0].text()?)?.is_match(args[1].text()?)))
}

/// The pattern, the replacement, then the subject.
pub(crate) fn re_replace_all(args: &[Value]) -> Outcome {
    let replaced = regex(args[0].text()?)?.replace_all(args[2].text()?, args[1].text()?).into_owned();
    Ok(Value::from(replaced))
}

/// Each word with a capital in front.
pub(crate) fn title(args: &[Value]) -> Outcome {
    let mut out = String::new();
    let mut starts = true;
    for c in args[0].text()?.chars() {
        if starts {
            out.extend(c.to_uppercase());
        } else {
            out.push(c);
        }
        starts = !(c.is_alphanumeric() || matches!(c, '_' | '\''));
    }
    Ok(Value::from(out))
}

pub(crate) fn lower(args: &[Value]) -> Outcome {
    Ok(Value::from(args[0].text()?.to_lowercase()))
}

pub(crate) fn upper(args: &[Value]) -> Outcome {
    Ok(Value::from(args[0].text()?.to_uppercase()))
}

pub(crate) fn trim_space(args: &[Value]) -> Outcome {
    Ok(Value::from(args[0].text()?.trim()))
}

/// What escaping would leave alone; nothing is escaped here.
pub(crate) fn same(args: &[Value]) -> Outcome {
    Ok(args[0].clone())
}

/// The separator, then the list.
pub(crate) fn join(args: &[Value]) -> Outcome {
    match &args[1] {
        Value::List(list) => {
            let texts: Vec<String> = list.iter().map(ToString::to_string).collect();
            Ok(Value::from(texts.join(args[0].text()?)))
        }
        other => Err(format!("can't join {}", other.type_name())),
    }
}

pub(crate) fn string_slice(args: &[Value]) -> Outcome {
    for value in args {
        value.text()?;
    }
    Ok(Value::from(args.to_vec()))
}

/// `host:port` as its parts; `None` for what isn't.
fn host_and_port(text: &str) -> Option<(&str, &str)> {
    let (host, port) = text.rsplit_once(':')?;
    let bare = match host.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')) {
        Some(inner) => inner,
        None if host.contains(':') => return None,
        None => host,
    };
    Some((bare, port))
}

pub(crate) fn strip_port(args: &[Value]) -> Outcome {
    let text = args[0].text()?;
    Ok(Value::from(host_and_port(text).map_or(text, |(host, _)| host)))
}

/// The first part of a host's name; addresses stay.
pub(crate) fn strip_domain(args: &[Value]) -> Outcome {
    let text = args[0].text()?;
    let (host, port) = host_and_port(text).map_or((text, None), |(host, port)| (host, Some(port)));
    if host.parse::<std::net::IpAddr>().is_ok() {
        return Ok(Value::from(text));
    }
    let name = host.split('.').next().unwrap_or(host);
    Ok(Value::from(port.map_or_else(|| name.to_owned(), |port| format!("{name}:{port}"))))
}

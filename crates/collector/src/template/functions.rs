//! The functions: Go's own, Promtail's (`ToUpper`, text first), and common ones of the sprig library (`upper`, text last).

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use regex::Regex;
use sha2::{Digest as _, Sha256};

use super::{Item, TemplateError};

/// Names with the least and the most arguments.
const FUNCTIONS: [(&str, usize, usize); 54] = [
    ("ToLower", 1, 1),
    ("ToUpper", 1, 1),
    ("Replace", 4, 4),
    ("Trim", 2, 2),
    ("TrimLeft", 2, 2),
    ("TrimRight", 2, 2),
    ("TrimPrefix", 2, 2),
    ("TrimSuffix", 2, 2),
    ("TrimSpace", 1, 1),
    ("Sha2Hash", 2, 2),
    ("regexReplaceAll", 3, 3),
    ("regexReplaceAllLiteral", 3, 3),
    ("and", 1, 20),
    ("or", 1, 20),
    ("not", 1, 1),
    ("eq", 2, 20),
    ("ne", 2, 2),
    ("lt", 2, 2),
    ("le", 2, 2),
    ("gt", 2, 2),
    ("ge", 2, 2),
    ("len", 1, 1),
    ("print", 0, 20),
    ("printf", 1, 20),
    ("lower", 1, 1),
    ("upper", 1, 1),
    ("title", 1, 1),
    ("trim", 1, 1),
    ("trimAll", 2, 2),
    ("trimPrefix", 2, 2),
    ("trimSuffix", 2, 2),
    ("replace", 3, 3),
    ("contains", 2, 2),
    ("hasPrefix", 2, 2),
    ("hasSuffix", 2, 2),
    ("default", 1, 2),
    ("coalesce", 1, 20),
    ("ternary", 3, 3),
    ("empty", 1, 1),
    ("trunc", 2, 2),
    ("substr", 3, 3),
    ("repeat", 2, 2),
    ("nospace", 1, 1),
    ("quote", 1, 1),
    ("squote", 1, 1),
    ("b64enc", 1, 1),
    ("b64dec", 1, 1),
    ("int", 1, 1),
    ("float64", 1, 1),
    ("add", 1, 20),
    ("sub", 2, 2),
    ("mul", 1, 20),
    ("div", 2, 2),
    ("mod", 2, 2),
];

/// Longest result of `repeat`.
const MAX_REPEATED_BYTES: usize = 1 << 20;

/// Whether `name` can be called with `count` arguments.
pub(super) fn check(name: &str, count: usize) -> Result<(), TemplateError> {
    let Some((_, min, max)) = FUNCTIONS.iter().find(|(known, ..)| *known == name) else {
        return Err(TemplateError::new(format!("function {name:?} is not known")));
    };
    if (*min..=*max).contains(&count) {
        return Ok(());
    }
    Err(TemplateError::new(format!("{name} takes {min} to {max} arguments, not {count}")))
}

/// Calls a function that [`check`] allowed.
pub(super) fn call(name: &str, items: &[Item]) -> Result<Item, TemplateError> {
    if let Some(item) = logic(name, items).or_else(|| arithmetic(name, items)) {
        return Ok(item);
    }
    let texts: Vec<String> = items.iter().map(Item::text).collect();
    if let Some(item) = strings(name, items, &texts).or_else(|| sprig_strings(name, items, &texts)) {
        return Ok(item);
    }
    match (name, texts.as_slice()) {
        ("regexReplaceAll", [pattern, text, replacement]) => {
            Ok(Item::Text(regex(pattern)?.replace_all(text, replacement.as_str()).into_owned()))
        }
        ("regexReplaceAllLiteral", [pattern, text, replacement]) => {
            let literal = regex::NoExpand(replacement);
            Ok(Item::Text(regex(pattern)?.replace_all(text, literal).into_owned()))
        }
        ("Sha2Hash", [salt, text]) => {
            let digest = Sha256::digest(format!("{salt}{text}").as_bytes());
            let mut hex = String::with_capacity(64);
            for byte in &digest {
                let _infallible = write!(hex, "{byte:02x}");
            }
            Ok(Item::Text(hex))
        }
        ("printf", [format, ..]) => Ok(Item::Text(printf(format, &items[1..]))),
        ("print", _) => Ok(Item::Text(texts.concat())),
        _ => Err(TemplateError::new(format!("function {name:?} is not known"))),
    }
}

fn regex(pattern: &str) -> Result<Regex, TemplateError> {
    crate::go_regex::compile(pattern).map_err(|error| TemplateError::new(format!("regex {error}")))
}

fn logic(name: &str, items: &[Item]) -> Option<Item> {
    let item = match (name, items) {
        ("and", items) => items.iter().find(|item| !item.is_true()).or(items.last())?.clone(),
        ("or" | "coalesce", items) => items.iter().find(|item| item.is_true()).or(items.last())?.clone(),
        ("not" | "empty", [item]) => Item::Bool(!item.is_true()),
        ("eq", [first, others @ ..]) => Item::Bool(others.iter().any(|other| equal(first, other))),
        ("ne", [first, second]) => Item::Bool(!equal(first, second)),
        ("lt", [first, second]) => Item::Bool(compare(first, second).is_lt()),
        ("le", [first, second]) => Item::Bool(compare(first, second).is_le()),
        ("gt", [first, second]) => Item::Bool(compare(first, second).is_gt()),
        ("ge", [first, second]) => Item::Bool(compare(first, second).is_ge()),
        ("default", [fallback, value]) => if value.is_true() { value } else { fallback }.clone(),
        ("default", [fallback]) => fallback.clone(),
        ("ternary", [yes, no, condition]) => if condition.is_true() { yes } else { no }.clone(),
        _ => return None,
    };
    Some(item)
}

fn equal(first: &Item, second: &Item) -> bool {
    match (first, second) {
        (Item::Number(first), second) | (second, Item::Number(first)) => second.number() == *first,
        (first, second) => first.text() == second.text(),
    }
}

/// Numbers by value if either side is one, else texts.
fn compare(first: &Item, second: &Item) -> std::cmp::Ordering {
    match (first, second) {
        (Item::Number(_), _) | (_, Item::Number(_)) => first.number().total_cmp(&second.number()),
        _ => first.text().cmp(&second.text()),
    }
}

fn arithmetic(name: &str, items: &[Item]) -> Option<Item> {
    let whole = |item: &Item| item.number().trunc();
    let number = match (name, items) {
        ("int", [item]) => whole(item),
        ("float64", [item]) => item.number(),
        ("len", [item]) => item.text().len() as f64,
        ("add", items) => items.iter().map(whole).sum(),
        ("mul", items) => items.iter().map(whole).product(),
        ("sub", [first, second]) => whole(first) - whole(second),
        // Division by zero gives zero: a line must not stop a pipeline.
        ("div" | "mod", [_, second]) if whole(second) == 0.0 => 0.0,
        ("div", [first, second]) => (whole(first) / whole(second)).trunc(),
        ("mod", [first, second]) => whole(first) % whole(second),
        _ => return None,
    };
    Some(Item::Number(number))
}

/// Promtail's own: the text comes first.
fn strings(name: &str, items: &[Item], texts: &[String]) -> Option<Item> {
    let is_in = |set: &str| {
        let set = set.to_owned();
        move |c: char| set.contains(c)
    };
    let text = match (name, texts) {
        ("ToLower" | "lower", [text]) => text.to_lowercase(),
        ("ToUpper" | "upper", [text]) => text.to_uppercase(),
        ("Replace", [text, old, new, _]) => match items[3].number() {
            count if count < 0.0 => text.replace(old, new),
            count => text.replacen(old, new, count as usize),
        },
        ("Trim", [text, set]) | ("trimAll", [set, text]) => text.trim_matches(is_in(set)).to_owned(),
        ("TrimLeft", [text, set]) => text.trim_start_matches(is_in(set)).to_owned(),
        ("TrimRight", [text, set]) => text.trim_end_matches(is_in(set)).to_owned(),
        ("TrimPrefix", [text, prefix]) | ("trimPrefix", [prefix, text]) => {
            text.strip_prefix(prefix.as_str()).unwrap_or(text).to_owned()
        }
        ("TrimSuffix", [text, suffix]) | ("trimSuffix", [suffix, text]) => {
            text.strip_suffix(suffix.as_str()).unwrap_or(text).to_owned()
        }
        ("TrimSpace" | "trim", [text]) => text.trim().to_owned(),
        _ => return None,
    };
    Some(Item::Text(text))
}

/// Sprig's: the text comes last, for pipes.
fn sprig_strings(name: &str, items: &[Item], texts: &[String]) -> Option<Item> {
    let text = match (name, texts) {
        ("contains", [part, text]) => return Some(Item::Bool(text.contains(part.as_str()))),
        ("hasPrefix", [part, text]) => return Some(Item::Bool(text.starts_with(part.as_str()))),
        ("hasSuffix", [part, text]) => return Some(Item::Bool(text.ends_with(part.as_str()))),
        ("replace", [old, new, text]) => text.replace(old, new),
        ("title", [text]) => title(text),
        ("trunc", [_, text]) => truncate(text, items[0].number()),
        ("substr", [_, _, text]) => {
            let (start, end) = (items[0].number().max(0.0) as usize, items[1].number());
            let length = if end < 0.0 { usize::MAX } else { (end as usize).saturating_sub(start) };
            text.chars().skip(start).take(length).collect()
        }
        ("repeat", [_, text]) => {
            let most = MAX_REPEATED_BYTES / text.len().max(1);
            text.repeat((items[0].number().max(0.0) as usize).min(most))
        }
        ("nospace", [text]) => text.split_whitespace().collect(),
        ("quote", [text]) => format!("{text:?}"),
        ("squote", [text]) => format!("'{text}'"),
        ("b64enc", [text]) => STANDARD.encode(text),
        ("b64dec", [text]) => STANDARD
            .decode(text)
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default(),
        _ => return None,
    };
    Some(Item::Text(text))
}

/// The first letters of words in upper case.
fn title(text: &str) -> String {
    let mut starts_word = true;
    let capitalise = |c: char| {
        let out = if starts_word { c.to_uppercase().next().unwrap_or(c) } else { c };
        starts_word = c.is_whitespace();
        out
    };
    text.chars().map(capitalise).collect()
}

/// So many characters from the beginning, or with a negative number from the end.
fn truncate(text: &str, count: f64) -> String {
    let length = text.chars().count();
    let wanted = count.abs() as usize;
    if count < 0.0 {
        text.chars().skip(length.saturating_sub(wanted)).collect()
    } else {
        text.chars().take(wanted).collect()
    }
}

/// `%s %v %d %f %q %%` without widths.
fn printf(format: &str, items: &[Item]) -> String {
    let mut out = String::new();
    let mut items = items.iter();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let verb = chars.next().unwrap_or('%');
        if verb == '%' {
            out.push('%');
            continue;
        }
        let item = items.next().cloned().unwrap_or(Item::Nothing);
        match verb {
            'd' => out.push_str(&item.number().trunc().to_string()),
            'f' => {
                let _infallible = write!(out, "{:.6}", item.number());
            }
            'q' => {
                let _infallible = write!(out, "{:?}", item.text());
            }
            _ => out.push_str(&item.text()),
        }
    }
    out
}

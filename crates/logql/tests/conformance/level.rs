//! `detected_level`, as it is decided when an entry is written.

use model::Labels;
use serde_json::Value;

const FIELDS: [&str; 14] = [
    "level",
    "LEVEL",
    "Level",
    "log.level",
    "severity",
    "SEVERITY",
    "Severity",
    "SeverityText",
    "lvl",
    "LVL",
    "Lvl",
    "severity_text",
    "Severity_Text",
    "SEVERITY_TEXT",
];

pub fn detect(labels: &Labels, metadata: &[(String, String)], line: &str) -> String {
    let in_metadata = |wanted: &str| {
        let found = metadata.iter().find(|(name, value)| name == wanted && !value.is_empty());
        found.map(|(_, value)| value.as_str())
    };
    let named = in_metadata("detected_level")
        .or_else(|| FIELDS.iter().find_map(|field| labels.get(field)))
        .or_else(|| FIELDS.iter().find_map(|field| in_metadata(field)));
    if let Some(value) = named {
        return known(value).unwrap_or(value).to_owned();
    }
    if let Some(number) = in_metadata("severity_number") {
        return by_number(number).to_owned();
    }
    from_line(line).to_owned()
}

fn known(value: &str) -> Option<&'static str> {
    Some(match value.to_ascii_lowercase().as_str() {
        "trace" | "trc" => "trace",
        "debug" | "dbg" => "debug",
        "info" | "inf" | "information" => "info",
        "warn" | "wrn" | "warning" => "warn",
        "error" | "err" => "error",
        "critical" => "critical",
        "fatal" => "fatal",
        _ => return None,
    })
}

fn by_number(number: &str) -> &'static str {
    match number.parse::<i64>() {
        Ok(1..=4) => "trace",
        Ok(5..=8) => "debug",
        Ok(9..=12) => "info",
        Ok(13..=16) => "warn",
        Ok(17..=20) => "error",
        Ok(21..=24) => "fatal",
        Ok(_) => "unknown",
        Err(_) => "info",
    }
}

fn from_line(line: &str) -> &'static str {
    let trimmed = line.trim();
    let found = if trimmed.starts_with('{') && trimmed.ends_with('}') {
        serde_json::from_str(trimmed).ok().and_then(|value: Value| in_json(&value, 1))
    } else if line.contains('=') {
        in_logfmt(line)
    } else {
        None
    };
    found.unwrap_or_else(|| by_word(&line.to_ascii_lowercase()))
}

/// The first member of that name, down to the second level.
fn in_json(value: &Value, depth: usize) -> Option<&'static str> {
    for (key, value) in value.as_object()? {
        match value {
            Value::String(text) if FIELDS.contains(&key.as_str()) => return known(text),
            Value::Object(_) if depth < 2 => {
                if let Some(found) = in_json(value, depth + 1) {
                    return Some(found);
                }
            }
            _ => {}
        }
    }
    None
}

fn in_logfmt(line: &str) -> Option<&'static str> {
    let pairs: Vec<(String, &str)> = line
        .split_whitespace()
        .filter_map(|word| word.split_once('='))
        .map(|(key, value)| (key.to_ascii_lowercase(), value.trim_matches('"')))
        .collect();
    let found = FIELDS.iter().find_map(|field| {
        let field = field.to_ascii_lowercase();
        pairs.iter().find(|(key, _)| *key == field)
    });
    known(found?.1)
}

const WORDS: [(&str, &str); 9] = [
    ("trace", "trace"),
    ("debug", "debug"),
    ("fatal", "fatal"),
    ("critical", "critical"),
    ("error", "error"),
    ("err", "error"),
    ("warning", "warn"),
    ("warn", "warn"),
    ("info", "info"),
];

fn by_word(line: &str) -> &'static str {
    let bounded = |at: usize, word: &str| {
        let left = line[..at].chars().next_back();
        let right = line[at + word.len()..].chars().next();
        left.is_none_or(|c| " \t\n[({\"'=|".contains(c))
            && right.is_none_or(|c| " \t\n[](){}:,!\"'=|".contains(c))
    };
    let first = |(word, level): &(&str, &'static str)| {
        let at = line.match_indices(word).map(|(at, _)| at).find(|at| bounded(*at, word))?;
        Some((at, *level))
    };
    WORDS.iter().filter_map(first).min_by_key(|(at, _)| *at).map_or("unknown", |(_, level)| level)
}

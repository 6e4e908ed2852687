//! Texts. Functions with a capital letter take the subject first, the others last.

use crate::gotext::regex::compile_text;
use crate::template::exec::MAX_OUTPUT;
use crate::template::functions::Outcome;
use crate::template::value::Value;

fn text<'a>(value: impl Into<String>) -> Outcome<'a> {
    Ok(Value::from(value.into()))
}

pub(crate) fn lower<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    text(args[0].text()?.to_lowercase())
}

pub(crate) fn upper<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    text(args[0].text()?.to_uppercase())
}

pub(crate) fn title<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let mut out = String::new();
    let mut starts = true;
    for c in args[0].text()?.chars() {
        if starts {
            out.extend(c.to_uppercase());
        } else {
            out.push(c);
        }
        starts = !(c.is_alphanumeric() || c == '_');
    }
    text(out)
}

/// `n` below zero: all occurrences.
pub(crate) fn replace_n<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let (subject, old, new, count) = (args[0].text()?, args[1].text()?, args[2].text()?, args[3].int()?);
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    bounded(subject, old, new, count)
}

pub(crate) fn replace<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    bounded(args[2].text()?, args[0].text()?, args[1].text()?, usize::MAX)
}

fn bounded<'a>(subject: &str, old: &str, new: &str, count: usize) -> Outcome<'a> {
    let hits = subject.matches(old).count().min(count);
    if subject.len() + hits.saturating_mul(new.len()) > MAX_OUTPUT {
        return Err("the result is too large".to_owned());
    }
    text(subject.replacen(old, new, count))
}

pub(crate) fn trim<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    text(args[0].text()?.trim())
}

fn cut_set(subject: &str, set: &str, left: bool, right: bool) -> String {
    let mut subject = subject;
    if left {
        subject = subject.trim_start_matches(|c| set.contains(c));
    }
    if right {
        subject = subject.trim_end_matches(|c| set.contains(c));
    }
    subject.to_owned()
}

pub(crate) fn trim_set<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    text(cut_set(args[0].text()?, args[1].text()?, true, true))
}

pub(crate) fn trim_left<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    text(cut_set(args[0].text()?, args[1].text()?, true, false))
}

pub(crate) fn trim_right<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    text(cut_set(args[0].text()?, args[1].text()?, false, true))
}

pub(crate) fn trim_all<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    text(cut_set(args[1].text()?, args[0].text()?, true, true))
}

fn without_prefix<'a>(subject: &str, prefix: &str) -> Outcome<'a> {
    text(subject.strip_prefix(prefix).unwrap_or(subject))
}

fn without_suffix<'a>(subject: &str, suffix: &str) -> Outcome<'a> {
    text(subject.strip_suffix(suffix).unwrap_or(subject))
}

pub(crate) fn trim_prefix_of<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    without_prefix(args[0].text()?, args[1].text()?)
}

pub(crate) fn trim_suffix_of<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    without_suffix(args[0].text()?, args[1].text()?)
}

pub(crate) fn trim_prefix<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    without_prefix(args[1].text()?, args[0].text()?)
}

pub(crate) fn trim_suffix<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    without_suffix(args[1].text()?, args[0].text()?)
}

pub(crate) fn contains<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Bool(args[1].text()?.contains(args[0].text()?)))
}

pub(crate) fn has_prefix<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Bool(args[1].text()?.starts_with(args[0].text()?)))
}

pub(crate) fn has_suffix<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Bool(args[1].text()?.ends_with(args[0].text()?)))
}

/// The place of byte `at`, or of the character that it is within.
fn floor(subject: &str, at: usize) -> usize {
    subject.floor_char_boundary(at.min(subject.len()))
}

pub(crate) fn trunc<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let (count, subject) = (args[0].int()?, args[1].text()?);
    let size = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    match (count < 0, size < subject.len()) {
        (_, false) => text(subject),
        (true, true) => text(&subject[floor(subject, subject.len() - size)..]),
        (false, true) => text(&subject[..floor(subject, size)]),
    }
}

pub(crate) fn substr<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let (start, end, subject) = (args[0].int()?, args[1].int()?, args[2].text()?);
    let inside =
        |at: i64| usize::try_from(at).ok().filter(|at| *at <= subject.len()).map(|at| floor(subject, at));
    if start < 0 {
        let end = inside(end).ok_or("runtime error: slice bounds out of range")?;
        return text(&subject[..end]);
    }
    let start = inside(start).ok_or("runtime error: slice bounds out of range")?;
    let end = inside(end).unwrap_or(subject.len());
    subject.get(start..end).map_or_else(|| Err("runtime error: slice bounds out of range".to_owned()), text)
}

pub(crate) fn indent<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let (count, subject) = (args[0].int()?, args[1].text()?);
    let count = usize::try_from(count).map_err(|_| "strings: negative Repeat count")?;
    let breaks = subject.matches('\n').count() + 1;
    if count.saturating_mul(breaks) > MAX_OUTPUT {
        return Err("the result is too large".to_owned());
    }
    let pad = " ".repeat(count);
    text(format!("{pad}{}", subject.replace('\n', &format!("\n{pad}"))))
}

pub(crate) fn nindent<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let indented = indent(args)?;
    text(format!("\n{}", indented.text()?))
}

pub(crate) fn repeat<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let (count, subject) = (args[0].int()?, args[1].text()?);
    let count = usize::try_from(count).map_err(|_| "strings: negative Repeat count")?;
    if count.saturating_mul(subject.len()) > MAX_OUTPUT {
        return Err("the result is too large".to_owned());
    }
    text(subject.repeat(count))
}

/// Pads with blanks to that many characters, or cuts.
fn align<'a>(args: &[Value<'a>], left: bool) -> Outcome<'a> {
    let (count, subject) = (args[0].int()?, args[1].text()?);
    let Ok(count) = usize::try_from(count) else { return text(subject) };
    if count > MAX_OUTPUT {
        return Err("the result is too large".to_owned());
    }
    let length = subject.chars().count();
    match (length < count, left) {
        (true, true) => text(format!("{subject}{}", " ".repeat(count - length))),
        (true, false) => text(format!("{}{subject}", " ".repeat(count - length))),
        (false, true) => text(subject.chars().take(count).collect::<String>()),
        (false, false) => text(subject.chars().skip(length - count).collect::<String>()),
    }
}

pub(crate) fn align_left<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    align(args, true)
}

pub(crate) fn align_right<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    align(args, false)
}

thread_local! {
    /// Patterns are literals as a rule: the last few are kept compiled.
    static PATTERNS: std::cell::RefCell<Vec<(String, Compiled)>> = const { std::cell::RefCell::new(Vec::new()) };
}

type Compiled = (regex::Regex, Vec<Option<String>>);

const KEPT_PATTERNS: usize = 16;

fn pattern(text: &str) -> Result<Compiled, String> {
    PATTERNS.with_borrow_mut(|patterns| {
        if let Some((_, compiled)) = patterns.iter().find(|(known, _)| known == text) {
            return Ok(compiled.clone());
        }
        let compiled = compile_text(text).map_err(|error| error.to_string())?;
        if patterns.len() == KEPT_PATTERNS {
            patterns.remove(0);
        }
        patterns.push((text.to_owned(), compiled.clone()));
        Ok(compiled)
    })
}

pub(crate) fn count<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let (regex, _) = pattern(args[0].text()?)?;
    Ok(Value::Int(regex.find_iter(args[1].text()?).count() as i64))
}

/// Whether the pattern is found in the subject.
pub(crate) fn regex_matches(pattern_text: &str, subject: &str) -> Result<bool, String> {
    Ok(pattern(pattern_text)?.0.is_match(subject))
}

pub(crate) fn regex_replace<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let (regex, names) = pattern(args[0].text()?)?;
    let (subject, replacement) = (args[1].text()?, args[2].text()?);
    replace_matches(&regex, subject, |captures, out| expand(replacement, captures, &names, out))
}

pub(crate) fn regex_replace_literal<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let (regex, _) = pattern(args[0].text()?)?;
    let (subject, replacement) = (args[1].text()?, args[2].text()?);
    replace_matches(&regex, subject, |_, out| out.push_str(replacement))
}

fn replace_matches<'a>(
    regex: &regex::Regex,
    subject: &str,
    write: impl Fn(&regex::Captures<'_>, &mut String),
) -> Outcome<'a> {
    let mut out = String::with_capacity(subject.len());
    let mut copied = 0;
    for captures in regex.captures_iter(subject) {
        let Some(whole) = captures.get(0) else { continue };
        out.push_str(&subject[copied..whole.start()]);
        write(&captures, &mut out);
        copied = whole.end();
        if out.len() > MAX_OUTPUT {
            return Err("the result is too large".to_owned());
        }
    }
    out.push_str(&subject[copied..]);
    text(out)
}

/// Writes a replacement with `$1`, `${1}`, `$name` and `$$` filled in; unknown groups are empty.
pub(crate) fn expand(
    replacement: &str,
    captures: &regex::Captures<'_>,
    names: &[Option<String>],
    out: &mut String,
) {
    let mut rest = replacement;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(tail) = rest.strip_prefix('$') {
            out.push('$');
            rest = tail;
            continue;
        }
        let (name, tail) = match rest.strip_prefix('{') {
            Some(body) => match body.find('}') {
                Some(end) => (&body[..end], &body[end + 1..]),
                None => ("", rest),
            },
            None => {
                rest.split_at(rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len()))
            }
        };
        if name.is_empty() {
            out.push('$');
            continue;
        }
        let group = match name.parse::<usize>() {
            Ok(group) => Some(group),
            Err(_) => names.iter().position(|known| known.as_deref() == Some(name)).map(|at| at + 1),
        };
        if let Some(found) = group.and_then(|group| captures.get(group)) {
            out.push_str(found.as_str());
        }
        rest = tail;
    }
    out.push_str(rest);
}

//! `printf`, `print`, `println`: Go's formatting verbs.

use std::fmt::Write as _;

use crate::exec::MAX_OUTPUT;
use crate::number::General;
use crate::quote::Quoted;
use crate::value::Value;

/// Operands with blanks between them where neither is a text.
pub(crate) fn print(values: &[Value]) -> String {
    let mut out = String::new();
    for (at, value) in values.iter().enumerate() {
        let between = at > 0 && !matches!(values[at - 1], Value::Text(_)) && !matches!(value, Value::Text(_));
        let _infallible = write!(out, "{}{value}", if between { " " } else { "" });
    }
    out
}

/// Operands with blanks between them, and a line break.
pub(crate) fn println(values: &[Value]) -> String {
    let words: Vec<String> = values.iter().map(ToString::to_string).collect();
    words.join(" ") + "\n"
}

#[derive(Debug, Clone, Copy, Default)]
struct Flags {
    minus: bool,
    plus: bool,
    sharp: bool,
    space: bool,
    zero: bool,
    width: Option<usize>,
    precision: Option<usize>,
}

/// Formats by a pattern. What does not fit is shown in the result, never an error.
pub(crate) fn printf(pattern: &str, values: &[Value]) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = values.iter();
    let mut chars = pattern.chars().peekable();
    let mut used = 0;
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let mut flags = Flags::default();
        while let Some(flag) = chars.next_if(|c| matches!(c, '-' | '+' | '#' | ' ' | '0')) {
            match flag {
                '-' => flags.minus = true,
                '+' => flags.plus = true,
                '#' => flags.sharp = true,
                ' ' => flags.space = true,
                _ => flags.zero = true,
            }
        }
        let mut number = |chars: &mut std::iter::Peekable<std::str::Chars<'_>>, used: &mut usize| {
            if chars.next_if_eq(&'*').is_some() {
                *used += 1;
                return rest.next().map(Value::to_int).and_then(|width| usize::try_from(width).ok());
            }
            let mut digits = String::new();
            while let Some(digit) = chars.next_if(char::is_ascii_digit) {
                digits.push(digit);
            }
            digits.parse().ok()
        };
        flags.width = number(&mut chars, &mut used);
        if chars.next_if_eq(&'.').is_some() {
            flags.precision = Some(number(&mut chars, &mut used).unwrap_or(0));
        }
        if flags.width.max(flags.precision).is_some_and(|size| size > MAX_OUTPUT) {
            return Err("printf: width or precision is too large".to_owned());
        }
        if out.len() > MAX_OUTPUT {
            return Err("printf: the result is too large".to_owned());
        }
        match chars.next() {
            None => out.push_str("%!(NOVERB)"),
            Some('%') => out.push('%'),
            Some(verb) => match rest.next() {
                Some(value) => {
                    used += 1;
                    out.push_str(&pad(one(verb, value, flags), flags, value));
                }
                None => {
                    let _infallible = write!(out, "%!{verb}(MISSING)");
                }
            },
        }
    }
    let extra: Vec<String> = rest.map(|value| format!("{}={value}", value.type_name())).collect();
    if !extra.is_empty() {
        let _infallible = write!(out, "%!(EXTRA {})", extra.join(", "));
    }
    Ok(out)
}

fn one(verb: char, value: &Value, flags: Flags) -> String {
    match (verb, value) {
        ('v', Value::Float(number)) => signed(General(*number).to_string(), *number >= 0.0, flags),
        ('v' | 'd', Value::Int(number)) => signed(number.to_string(), *number >= 0, flags),
        ('v', Value::Nil) => "<nil>".to_owned(),
        ('v' | 's', Value::List(_) | Value::Map(_) | Value::Texts(_) | Value::Time(_) | Value::Record(_))
        | ('v', _)
        | ('t', Value::Bool(_)) => value.to_string(),
        ('s', Value::Text(text)) => cut(text, flags),
        ('q', Value::Text(text)) => Quoted(&cut(text, flags)).to_string(),
        ('q', Value::Int(number)) => format!("{:?}", as_char(*number)),
        ('c', Value::Int(number)) => as_char(*number).to_string(),
        ('U', Value::Int(number)) => format!("U+{number:04X}"),
        ('b', Value::Int(number)) => signed(format!("{number:b}"), *number >= 0, flags),
        ('o', Value::Int(number)) => signed(format!("{number:o}"), *number >= 0, flags),
        ('x', Value::Int(number)) => hex(*number, flags, false),
        ('X', Value::Int(number)) => hex(*number, flags, true),
        ('x', Value::Text(text)) => {
            text.bytes().fold(String::new(), |out, byte| out + &format!("{byte:02x}"))
        }
        ('X', Value::Text(text)) => {
            text.bytes().fold(String::new(), |out, byte| out + &format!("{byte:02X}"))
        }
        ('T', value) => value.type_name().to_owned(),
        ('f' | 'F', Value::Float(number)) if number.is_finite() => {
            let precision = flags.precision.unwrap_or(6);
            signed(format!("{number:.precision$}"), *number >= 0.0, flags)
        }
        ('e' | 'E', Value::Float(number)) if number.is_finite() => {
            let text = exponential(*number, flags.precision.unwrap_or(6));
            let text = if verb == 'E' { text.to_uppercase() } else { text };
            signed(text, *number >= 0.0, flags)
        }
        ('g' | 'G', Value::Float(number)) => signed(general(*number, flags), *number >= 0.0, flags),
        ('f' | 'F' | 'e' | 'E', Value::Float(number)) => crate::number::Plain(*number).to_string(),
        (verb, Value::Nil) => format!("%!{verb}(<nil>)"),
        (verb, value) => format!("%!{verb}({}={value})", value.type_name()),
    }
}

fn as_char(number: i64) -> char {
    u32::try_from(number).ok().and_then(char::from_u32).unwrap_or('\u{fffd}')
}

fn hex(number: i64, flags: Flags, upper: bool) -> String {
    let digits = number.unsigned_abs();
    let digits = if upper { format!("{digits:X}") } else { format!("{digits:x}") };
    let prefix = match (flags.sharp, upper) {
        (false, _) => "",
        (true, false) => "0x",
        (true, true) => "0X",
    };
    signed(format!("{}{prefix}{digits}", if number < 0 { "-" } else { "" }), number >= 0, flags)
}

fn exponential(number: f64, precision: usize) -> String {
    let text = format!("{number:.precision$e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    format!("{digits}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
}

fn general(number: f64, flags: Flags) -> String {
    let Some(precision) = flags.precision.filter(|_| number.is_finite()) else {
        return General(number).to_string();
    };
    let precision = precision.max(1);
    let scientific = exponential(number, precision - 1);
    let exponent: i32 =
        scientific.split_once('e').and_then(|(_, exponent)| exponent.parse().ok()).unwrap_or(0);
    let trim = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    };
    if exponent < -4 || exponent >= precision as i32 {
        let (digits, tail) = scientific.split_once('e').unwrap_or((&scientific, "+00"));
        return format!("{}e{tail}", trim(digits));
    }
    let decimals = usize::try_from(precision as i32 - 1 - exponent).unwrap_or(0);
    trim(&format!("{number:.decimals$}"))
}

fn signed(text: String, positive: bool, flags: Flags) -> String {
    match (positive, flags.plus, flags.space) {
        (true, true, _) => format!("+{text}"),
        (true, false, true) => format!(" {text}"),
        _ => text,
    }
}

fn cut(text: &str, flags: Flags) -> String {
    match flags.precision {
        Some(precision) => text.chars().take(precision).collect(),
        None => text.to_owned(),
    }
}

fn pad(text: String, flags: Flags, value: &Value) -> String {
    let missing = flags.width.unwrap_or(0).saturating_sub(text.chars().count());
    if missing == 0 {
        return text;
    }
    if flags.minus {
        return text + &" ".repeat(missing);
    }
    if flags.zero && matches!(value, Value::Int(_) | Value::Float(_)) {
        let (sign, digits) = match text.strip_prefix(['-', '+']) {
            Some(digits) => text.split_at(text.len() - digits.len()),
            None => ("", text.as_str()),
        };
        return format!("{sign}{}{digits}", "0".repeat(missing));
    }
    " ".repeat(missing) + &text
}

#[cfg(test)]
mod tests {

    use super::*;

    #[test]
    fn verbs() {
        let text = |text: &'static str| Value::from(text);
        for (pattern, values, expected) in [
            ("%-6s|%6s|", vec![text("ab"), text("cd")], "ab    |    cd|"),
            ("%q %d %.1f", vec![text("x"), Value::Int(5), Value::Float(146.56)], "\"x\" 5 146.6"),
            (
                "%05d|%+d|%x|%X|%o|%b",
                [42, 42, 255, 255, 8, 5].map(Value::Int).to_vec(),
                "00042|+42|ff|FF|10|101",
            ),
            ("%s", vec![], "%!s(MISSING)"),
            ("%d", vec![text("502")], "%!d(string=502)"),
            ("x", vec![Value::Int(1)], "x%!(EXTRA int=1)"),
            ("%", vec![], "%!(NOVERB)"),
            (
                "%5.2f|%e|%g",
                vec![Value::Float(3.2), Value::Float(1234.5), Value::Float(1e6)],
                " 3.20|1.234500e+03|1e+06",
            ),
            ("%t %v %%", vec![Value::Bool(true), Value::Float(1.5)], "true 1.5 %"),
            ("%*d", vec![Value::Int(4), Value::Int(7)], "   7"),
            ("%T %c %U", vec![text(""), Value::Int(65), Value::Int(65)], "string A U+0041"),
        ] {
            assert_eq!(printf(pattern, &values).as_deref(), Ok(expected), "{pattern}");
        }
        assert!(printf("%99999999999d", &[Value::Int(1)]).is_err());
        assert!(printf("%9999999d", &[Value::Int(1)]).is_err());
        assert_eq!(print(&[text("a"), Value::Int(1), Value::Int(2), text("b")]), "a1 2b");
        assert_eq!(println(&[text("a"), Value::Int(1)]), "a 1\n");
    }
}

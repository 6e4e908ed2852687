//! What a regular expression's matches consist of.
//!
//! A store that has lines in pieces can search the pieces one by one if no match can reach across a cut. The bytes that
//! matches may have tell that.

use regex_syntax::hir::{Class, Hir, HirKind};

use crate::byte_set::ByteSet;

/// Alternatives are tried one after the other, so there must not be many.
const MAX_LITERALS: usize = 16;

fn parse(pattern: &str) -> Option<Hir> {
    // As `regex::bytes` reads it: a match need not be text.
    regex_syntax::ParserBuilder::new().utf8(false).build().parse(pattern).ok()
}

/// The texts that the expression looks for, if it is nothing but alternatives without conditions.
pub(super) fn literals(pattern: &str) -> Option<Vec<Vec<u8>>> {
    let hir = parse(pattern)?;
    let literal = |hir: &Hir| match hir.kind() {
        HirKind::Literal(literal) if !literal.0.is_empty() => Some(literal.0.to_vec()),
        _ => None,
    };
    match hir.kind() {
        HirKind::Alternation(all) if all.len() <= MAX_LITERALS => all.iter().map(literal).collect(),
        _ => Some(vec![literal(&hir)?]),
    }
}

/// The bytes of all matches; `None` when a match may be empty or depends on what is around it.
pub(super) fn of_regex(pattern: &str) -> Option<ByteSet> {
    let hir = parse(pattern)?;
    let properties = hir.properties();
    if properties.minimum_len().unwrap_or(0) == 0 || !properties.look_set().is_empty() {
        return None;
    }
    let mut bytes = ByteSet::default();
    collect(&hir, &mut bytes);
    Some(bytes)
}

fn collect(hir: &Hir, bytes: &mut ByteSet) {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => bytes.extend(literal.0.iter().copied()),
        HirKind::Class(Class::Bytes(class)) => {
            class.ranges().iter().for_each(|range| bytes.insert_range(range.start()..=range.end()));
        }
        HirKind::Class(Class::Unicode(class)) => {
            for range in class.ranges() {
                if let Ok(start) = u8::try_from(range.start()).map(|start| start.min(0x80)) {
                    let end = u8::try_from(range.end()).map_or(0x7f, |end| end.min(0x7f));
                    if start <= end {
                        bytes.insert_range(start..=end);
                    }
                }
                if range.end() > '\u{7f}' {
                    bytes.insert_range(0x80..=0xff);
                }
            }
        }
        HirKind::Repetition(repetition) => collect(&repetition.sub, bytes),
        HirKind::Capture(capture) => collect(&capture.sub, bytes),
        HirKind::Concat(all) | HirKind::Alternation(all) => all.iter().for_each(|hir| collect(hir, bytes)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_alternatives_are_found() {
        let texts = |all: &[&str]| Some(all.iter().map(|text| text.as_bytes().to_vec()).collect::<Vec<_>>());
        for (pattern, expected) in [
            ("refused|timeout", texts(&["refused", "timeout"])),
            ("a b", texts(&["a b"])),
            (r"a\.b", texts(&["a.b"])),
            ("(?i)a", None),
            ("^a", None),
            ("a|", None),
            ("", None),
            ("a.b", None),
        ] {
            assert_eq!(literals(pattern), expected, "{pattern}");
        }
    }

    #[test]
    fn some_expressions_look_around() {
        for pattern in ["^a", "a$", r"\ba", "a*", "", "(a|)"] {
            assert_eq!(of_regex(pattern), None, "{pattern}");
        }
        assert_eq!(of_regex("(?i)ab+"), Some("abAB".bytes().collect()));
        assert_eq!(of_regex("x[0-9]{2}"), Some("x0123456789".bytes().collect()));
        assert!(of_regex("a.b").unwrap().contains(b'"'));
        assert!(of_regex("é").unwrap().contains("é".as_bytes()[0]));
    }

    proptest! {
        #[test]
        fn matches_have_no_other_bytes(pattern in r"(\(\?i\))?([a-c]|\.|\[[a-c]-d\]|[a-c][+*]|\\d|\\w|\||é|\(a\|b\)){1,6}", text in "[a-dA-D0-9é|.]{0,12}") {
            let Ok(regex) = regex::bytes::Regex::new(&pattern) else { return Ok(()) };
            let Some(alphabet) = of_regex(&pattern) else { return Ok(()) };
            for found in regex.find_iter(text.as_bytes()) {
                prop_assert!(!found.as_bytes().is_empty());
                prop_assert!(found.as_bytes().iter().all(|byte| alphabet.contains(*byte)));
            }
        }
    }
}

use proptest::prelude::*;

use super::*;

#[test]
fn patterns_match_as_in_go() {
    for (pattern, text, expected) in [
        (r#"{"a":1}"#, r#"{"a":1}"#, true),
        ("a{2}", "aa", true),
        ("a{,2}", "a{,2}", true),
        (r"^\d+$", "٣", false),
        (r"^\w+$", "ü", false),
        (r"\bcafé\b", "café", false), // é is no word character
        (r"(?P<a>x)(?P<a>y)", "xy", true),
        (r"(?<a>x)", "x", true),
        (r"[[:alpha:]]+[^[:digit:]]", "ab", true),
        (r"[a&&b]", "&", true),
        (r"[]a]", "]", true),
        (r"\Qa.b\E+", "a.bb", true),
        (r"(?i)HELLO", "hello", true),
        (r"\p{Greek}", "α", true),
        (r"\x41\x{42}\103", "ABC", true),
        (r"[\d\-x]+$", "1-x", true),
        ("a\\_b", "a_b", true),
        (r"^\S+ \[", "a [", true),
    ] {
        let regex = compile_bytes(pattern).unwrap();
        assert_eq!(regex.is_match(text.as_bytes()), expected, "{pattern}");
    }
}

#[test]
fn bad_patterns_say_what_go_says() {
    for (pattern, error) in [
        ("(", "missing closing ): `(`"),
        (")", "unexpected ): `)`"),
        ("x[a", "missing closing ]: `[a`"),
        ("*", "missing argument to repetition operator: `*`"),
        ("a|*", "missing argument to repetition operator: `*`"),
        ("a**", "invalid nested repetition operator: `**`"),
        ("a{2,1}", "invalid repeat count: `{2,1}`"),
        ("a{1001}", "invalid repeat count: `{1001}`"),
        (r"\y", r"invalid escape sequence: `\y`"),
        (r"a\", "trailing backslash at end of expression: ``"),
        ("[z-a]", "invalid character class range: `z-a`"),
        ("(?=a)", "invalid or unsupported Perl syntax: `(?=`"),
        ("(?P<n", "invalid named capture: `(?P<n`"),
        ("[[:nope:]]", "invalid character class range: `[:nope:]`"),
    ] {
        let found = compile_bytes(pattern).unwrap_err().to_string();
        assert_eq!(found, format!("error parsing regexp: {error}"), "{pattern}");
    }
}

proptest! {
    #[test]
    fn no_pattern_makes_the_translator_panic(pattern in r"[a-c(){}\[\]\\*+?|^$.\-:,0-9PQE<>ü]{0,20}") {
        drop(compile_bytes(&pattern));
        drop(compile_text(&pattern));
    }
}

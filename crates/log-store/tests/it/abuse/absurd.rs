//! Queries that are wrong, or right and absurd: an answer in bounded time and memory, never a crash.

/// Name, query, and how it may be answered where it is a query at all.
pub(super) type Absurd = (&'static str, String, &'static [u16]);

fn many(piece: &str, count: usize) -> String {
    piece.repeat(count)
}

const SELECTOR: &str = r#"{app="x"}"#;

/// Text without end, and trees without end.
pub(super) fn syntax() -> Vec<Absurd> {
    let selector = SELECTOR;
    vec![
        ("ten megabytes", many("a", 9 << 20), &[400]),
        ("blanks up to the limit", many(" ", 131_000), &[400]),
        ("brackets", many("(", 130_000), &[400]),
        ("brackets around a number", many("(", 60_000) + "1" + &many(")", 60_000), &[400]),
        ("nested sums", many("sum(", 30_000) + "1" + &many(")", 30_000), &[400]),
        ("a long sum", "1".to_owned() + &many("+1", 60_000), &[200, 400]),
        ("a long power", "1".to_owned() + &many("^1", 60_000), &[200, 400]),
        ("many signs", many("-", 130_000) + "1", &[400]),
        ("braces", many("{", 130_000), &[400]),
        ("a text without an end", format!(r#"{{app="{}"#, many("x", 100_000)), &[400]),
        ("many matchers", format!("{{app=\"x\"{}}}", many(r#",a!="b""#, 15_000)), &[200, 400]),
        ("many filters", selector.to_owned() + &many(r#"|="x""#, 20_000), &[200, 400]),
        ("many parsers", selector.to_owned() + &many("|json", 20_000), &[200, 400]),
        ("many conditions", format!("{selector}|a=\"b\"{}", many(r#" or a="b""#, 10_000)), &[200, 400]),
        (
            "nested conditions",
            format!("{selector}|{}a=\"b\"{}", many("(", 50_000), many(")", 50_000)),
            &[400],
        ),
        ("many regular expressions", selector.to_owned() + &many(r#"|~"\\w{900}""#, 9_000), &[200, 400]),
        (
            "regular expressions over all letters",
            selector.to_owned() + &many(r#"|~"\\pL{90}""#, 9_000),
            &[200, 400],
        ),
        (
            "a regular expression of brackets",
            format!("{selector}|~`{}x{}`", many("(", 50_000), many(")", 50_000)),
            &[400],
        ),
        (
            "a repetition of repetitions",
            format!("{selector}|~`((((x{{1000}}){{1000}}){{1000}}){{1000}})`"),
            &[400],
        ),
        ("an alternation", format!("{{app=~\"x{}\"}}", many("|y", 60_000)), &[200, 400]),
        (
            "a long group of labels",
            format!("sum by (a{}) (rate({selector}[1m]))", many(",a", 50_000)),
            &[200, 400],
        ),
    ]
}

/// Numbers and templates beyond all measure.
pub(super) fn amounts() -> Vec<Absurd> {
    let selector = SELECTOR;
    vec![
        ("a range of ages", format!("rate({selector}[999999999y])"), &[400]),
        ("a range without length", format!("rate({selector}[0s])"), &[200, 400]),
        ("a negative range", format!("rate({selector}[-1m])"), &[400]),
        ("an offset of ages", format!("rate({selector}[1m] offset 999999999y)"), &[200, 400]),
        ("an offset into the future", format!("rate({selector}[1m] offset -290y)"), &[200, 400]),
        ("the best of very many", format!("topk(1e18, rate({selector}[1m]))"), &[200, 400]),
        (
            "a quantile that is no number",
            format!("quantile_over_time(NaN, {selector} | unwrap n [1m])"),
            &[200, 400],
        ),
        ("an infinite number", "1e999".to_owned(), &[200, 400]),
        (
            "a width of a thousand million",
            format!("{selector} | line_format `{{{{printf \"%1000000000d\" 1}}}}`"),
            &[200, 400],
        ),
        (
            "a precision of a thousand million",
            format!("{selector} | line_format `{{{{printf \"%.1000000000f\" 1.0}}}}`"),
            &[200, 400],
        ),
        (
            "a thousand million copies",
            format!("{selector} | line_format `{{{{repeat 1000000000 \"x\"}}}}`"),
            &[200, 400],
        ),
        (
            "copies of copies",
            format!("{selector} | line_format `{}`", many("{{__line__ | repeat 1000}}", 1000)),
            &[200, 400],
        ),
        (
            "an indent of a thousand million",
            format!("{selector} | line_format `{{{{indent 1000000000 \"x\"}}}}`"),
            &[200, 400],
        ),
        (
            "a template of brackets",
            format!("{selector} | line_format `{{{{{}1{}}}}}`", many("(", 50_000), many(")", 50_000)),
            &[400],
        ),
        (
            "a template of blocks",
            format!("{selector} | line_format `{}{}`", many("{{if true}}", 10_000), many("{{end}}", 10_000)),
            &[400],
        ),
        (
            "a template that calls itself",
            format!(
                "{selector} | line_format `{{{{define \"a\"}}}}{{{{template \"a\"}}}}{{{{end}}}}{{{{template \"a\"}}}}`"
            ),
            &[200, 400],
        ),
        (
            "a template that loops",
            format!("{selector} | line_format `{{{{range $i := until 1000000000}}}}x{{{{end}}}}`"),
            &[200, 400],
        ),
        (
            "replacements that grow",
            format!("{selector} | line_format `{{{{regexReplaceAll \"\" __line__ (repeat 100000 \"y\")}}}}`"),
            &[200, 400],
        ),
        ("many labels of one", format!("{selector} | label_format a=b{}", many(",a=b", 30_000)), &[200, 400]),
        ("a pattern of placeholders", format!("{selector} | pattern `{}`", many("<a>", 30_000)), &[200, 400]),
        (
            "expressions for JSON",
            format!("{selector} | json a=\"x\"{}", many(",a=\"x\"", 15_000)),
            &[200, 400],
        ),
        ("a deep path", format!("{selector} | json a=\"x{}\"", many("[0]", 40_000)), &[200, 400]),
    ]
}

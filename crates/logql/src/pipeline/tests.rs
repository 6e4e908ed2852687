//! Pipelines over single lines: what comes out, with which labels.

use super::*;

fn stages(text: &str) -> Vec<Stage> {
    match crate::parse_expr(&format!("{{a=\"b\"}} {text}")).unwrap() {
        crate::Expr::Log(log) => log.stages,
        crate::Expr::Metric(_) => unreachable!("a log query"),
    }
}

/// The line and the labels (those of the stream only where they were touched) that leave a pipeline.
fn run(pipeline: &str, line: &str, metadata: &[(&str, &str)]) -> Option<String> {
    let pipeline = Pipeline::new(&stages(pipeline)).unwrap();
    let mut runner = pipeline.runner();
    runner.begin_stream(&model::parse_label_set(r#"{app="shop", level="info"}"#).unwrap());
    let row = Row { timestamp: 1_000_000_000, line, metadata };
    // Twice, so that nothing of one line is left for the next.
    runner.run(row);
    let passed = runner.run(row)?;
    let mut labels = Vec::new();
    passed.for_each_label(|name, _, value| {
        if name == "__error_details__" {
            labels.push("details".to_owned());
        } else if (name, value) != ("app", "shop") && (name, value) != ("level", "info") {
            labels.push(format!("{name}={value}"));
        }
    });
    labels.sort();
    Some(format!("{} [{}]", passed.line(), labels.join(" ")))
}

#[track_caller]
fn check(pipeline: &str, line: &str, expected: &str) {
    assert_eq!(run(pipeline, line, &[]).as_deref(), Some(expected), "{pipeline} on {line}");
}

#[test]
fn json_takes_fields_out() {
    for (line, labels) in [
        (r#"{"a":1,"b":{"c":"x","d":[1]},"e":null,"f":true}"#, "a=1 b_c=x f=true"),
        (r#"{"a":1,"a":2,"x.y":3,"x-y":4}"#, "a=1 x_y=3"),
        (r#"{"app":"line","level":"error"}"#, "app_extracted=line level_extracted=error"),
        (r#"{"1st":1,"":2," ":3,"a/b":4}"#, "_1st=1 a_b=4"),
        (r#"{"s":"a\nb \u00e9","bad":"\q"}"#, "bad= s=a\nb é"),
        (r#"{"a":1,"b":tru}"#, "__error__=JSONParserErr a=1 details"),
        ("no json", "__error__=JSONParserErr details"),
    ] {
        check("| json", line, &format!("{line} [{labels}]"));
    }
}

#[test]
fn json_expressions_take_chosen_values() {
    for (line, labels) in [
        (r#"{"a":{"b":[{"c":"x"}]},"n":5}"#, "c=x n=5 o="),
        (r#"{"n":null}"#, "c= n= o="),
        (r#"{"n":[1,2}"#, "__error__=JSONParserErr c= details n= o="),
        ("text", "__error__=JSONParserErr"),
        ("", ""),
    ] {
        check(r#"| json c="a.b[0].c", n, o="nosuch""#, line, &format!("{line} [{labels}]"));
    }
    check(r#"| json level="x""#, r#"{"x":"y"}"#, r#"{"x":"y"} [level_extracted=y]"#);
    check(r#"| json level="x""#, "{}", "{} []");
}

#[test]
fn logfmt_takes_pairs_out() {
    for (pipeline, line, labels) in [
        ("| logfmt", "a=1 b=\"x y\" c d= a=2 level=warn", "a=1 b=x y level_extracted=warn"),
        ("| logfmt --keep-empty", "a= b", "a= b="),
        ("| logfmt", "ok=1 a=b=c after=2", "after=2 ok=1"),
        ("| logfmt --strict", "ok=1 a=b=c after=2", "__error__=LogfmtParserErr details ok=1"),
        (r#"| logfmt x="a", y"#, "a=1 a=2", "x=2 y="),
    ] {
        check(pipeline, line, &format!("{line} [{labels}]"));
    }
}

#[test]
fn other_parsers() {
    for (pipeline, line, expected) in [
        (r#"| regexp "(?P<m>[A-Z]+) (?P<x>y)?""#, "GET /", "GET / [m=GET x=]"),
        (r#"| regexp "(?P<m>[A-Z]+)""#, "none", "none []"),
        (r#"| pattern "<ip> <_> <path>""#, "::1 GET /a b", "::1 GET /a b [ip=::1 path=/a b]"),
        (
            "| unpack",
            r#"{"_entry":"the line","pod":"p","n":5,"app":"x"}"#,
            "the line [app_extracted=x pod=p]",
        ),
        ("| unpack", r#"{"pod":"p"}"#, r#"{"pod":"p"} []"#),
        ("| unpack", "plain", "plain [__error__=JSONParserErr details]"),
        ("| unpack | logfmt", r#"{"_entry":"a=1","pod":"p"}"#, "a=1 [a=1 pod=p]"),
    ] {
        check(pipeline, line, expected);
    }
}

#[test]
fn label_filters_decide() {
    let line = "n=5 d=1.5s b=2KB ip=10.0.0.7 s=x";
    for (filter, passes) in [
        ("n > 4", true),
        ("n = 5", true),
        ("n != 5", false),
        ("d >= 1s", true),
        ("b < 1KiB", false),
        (r#"ip = ip("10.0.0.0/8")"#, true),
        (r#"ip != ip("10.0.0.0/8")"#, false),
        ("nosuch > 1", false),
        (r#"nosuch != ip("::1")"#, false),
        (r#"nosuch = """#, true),
        (r#"s =~ "x|y" and n < 9"#, true),
        (r#"s = "y" or n < 9"#, true),
        (r#"app = "shop""#, true),
    ] {
        let passed = run(&format!("| logfmt | {filter}"), line, &[]);
        assert_eq!(passed.is_some(), passes, "{filter}");
    }
    check("| logfmt | s > 1", "s=x", "s=x [__error__=LabelFilterErr details s=x]");
    check("| logfmt | s > 1 | n > 9", "s=x n=1", "s=x n=1 [__error__=LabelFilterErr details n=1 s=x]");
    assert_eq!(run(r#"| logfmt | s > 1 | __error__ = """#, "s=x", &[]), None);
}

#[test]
fn formatting() {
    for (pipeline, expected) in [
        (r#"| logfmt | line_format "{{.a}}-{{.app}}""#, "1-shop [a=1 b=2]"),
        (
            r#"| logfmt | line_format "{{ div 1 0 }}""#,
            "a=1 b=2 [__error__=TemplateFormatErr a=1 b=2 details]",
        ),
        (r#"| logfmt | label_format c=a, d="{{.b}}!""#, "a=1 b=2 [b=2 c=1 d=2!]"),
        (r#"| logfmt | label_format a="{{.b}}", b="{{.a}}""#, "a=1 b=2 [a=2 b=1]"),
        (r#"| logfmt | label_format x=nosuch, level="new""#, "a=1 b=2 [a=1 b=2 level=new]"),
        (r#"| logfmt | label_format where=app"#, "a=1 b=2 [a=1 b=2 where=shop]"),
        (r#"| line_format "x={{.level}}" | logfmt | line_format "{{.x}}{{.x}}""#, "infoinfo [x=info]"),
        (r#"| line_format "a" |= "b""#, ""),
    ] {
        let found = run(pipeline, "a=1 b=2", &[]).unwrap_or_default();
        assert_eq!(found, expected, "{pipeline}");
    }
    check("| decolorize", "\u{1b}[31mred\u{1b}[0m", "red []");
}

#[test]
fn drop_and_keep() {
    for (pipeline, expected) in [
        ("| logfmt | drop a", "b=2"),
        (r#"| logfmt | drop a="2", b="2""#, "a=1"),
        ("| logfmt | keep a", "a=1"),
        (r#"| logfmt | keep a="2", b"#, "b=2"),
        ("| json | keep x", "__error__=JSONParserErr details"),
        ("| json | drop __error__", "details"),
        ("| json | drop __error__, __error_details__", ""),
        ("| drop level | label_format level=\"new\"", "level=new"),
    ] {
        check(pipeline, "a=1 b=2", &format!("a=1 b=2 [{expected}]"));
    }
}

#[test]
fn metadata_are_labels() {
    let metadata = [("pod", "p-1"), ("level", "warn"), ("n", "6")];
    for (pipeline, line, expected) in [
        ("", "x", "level_extracted=warn n=6 pod=p-1"),
        ("| n > 5", "x", "level_extracted=warn n=6 pod=p-1"),
        (
            "| logfmt",
            "pod=q n=5 level=error",
            "level_extracted=error n=6 n_extracted=5 pod=p-1 pod_extracted=q",
        ),
        ("| drop pod | logfmt", "pod=q", "level_extracted=warn n=6 pod=q"),
    ] {
        let found = run(pipeline, line, &metadata);
        assert_eq!(found, Some(format!("{line} [{expected}]")), "{pipeline}");
    }
}

#[test]
fn bad_stages_are_refused() {
    for (stage, error) in [
        (r#"| regexp "x""#, "invalid regexp parser: at least one named capture must be supplied"),
        (r#"| regexp "(?P<a>x)(?P<a>y)""#, "invalid regexp parser: duplicate extracted label name 'a'"),
        (r#"| pattern "x""#, "invalid pattern parser: at least one capture is required"),
        (
            r#"| pattern "<a><b>""#,
            "invalid pattern parser: found consecutive capture '<a><b>': invalid expression",
        ),
        (
            r#"| json x="a..b""#,
            "stage '| json x=\"a..b\"' : cannot parse expression [a..b]: syntax error: unexpected DOT, expecting FIELD",
        ),
        (
            r#"| logfmt f="foo.bar""#,
            "stage '| logfmt f=\"foo.bar\"' : cannot parse expression [foo.bar]: unexpected char .",
        ),
        (
            r#"| line_format "{{""#,
            "stage '| line_format \"{{\"' : invalid line template: template: line:1: unclosed action",
        ),
        (
            r#"| label_format x="{{ nope }}""#,
            "stage '| label_format x=\"{{ nope }}\"' : invalid template for label 'x': template: label:1: function \"nope\" not defined",
        ),
        (
            r#"| label_format x=a,x=b"#,
            "stage '| label_format x=a,x=b' : multiple label name 'x' not allowed in a single format operation",
        ),
        (r#"| x=ip("nope")"#, "stage '| x=ip(\"nope\")' : ip: invalid pattern: \"nope\""),
        (r#"| x=~"(""#, "error parsing regexp: missing closing ): `(`"),
    ] {
        let found = crate::parse_expr(&format!("{{a=\"b\"}} {stage}")).unwrap_err().to_string();
        assert_eq!(found, format!("parse error : {error}"), "{stage}");
    }
}

#[test]
fn useless_line_formats_are_left_out_of_counts() {
    assert!(crate::parse_expr(r#"count_over_time({a="b"} | line_format "{{" [5m])"#).is_ok());
    assert!(crate::parse_expr(r#"bytes_over_time({a="b"} | line_format "{{" [5m])"#).is_err());
    assert!(crate::parse_expr(r#"count_over_time({a="b"} | line_format "{{" | logfmt [5m])"#).is_err());
}

const STAGES: [&str; 20] = [
    "| json",
    r#"| json a, b="x.y[0].z""#,
    "| logfmt",
    "| logfmt --strict --keep-empty a, b",
    r#"| regexp "(?P<a>\\S+) (?P<b>é*)""#,
    r#"| pattern "<a> <_>é<b>""#,
    "| unpack",
    "| decolorize",
    r#"| line_format "{{.a}}é{{ trunc -2 .b }}{{ substr 1 3 .a }}""#,
    r#"| line_format "{{ __line__ | alignLeft 7 }}""#,
    r#"| label_format c=a, a="{{.b}}{{.a}}""#,
    "| drop a",
    r#"| keep a, b="x""#,
    "| a > 5",
    "| a > 5s or b < 1KB",
    r#"| a = ip("10.0.0.0/8")"#,
    r#"| __error__ = """#,
    r#"|= "a" != "é""#,
    r#"|> "<_>a<_>""#,
    r#"|= ip("::/0")"#,
];

proptest::proptest! {
    #[test]
    fn no_line_makes_a_pipeline_panic(
        picks in proptest::collection::vec(0..STAGES.len(), 0..6),
        line in r#"([a-c="\\\\{}\\[\\]:,. \\x1b\\n19é日\u{fffd}]|"[ab]":|a=|_entry|\\\\u00){0,30}"#,
        value in ".{0,6}",
    ) {
        let text: Vec<&str> = picks.into_iter().map(|at| STAGES[at]).collect();
        let pipeline = Pipeline::new(&stages(&text.join(" "))).unwrap();
        let mut runner = pipeline.runner();
        runner.begin_stream(&model::parse_label_set(r#"{a="1", é="x"}"#).unwrap_or_default());
        let metadata = [("b", value.as_str()), ("a", "m")];
        for row in [&line, &value] {
            if let Some(passed) = runner.run(Row { timestamp: 0, line: row, metadata: &metadata }) {
                let mut length = passed.line().len();
                passed.for_each_label(|name, _, value| length += name.len() + value.len());
                proptest::prop_assert!(length < 1 << 20);
            }
        }
    }
}

//! Queries as text: what is read, what is refused and in which words, and that printing gives back what was read.

use proptest::prelude::*;
use traceql::{Query, parse};

#[test]
fn queries_print_as_text_that_reads_the_same() {
    for (text, printed) in [
        ("{}", "{ true }"),
        ("{ .a }", "{ .a }"),
        (
            r#"{ span.http.method = "GET" && duration>1.5s }"#,
            "{ (span.http.method = `GET`) && (duration > 1.5s) }",
        ),
        (r#"{ span:name = "x" || !.b = true }"#, "{ (name = `x`) || ((!.b) = true) }"),
        ("{ .a || .b && .c }", "{ (.a || .b) && .c }"),
        ("{ 2 ^ 3 ^ .a = 1 }", "{ (2 ^ (3 ^ .a)) = 1 }"),
        ("{ .a-b > 1 }", "{ .a-b > 1 }"),
        ("{ -.a + 1 > minInt }", "{ ((-.a) + 1) > minInt }"),
        (r#"{ span."a b" != nil }"#, r#"{ span."a b" != nil }"#),
        ("{ kind = server } !>> { status = error }", "{ kind = server } !>> { status = error }"),
        ("{.a} > {.b} && {.c} | {.d}", "({ .a } > { .b }) && { .c } | { .d }"),
        (
            "{} | by(.a) | avg(duration) > 1s | coalesce()",
            "{ true } | by(.a) | avg(duration) > 1s | coalesce()",
        ),
        ("{} | count() > 2 * 3", "{ true } | count() > 6"),
        ("({.a} | count() > 2) || ({.b})", "({ .a } | count() > 2) || { .b }"),
        ("{} | select(span.a, kind)", "{ true } | select(span.a, kind)"),
        (
            "{} | rate() by (.a, name) | topk(3) with (exemplars=10)",
            "{ true } | rate() by (.a, name) | topk(3) with (exemplars=10)",
        ),
        ("{} | quantile_over_time(duration, .5, .99)", "{ true } | quantile_over_time(duration, 0.5, 0.99)"),
        ("{ duration > .5s && .a = .25 }", "{ (duration > 500ms) && (.a = 0.25) }"),
        ("{} | quantile_over_time(duration, 0.5, 0.9)", "{ true } | quantile_over_time(duration, 0.5, 0.9)"),
        ("({}|rate()) / ({}|rate()) * 100 > 2", "(({ true } | rate()) / ({ true } | rate())) * 100 > 2"),
        ("{} | compare({status=error}, 5, 1, 2)", "{ true } | compare({ status = error }, 5, 1, 2)"),
        // Shorthand of this project's guides.
        (
            r#"{service.name="order-service"} && {span.name="create_order"}"#,
            "{ resource.service.name = `order-service` } && { span.name = `create_order` }",
        ),
        (
            r#"{service.name="user-service"} && duration > 500ms"#,
            "{ resource.service.name = `user-service` } && { duration > 500ms }",
        ),
        ("{error=true}", "{ status = error }"),
        ("{error=false}", "{ status != error }"),
    ] {
        let Ok(expr) = parse(text) else {
            assert!(printed.is_empty(), "{text} is not read: {:?}", parse(text));
            continue;
        };
        assert_eq!(expr.to_string(), printed, "{text}");
        assert_eq!(parse(printed).unwrap().to_string(), printed);
    }
}

#[test]
fn what_is_wrong_is_said_as_tempo_says_it() {
    for (text, message) in [
        ("", "parse error : syntax error: unexpected $end"),
        (r#"{ name = "x""#, "parse error at line 1, col 13: syntax error: unexpected $end"),
        (r#"{ name = "x }"#, "parse error at line 1, col 10: literal not terminated"),
        ("{ .a < }", "parse error at line 1, col 8: syntax error: unexpected }"),
        ("{ .a == 1 }", "parse error at line 1, col 7: syntax error: unexpected ="),
        ("{ a = 1 }", "parse error at line 1, col 3: unknown identifier: a"),
        ("{} | foo()", "parse error at line 1, col 6: syntax error: unexpected IDENTIFIER"),
        ("{} + {}", "parse error at line 1, col 4: syntax error: unexpected +, expecting with"),
        (r#"{ duration = "5" }"#, "binary operations must operate on the same type: duration = `5`"),
        ("{ kind < server }", "illegal operation for the given types: kind < server"),
        ("{ !status = error }", "illegal operation for the given type: !status"),
        (r#"{ "x" }"#, "span filter field expressions must resolve to a boolean: { `x` }"),
        ("{ status = nil }", "status=nil is not valid because intrinsics cannot be nil"),
        ("{ parent.a = 1 }", "parent not yet supported"),
        (r#"{ .a =~ "[" }"#, "invalid regex: `[`"),
        ("{} | by(1)", "grouping field expressions must reference the span: by(1)"),
        ("{} | rate() | topk(0)", "limit must be greater than 0"),
        ("{} | quantile_over_time(duration, 2)", "quantile must be between 0 and 1: 2"),
    ] {
        assert_eq!(parse(text).unwrap_err().to_string(), message, "{text}");
    }
}

#[test]
fn depth_and_length_are_bounded() {
    let deep = format!("{{ {}.a{} }}", "(".repeat(1000), ")".repeat(1000));
    let long = format!("{{ {} }}", vec![".a = 1"; 5000].join(" && "));
    let huge = format!("{{ .a = \"{}\" }}", "x".repeat(traceql::MAX_QUERY_BYTES));
    for text in
        [deep, long, huge, "(".repeat(100_000), "!".repeat(100_000), "{ ".to_owned() + &"-".repeat(100_000)]
    {
        assert!(parse(&text).is_err());
    }
}

fn field() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("name".to_owned()),
        Just("duration".to_owned()),
        Just("span:childCount".to_owned()),
        Just("event:name".to_owned()),
        "(span|resource|event|link|instrumentation)?\\.[a-z][a-z.-]{0,8}",
        Just(r#"span."a \"b""#.to_owned()),
    ]
}

fn condition() -> impl Strategy<Value = String> {
    let literal = prop_oneof![
        any::<i32>().prop_map(|number| number.to_string()),
        (-1e6..1e6f64).prop_map(|number| format!("{number:?}")),
        "[a-z`\"]{0,5}".prop_map(|text| format!("{text:?}")),
        Just("1h30m".to_owned()),
        Just("nil".to_owned()),
        Just("true".to_owned()),
        Just("error".to_owned()),
        field(),
    ];
    (field(), "(=|!=|<|<=|>|>=|\\+|-|\\*|%|\\^)", literal)
        .prop_map(|(field, op, literal)| format!("{field} {op} {literal}"))
}

fn query() -> impl Strategy<Value = String> {
    let filter = proptest::collection::vec(condition(), 1..4)
        .prop_map(|conditions| format!("{{ {} }}", conditions.join(" && ")));
    let sets = proptest::collection::vec(
        (filter, "(&&|\\|\\||>|>>|<|<<|~|!>|!>>|!<|!<<|!~|&>|&>>|&<|&<<|&~)"),
        1..4,
    )
    .prop_map(|parts| {
        let mut text = String::new();
        for (at, (filter, op)) in parts.iter().enumerate() {
            let op = if at == 0 { "" } else { op };
            text = format!("{text} {op} {filter}");
        }
        text
    });
    let stages = prop_oneof![
        Just(String::new()),
        Just("| count() > 2".to_owned()),
        Just("| by(.a * 2) | avg(.b) <= 1.5".to_owned()),
        Just("| select(.a, span.b) | coalesce()".to_owned()),
        Just("| rate() by (.a)".to_owned()),
        Just("| histogram_over_time(duration) | topk(2)".to_owned()),
    ];
    (sets, stages).prop_map(|(sets, stages)| format!("{sets} {stages}"))
}

proptest! {
    #[test]
    fn printing_is_the_inverse_of_reading(text in query()) {
        if let Ok(expr) = traceql::parse_unchecked(&text) {
            let printed = expr.to_string();
            let again = traceql::parse_unchecked(&printed).unwrap();
            prop_assert_eq!(again, expr, "{} became {}", text, printed);
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "[{}()|&<>!~=+*/%^.,\"` a-z0-9:-]{0,60}") {
        let _unused = Query::parse(&text);
    }
}

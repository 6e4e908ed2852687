use super::*;

fn printed(text: &str) -> Result<String, String> {
    parse_expr(text).map(|expr| expr.to_string()).map_err(|error| error.to_string())
}

#[test]
fn good_queries_and_their_canonical_text() {
    for (text, canonical) in [
        (r#"{a="b"}"#, r#"{a="b"}"#),
        (r#" { a = "b" , c =~ "d.+" } "#, r#"{a="b", c=~"d.+"}"#),
        (
            r#"{a!="b",c="d"} |= "x" |~ `y\d` != "z" !~ "w""#,
            r#"{a!="b", c="d"} |= "x" |~ "y\\d" != "z" !~ "w""#,
        ),
        (r#"{a="b"} |= "x" or "y" OR "z""#, r#"{a="b"} |= "x" or "y" or "z""#),
        ("{a=\"b\"} # comment\n|= \"\\u00fc\\n\"", "{a=\"b\"} |= \"ü\\n\""),
        (
            r#"{a="b"} |> "<_> x" !> "y" |= ip("10.0.0.0/8")"#,
            r#"{a="b"} |> "<_> x" !> "y" |= ip("10.0.0.0/8")"#,
        ),
        (r#"({a="b"} | json)"#, r#"{a="b"} | json"#),
        (
            r#"{a="b"} | logfmt --strict --keep-empty x,y="z""#,
            r#"{a="b"} | logfmt --strict --keep-empty x="x",y="z""#,
        ),
        (
            r#"{a="b"} | duration > 5 | rate="x" | bytes=1KB"#,
            r#"{a="b"} | duration>5 | rate="x" | bytes==1.0kB"#,
        ),
        (r#"{a="b"} | x=1KiB | y=-5 | z>=1.5s"#, r#"{a="b"} | x==1024B | y==-5 | z>=1.5s"#),
        (r#"{a="b"} | x=1, y=2 or z=3"#, r#"{a="b"} | ( x==1 , ( y==2 or z==3 ) )"#),
        (r#"{a="b"} | x=1 or y=2 and z=3"#, r#"{a="b"} | ( x==1 or ( y==2 , z==3 ) )"#),
        (r#"{a="b"} | x=1 y="2" (z=3)"#, r#"{a="b"} | ( x==1 , ( y="2" , z==3 ) )"#),
        (
            r#"{a="b"} | x!=ip("::1") or x=ip("10.0.0.1-10.0.0.9")"#,
            r#"{a="b"} | ( x!=ip("::1") or x=ip("10.0.0.1-10.0.0.9") )"#,
        ),
        (
            r#"{a="b"} | drop x,y=~"z" | keep w | decolorize | unpack"#,
            r#"{a="b"} | drop x,y=~"z" | keep w | decolorize | unpack"#,
        ),
        (r#"{a="b"} | label_format x=y, z="{{.w}}""#, r#"{a="b"} | label_format x=y,z="{{.w}}""#),
        (
            r#"SUM BY(a)(RATE({a="b"}|json[5m] OFFSET 1h))"#,
            r#"sum by (a)(rate({a="b"} | json[5m] offset 1h0m0s))"#,
        ),
        (r#"sum(rate(({a="b"} |= "x")[1d]))by(a,b)"#, r#"sum by (a,b)(rate({a="b"} |= "x"[1d]))"#),
        (
            r#"count_over_time({a="b"}[5m] offset 5m |= "x")"#,
            r#"count_over_time({a="b"} |= "x"[5m] offset 5m0s)"#,
        ),
        (r#"rate(({a="b"}[5m]))"#, r#"rate({a="b"}[5m])"#),
        (
            r#"quantile_over_time(0.9, {a="b"} | logfmt | unwrap duration(x) | __error__="" [5m]) without (y)"#,
            r#"quantile_over_time(0.9,{a="b"} | logfmt | unwrap duration(x) | __error__=""[5m]) without (y)"#,
        ),
        ("1+2*3", "7"),
        ("-2^2", "4"),
        ("1+1--1", "3"),
        ("2^3^2", "512"),
        ("1 > 2", "0"),
        ("10 % 4 * 3", "6"),
        (
            "vector(1) or vector(2) and vector(3)",
            "(vector(1.000000) or (vector(2.000000) and vector(3.000000)))",
        ),
        ("vector(1) > bool 2 < 3", "((vector(1.000000) > bool 2) < 3)"),
        (
            r#"sum(rate({a="b"}[5m])) / on(a) group_left(b, c) sum(rate({a="c"}[5m]))"#,
            r#"(sum(rate({a="b"}[5m])) / on (a) group_left (b,c) sum(rate({a="c"}[5m])))"#,
        ),
        (
            r#"vector(1) unless ignoring(a) vector(2)"#,
            r#"(vector(1.000000) unless ignoring (a)  vector(2.000000))"#,
        ),
        (
            "vector(1) + on() group_right (vector(2))",
            "(vector(1.000000) + on () group_right vector(2.000000))",
        ),
        (
            r#"label_replace(topk(3, rate({a="b"}[1m])), "x", "$1", "y", "(.*)")"#,
            r#"label_replace(topk(3,rate({a="b"}[1m])),"x","$1","y","(.*)")"#,
        ),
        (r#"{ключ="x"} | by_x="1""#, r#"{ключ="x"} | by_x="1""#),
    ] {
        assert_eq!(printed(text).as_deref(), Ok(canonical), "{text}");
        assert_eq!(printed(canonical).as_deref(), Ok(canonical), "{text}");
    }
}

#[test]
fn bad_queries_say_where_and_why() {
    for (text, error) in [
        ("", " : syntax error: unexpected $end"),
        ("# only words", " at line 1, col 13: syntax error: unexpected $end"),
        ("{a=\"b\"", " at line 1, col 7: syntax error: unexpected $end, expecting } or ,"),
        ("{a=b}", " at line 1, col 4: syntax error: unexpected IDENTIFIER, expecting STRING"),
        (
            "{\n a ~ \"b\"}",
            " at line 2, col 4: syntax error: unexpected IDENTIFIER, expecting = or =~ or !~ or !=",
        ),
        ("{a=\"b} ", " at line 1, col 4: literal not terminated"),
        ("{job=\"a\",}", " at line 1, col 10: syntax error: unexpected }, expecting IDENTIFIER"),
        ("{1job=\"a\"}", " at line 1, col 2: syntax error: unexpected NUMBER, expecting IDENTIFIER or }"),
        ("{a=\"b\"} |= 5", " at line 1, col 12: syntax error: unexpected NUMBER, expecting STRING or ip"),
        ("{a=\"b\"} foo", " at line 1, col 9: syntax error: unexpected IDENTIFIER"),
        ("{a=\"b\"} =~ \"a\"", " at line 0, col 9: syntax error: unexpected =~"),
        (
            "{a=\"b\"} | logfmt --nope",
            " at line 1, col 20: syntax error: unexpected IDENTIFIER, expecting NUMBER",
        ),
        ("{a=\"b\"} | json --strict", " at line 0, col 16: syntax error: unexpected FUNCTION_FLAG"),
        (
            "{a=\"b\"} | x > 5 and",
            " at line 1, col 20: syntax error: unexpected $end, expecting IDENTIFIER or (",
        ),
        ("{a=\"b\"} | x = 5XB", " at line 1, col 18: syntax error: unexpected $end"),
        ("{a=\"b\"} | x !> 5", " at line 0, col 13: syntax error: unexpected !>"),
        ("rate({a=\"b\"}[5m]", " at line 1, col 17: syntax error: unexpected $end, expecting )"),
        ("rate({a=\"b\"})", " at line 1, col 13: syntax error: unexpected )"),
        ("rate({a=\"b\"}[5])", " at line 0, col 13: not a valid duration string: \"5\""),
        ("rate({a=\"b\"}[5m", " at line 0, col 13: missing closing ']' in duration"),
        ("sum by level (rate({a=\"b\"}[5m]))", " at line 1, col 1: syntax error: unexpected IDENTIFIER"),
        ("-rate({a=\"b\"}[5m])", " at line 1, col 2: syntax error: unexpected RATE, expecting NUMBER"),
        (
            "rate({a=\"b\"} | unwrap [5m])",
            " at line 0, col 23: syntax error: unexpected RANGE, expecting IDENTIFIER or BYTES_CONV or DURATION_CONV or DURATION_SECONDS_CONV",
        ),
        (
            "count_over_time({a=\"b\"} | json [5m] | x=\"y\")",
            " at line 1, col 37: syntax error: unexpected |, expecting )",
        ),
        ("rate({a=\"b\"}[5m] @ 100)", " at line 1, col 18: syntax error: unexpected IDENTIFIER, expecting )"),
        ("topk(rate({a=\"b\"}[5m]), 3)", " at line 1, col 23: syntax error: unexpected ,"),
        (
            "0x1F",
            " : unable to parse literal as a float: strconv.ParseFloat: parsing \"0x1F\": invalid syntax",
        ),
        ("Inf", " at line 1, col 1: syntax error: unexpected IDENTIFIER"),
        (
            "{a=\"b\"} or {a=\"c\"}",
            " : unexpected type for left leg of binary operation (or): *syntax.MatchersExpr",
        ),
        (
            "1 or vector(1)",
            " : unexpected literal for left leg of logical/set binary operation (or): 1.000000",
        ),
        ("count_over_time({a=\"b\"} | unwrap x [5m])", " : invalid aggregation count_over_time with unwrap"),
        (
            "quantile_over_time({a=\"b\"} | unwrap x [5m])",
            " : parameter required for operation quantile_over_time",
        ),
        ("count_over_time(2, {a=\"b\"}[5m])", " : parameter 2 not supported for operation count_over_time"),
        ("rate({a=\"b\"}[5m]) by ()", " : grouping not allowed for rate aggregation"),
        ("topk(0, rate({a=\"b\"}[5m]))", " : invalid parameter (must be greater than 0) topk(0"),
        ("bottomk(1.2, rate({a=\"b\"}[5m]))", " : invalid parameter bottomk(1.2,"),
        ("sum(3, rate({a=\"b\"}[5m]))", " : unsupported parameter for operation sum(3,"),
        ("{a=~\"(\"}", " : error parsing regexp: missing closing ): `(`"),
        (
            "label_replace(rate({a=\"b\"}[5m]), \"a\", \"b\", \"c\", \"(\")",
            " : invalid regex in label_replace: error parsing regexp: missing closing ): `^(?:()$`",
        ),
    ] {
        assert_eq!(printed(text), Err(format!("parse error{error}")), "{text}");
    }
}

#[test]
fn a_selector_must_select() {
    for text in ["{}", r#"{a=~".*"}"#, r#"{a!="b"}"#, r#"{a=""}"#] {
        assert!(parse(text).unwrap_err().message.starts_with("queries require"), "{text}");
        assert!(parse_selector(text).is_ok(), "{text}");
    }
    for text in [r#"{a!=""}"#, r#"{a=~".+"}"#, r#"{a!~".*", b="c"}"#] {
        assert!(parse(text).is_ok(), "{text}");
    }
}

#[test]
fn depth_is_bounded() {
    for text in [
        format!("{}1{}", "(".repeat(60_000), ")".repeat(60_000)),
        format!("1{}", "^1".repeat(60_000)),
        format!("1{}", "+1".repeat(60_000)),
        format!("{{a=\"b\"}} | {}x=1", "(".repeat(60_000)),
        format!("{{a=\"b\"}} | x=1{}", ",x=1".repeat(20_000)),
        format!("rate({}{{a=\"b\"}}", "(".repeat(60_000)),
    ] {
        let error = parse_expr(&text).unwrap_err().to_string();
        assert!(error.contains("limit: "), "{error}");
    }
    assert!(parse_expr(&format!("{{a=\"b\"}} | x=1{}", " or x=1".repeat(10_000))).is_ok());
}

use logql::Expr;
use proptest::prelude::*;

use super::*;

/// Pattern and lines, most frequent first; each line has a second of its own.
fn patterns<S: AsRef<str>>(lines: impl IntoIterator<Item = S>) -> Vec<(String, u64)> {
    let (mut clusters, mut tokens) = (Clusters::default(), Tokens::default());
    for (line, at) in lines.into_iter().zip(0..) {
        let text = tokens.read(line.as_ref());
        clusters.add(0, text, &tokens, at, 1);
    }
    let found = clusters.finish().into_iter();
    found.map(|(_, pattern, counts)| (pattern, counts.values().sum())).collect()
}

fn check<S: AsRef<str>>(lines: impl IntoIterator<Item = S>, expected: &[(&str, u64)]) {
    let expected: Vec<_> = expected.iter().map(|(pattern, lines)| ((*pattern).to_owned(), *lines)).collect();
    assert_eq!(patterns(lines), expected);
}

#[test]
fn numbers_and_changing_words_become_variables() {
    check(["took 12ms", "took 7ms", "took 1.5s"], &[("took <_>", 3)]);
    check(["user alice logged in", "user bob logged in"], &[("user <_> logged in", 2)]);
    check(["only once"], &[("only once", 1)]);
    check([" 	=", "=", "="], &[("=", 2), (" 	=", 1)]);
}

#[test]
fn different_messages_stay_apart() {
    check(
        ["payment accepted", "payment declined", "payment declined"],
        &[("payment declined", 2), ("payment accepted", 1)],
    );
    check(
        ["user eve logged in", "user bob logged in", "user eve logged out", "user bob logged out"],
        &[("user <_> logged in", 2), ("user <_> logged out", 2)],
    );
}

#[test]
fn names_are_told_from_words_by_their_number() {
    let name = |n: u8| char::from(b'a' + n % 26).to_string().repeat(2 + usize::from(n / 26));
    let lines = (0..200u8).flat_map(|n| [format!("bye {}", name(n)), format!("hello {}", name(n))]);
    check(lines, &[("bye <_>", 200), ("hello <_>", 200)]);
    check((0..12).map(|n| format!("cache of {} filled", name(n))), &[("cache of <_> filled", 12)]);
    check((0..3).map(|n| format!("state {}", name(n))), &[("state aa", 1), ("state bb", 1), ("state cc", 1)]);
}

#[test]
fn structured_lines_differ_by_their_message() {
    let json = |level: &str, msg: &str, user: &str| {
        format!(
            r#"{{"time":"2026-11-20T10:00:00Z","level":"{level}","msg":"{msg}","user":"{user}","ms":1.5}}"#
        )
    };
    let lines = [
        json("info", "order 17 created", "ann"),
        json("info", "order 18 created", "bob"),
        json("warn", "order 19 declined", "bob"),
    ];
    check(
        lines,
        &[
            (r#"{"time":"<_>","level":"info","msg":"order <_> created","user":"<_>","ms":<_>}"#, 2),
            (r#"{"time":"<_>","level":"warn","msg":"order <_> declined","user":"bob","ms":<_>}"#, 1),
        ],
    );
    let logfmt = |msg: &str, path: &str| format!("level=info msg=\"{msg}\" path={path} size=327B");
    check(
        [logfmt("charge ok", "/pay/48"), logfmt("charge ok", "/pay/9"), logfmt("charge off", "/pay/9")],
        &[
            (r#"level=info msg="charge ok" path=/pay/<_> size=<_>"#, 2),
            (r#"level=info msg="charge off" path=/pay/<_> size=<_>"#, 1),
        ],
    );
}

#[test]
fn levels_are_counted_apart() {
    let (mut clusters, mut tokens) = (Clusters::default(), Tokens::default());
    for (level, at, count) in [(0, 60, 1), (1, 60, 4), (0, 120, 2), (0, 60, 1)] {
        let text = tokens.read("a 1");
        clusters.add(level, text, &tokens, at, count);
    }
    let counts = |pairs: &[(i64, u64)]| pairs.iter().copied().collect::<clusters::Counts>();
    assert_eq!(
        clusters.finish(),
        [(0, "a <_>".to_owned(), counts(&[(60, 2), (120, 2)])), (1, "a <_>".to_owned(), counts(&[(60, 4)])),]
    );
}

#[test]
fn access_logs_differ_by_their_requests() {
    let line = |user: &str, request: &str, agent: &str| {
        format!(
            r#"10.0.0.7 - {user} [20/Nov/2026:10:00:03 +0000] "{request} HTTP/1.1" 200 512 "-" "{agent}" 0.05"#
        )
    };
    let lines = [
        line("-", "GET /orders/17", "curl/8"),
        line("alice", "GET /orders/18", "Mozilla/5.0 (X11; Linux x86_64)"),
        line("bob", "POST /orders/19", "-"),
        line("bob", "GET /static/app.js", "-"),
    ];
    check(
        lines,
        &[
            (r#"<_> - <_> [<_>/Nov/<_> +<_>] "GET /orders/<_> HTTP/<_>" <_> <_> "-" "<_>" <_>"#, 2),
            (r#"<_> - bob [<_>/Nov/<_> +<_>] "GET /static/app.js HTTP/<_>" <_> <_> "-" "-" <_>"#, 1),
            (r#"<_> - bob [<_>/Nov/<_> +<_>] "POST /orders/<_> HTTP/<_>" <_> <_> "-" "-" <_>"#, 1),
        ],
    );
}

/// Lines that have nothing in common must not fill the memory, nor drive out what is frequent.
#[test]
fn a_flood_of_kinds_leaves_the_frequent_ones() {
    let punctuation = ['!', '#', '$', '%', '&', '*', '/', ';', '?', '|'];
    let odd = |n: usize| -> String {
        (0..5).map(|digit| punctuation[n / 10usize.pow(digit) % 10]).flat_map(|c| ['x', c]).collect()
    };
    let lines = (0..20_000).flat_map(|n| [odd(n), "the usual line".to_owned()]);
    let found = patterns(lines);
    assert_eq!(found[0], ("the usual line".to_owned(), 20_000));
    assert!(found.len() <= 300);
}

fn filter(pattern: &str) -> Pipeline {
    let query = format!("{{a=\"b\"}} |> {}", serde_json::to_string(pattern).unwrap());
    let Expr::Log(expr) = logql::parse_expr(&query).unwrap() else { panic!("a log query") };
    Pipeline::new(&expr.stages).unwrap()
}

fn matches(filter: &Pipeline, line: &str) -> bool {
    filter.runner().run(Row { timestamp: 0, line, metadata: &[] }).is_some()
}

fn lines() -> impl Strategy<Value = Vec<String>> {
    let piece = prop::sample::select(vec![
        "user",
        "alice",
        "bob",
        "logged",
        "in",
        "17",
        "4.5ms",
        "10:00",
        "-3",
        "é",
        " ",
        " ",
        " ",
        "=",
        ":",
        "-",
        ".",
        ",",
        "/",
        "\"",
        "{\"msg\":\"",
        "\"}",
        "<",
        ">",
        "<a>",
        "<_>",
        "|",
        "msg=",
        "\\",
    ]);
    prop::collection::vec(prop::collection::vec(piece, 1..8).prop_map(|pieces| pieces.concat()), 1..30)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// What a pattern counts, the filter `|>` with that pattern finds; and no line is lost.
    #[test]
    fn every_line_matches_a_pattern_and_is_counted(lines in lines()) {
        let found = patterns(&lines);
        prop_assert_eq!(found.iter().map(|(_, lines)| lines).sum::<u64>(), lines.len() as u64);
        let filters: Vec<Pipeline> = found.iter().map(|(pattern, _)| filter(pattern)).collect();
        for ((pattern, count), filter) in found.iter().zip(&filters) {
            let hits = lines.iter().filter(|line| matches(filter, line)).count() as u64;
            prop_assert!(hits >= *count, "{:?} counts {} and matches {}", pattern, count, hits);
        }
        for line in &lines {
            prop_assert!(filters.iter().any(|filter| matches(filter, line)), "{:?} in {:?}", line, found);
        }
    }

    #[test]
    fn long_lines_match_their_patterns(word in "[a-z<>= é]{1,40}", times in 1usize..400) {
        let line = word.repeat(times);
        let found = patterns([&line]);
        prop_assert!(line.is_empty() || matches(&filter(&found[0].0), &line), "{:?}", found);
    }

    #[test]
    fn names_never_lose_lines(lines in prop::collection::vec("(user|bye) [a-e]{1,2} (in|out)?", 1..80)) {
        let found = patterns(&lines);
        prop_assert_eq!(found.iter().map(|(_, lines)| lines).sum::<u64>(), lines.len() as u64);
    }
}

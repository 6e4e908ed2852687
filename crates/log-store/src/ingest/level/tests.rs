use proptest::prelude::*;

use super::*;

fn of_line(line: &str) -> &'static str {
    let limits = Limits::default();
    LevelDetector::new(&limits).unwrap().of_line(line.as_bytes())
}

fn check(cases: &[(&str, &str)]) {
    for (line, level) in cases {
        assert_eq!(of_line(line), *level, "{line}");
    }
}

#[test]
fn json_lines_name_their_level() {
    check(&[
        (r#"{"level":"info","msg":"an error"}"#, "info"),
        (r#" { "msg" : "an error" , "Level" : "Debug" } "#, "debug"),
        (r#"{"level":"WARNING","m":1}"#, "warn"),
        (r#"{"severity":"CRITICAL"}"#, "critical"),
        (r#"{"severity":"crit"}"#, "unknown"),
        (r#"{"log.level":"wrn"}"#, "warn"),
        (r#"{"log":{"level":"err"}}"#, "error"),
        (r#"{"a":{"b":{"level":"err"}}}"#, "error"), // as a word, not as a field
        (r#"{"a":{"b":{"level":"wrn"}}}"#, "unknown"),
        (r#"{"a":[{"level":"wrn"}],"b":{"c":[1,{"d":"}"}],"e":"\"}"},"lvl":"trc"}"#, "trace"),
        (r#"{"n":-1.5e3,"t":true,"x":null,"lvl":"dbg"}"#, "debug"),
        (r#"{"level":30,"msg":"pino"}"#, "unknown"),
        (r#"{"level":"30","msg":"an error happened"}"#, "error"),
        (r#"{"level":null,"msg":"warn"}"#, "warn"),
        (r#"{"level":""}"#, "unknown"),
        (r#"{"levelname":"wrn"}"#, "unknown"),
        (r#"{"lvl":"wrn" broken}"#, "warn"),
        (r#"{broken "lvl":"wrn"}"#, "unknown"),
        (r#"{"lvl":"wrn"#, "unknown"),
        ("{}", "unknown"),
    ]);
}

#[test]
fn logfmt_lines_name_their_level() {
    check(&[
        ("level=INFO msg=upper", "info"),
        ("lvl=wrn msg=abbr", "warn"),
        ("LEVEL=Fatal x=1", "fatal"),
        (r#"msg="an error, level=info" level=dbg"#, "debug"),
        (r#"a b  c severity="ERR" x"#, "error"),
        ("severity=dbg level=trc", "trace"),
        ("lvl=trc lvl=dbg", "trace"),
        ("level=notice msg=unknown", "unknown"),
        ("level=", "unknown"),
        (r#"level="inf"#, "info"),
        ("key=value nothing", "unknown"),
        ("key=value but (error) in text", "error"),
        ("=", "unknown"),
    ]);
}

#[test]
fn words_name_the_level_of_other_lines() {
    check(&[
        ("[ERROR] bracket", "error"),
        ("ERR: colon", "error"),
        ("info then error mix", "info"),
        ("misc:error not a word", "unknown"),
        ("<error> angle", "unknown"),
        ("an-error-dash", "unknown"),
        ("error, comma", "error"),
        ("warned about warnings: warning", "warn"),
        ("information overload", "unknown"),
        ("E1120 10:00:00 klog style", "unknown"),
        ("it was FATAL", "fatal"),
        ("a\ttrace\nb", "trace"),
        ("critical!", "critical"),
        ("ünfo debug ü", "debug"),
        ("", "unknown"),
    ]);
}

#[test]
fn labels_and_metadata_win_over_the_line_and_keep_unknown_words() {
    let limits = Limits::default();
    let detector = LevelDetector::new(&limits).unwrap();
    for (pairs, level) in [
        (&[("level", "ERR")][..], "error"),
        (&[("level", "bespoke")], "bespoke"),
        (&[("severity_text", "WARN"), ("severity_number", "17")], "warn"),
        (&[("severity_text", "INFO2"), ("level", "debug")], "debug"),
        (&[("severity_number", "5")], "debug"),
        (&[("severity_number", "0")], "unknown"),
        (&[("severity_number", "24")], "fatal"),
        (&[("severity_number", "25")], "unknown"),
        (&[("severity_number", "high")], "info"),
        (&[("level", ""), ("trace_id", "1")], "fatal"),
    ] {
        let mut clues = Clues::default();
        pairs.iter().for_each(|(name, value)| detector.note(&mut clues, name, value));
        assert_eq!(detector.of_entry(&clues, "fatal line"), level, "{pairs:?}");
    }
    for (labels, level) in [
        (r#"{severity="dbg", level="Warning"}"#, Some("warn")),
        (r#"{lvl="notice"}"#, Some("notice")),
        (r#"{job="error"}"#, None),
    ] {
        assert_eq!(
            detector.of_labels(&model::parse_label_set(labels).unwrap()).as_deref(),
            level,
            "{labels}"
        );
    }
}

#[test]
fn the_limits_say_where_to_look() {
    let limits = Limits {
        log_level_fields: vec!["importance".to_owned()],
        log_level_from_json_max_depth: 1,
        ..Limits::default()
    };
    let of_line = |line: &str| LevelDetector::new(&limits).unwrap().of_line(line.as_bytes());
    assert_eq!(of_line(r#"{"level":"wrn","importance":"dbg"}"#), "debug");
    assert_eq!(of_line(r#"{"x":{"importance":"dbg"}}"#), "unknown");
    assert!(LevelDetector::new(&Limits { discover_log_levels: false, ..Limits::default() }).is_none());
}

/// The definition: the earliest word that is a level, with an allowed byte or an end of the line on both sides.
fn naive_word(line: &str) -> Option<&'static str> {
    const WORDS: [&str; 9] =
        ["trace", "debug", "fatal", "critical", "error", "err", "warning", "warn", "info"];
    let lower = line.to_ascii_lowercase();
    let fits = |at: usize, word: &str| {
        let (before, after) = (lower[..at].chars().next_back(), lower[at + word.len()..].chars().next());
        before.is_none_or(|c| " \t\n[({\"'=|".contains(c))
            && after.is_none_or(|c| " \t\n[](){}:,!\"'=|".contains(c))
    };
    let hits = WORDS.iter().flat_map(|word| lower.match_indices(word).filter(|(at, hit)| fits(*at, hit)));
    known(hits.min_by_key(|(at, _)| *at)?.1)
}

proptest! {
    #[test]
    fn words_are_found_as_defined(pieces in prop::collection::vec(prop::sample::select(vec![
        "trace", "DEBUG", "fatal", "critical", "Error", "err", "warning", "WARN", "info", "or", "s",
        " ", "\t", "[", "]", "(", "=", "\"", ":", ",", "-", "<", "!", "é", "1",
    ]), 0..12)) {
        let line = pieces.concat();
        prop_assert_eq!(text::find(line.as_bytes()), naive_word(&line));
    }

    #[test]
    fn no_line_makes_the_search_panic(line in r#"[{}\[\]",:= \\a-z0-9é]{0,40}"#) {
        of_line(&line);
        of_line(&format!("{{{line}}}"));
    }

    /// The scanner finds what a JSON library finds at the top level.
    #[test]
    fn fields_are_found_as_a_json_library_finds_them(before in "\\PC{0,20}", level in "[a-z]{1,8}", text in "\\PC{0,20}") {
        let line = serde_json::json!({ "a": before, "list": [before, {"x": text}], "level": level, "z": text }).to_string();
        let limits = Limits::default();
        let found = json::find(line.as_bytes(), Fields::new(&limits.log_level_fields), 2);
        prop_assert_eq!(found, Some(level.as_bytes()));
    }
}

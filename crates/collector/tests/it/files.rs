//! Files that grow, rotate, vanish and hold odd bytes.

use crate::lab::Lab;

#[tokio::test]
async fn lines_arrive_as_they_are_written() {
    let mut lab = Lab::new().await;
    lab.append("a.log", "one\ntwo\n");
    lab.start().await;
    lab.expect_lines(&["one", "two"]).await;
    lab.append("a.log", "thr");
    lab.append("b.log", "new file\n");
    lab.expect_lines(&["one", "two", "new file"]).await;
    lab.append("a.log", "ee\n");
    lab.expect_lines(&["one", "two", "new file", "three"]).await;
    let entries = lab.loki.entries();
    assert_eq!(entries[0].labels, format!(r#"{{filename="{}", job="test"}}"#, lab.path("a.log").display()));
    assert!(entries[0].timestamp_ns < entries[1].timestamp_ns, "times of reading differ");
    lab.stop().await;
}

#[tokio::test]
async fn line_ends_and_bytes_of_any_kind() {
    let mut lab = Lab::new().await;
    lab.append("a.log", b"crlf\r\n\nbad \xff\xfe utf-8\nnul \0 byte\n");
    lab.start().await;
    lab.expect_lines(&["crlf", "", "bad \u{fffd}\u{fffd} utf-8", "nul \0 byte"]).await;
}

#[tokio::test]
async fn a_renamed_file_is_read_to_its_end_before_the_new_one() {
    let mut lab = Lab::new().await;
    lab.append("a.log", "1\n");
    lab.start().await;
    lab.expect_lines(&["1"]).await;
    for number in [2, 4, 6] {
        lab.append("a.log", format!("{number}\n"));
        lab.rename("a.log", &format!("a.log.{number}"));
        lab.append("a.log", format!("{}\n", number + 1));
    }
    lab.loki.wait_for(7).await;
    assert_eq!(lab.loki.lines(), ["1", "2", "3", "4", "5", "6", "7"]);
    let labels: std::collections::BTreeSet<String> =
        lab.loki.entries().into_iter().map(|entry| entry.labels).collect();
    assert_eq!(labels.len(), 1, "all under the name they were written to: {labels:?}");
}

#[tokio::test]
async fn late_lines_of_a_renamed_file_arrive() {
    let mut lab = Lab::new().await;
    lab.append("a.log", "1\n");
    lab.start().await;
    lab.expect_lines(&["1"]).await;
    lab.rename("a.log", "old");
    lab.append("a.log", "2\n");
    lab.expect_lines(&["1", "2"]).await;
    lab.append("old", "late\n");
    lab.expect_lines(&["1", "2", "late"]).await;
}

#[tokio::test]
async fn a_renamed_file_that_still_matches_is_not_read_twice() {
    let mut lab = Lab::new().await;
    lab.glob = "a.log*".to_owned();
    lab.append("a.log", "1\n");
    lab.start().await;
    lab.expect_lines(&["1"]).await;
    lab.rename("a.log", "a.log.1");
    lab.append("a.log", "2\n");
    lab.expect_lines(&["1", "2"]).await;
    lab.stop().await;
    lab.start().await;
    lab.append("a.log", "3\n");
    lab.expect_lines(&["1", "2", "3"]).await;
}

#[tokio::test]
async fn a_truncated_file_is_read_from_its_beginning() {
    let mut lab = Lab::new().await;
    lab.append("a.log", "first\nsecond\n");
    lab.start().await;
    lab.expect_lines(&["first", "second"]).await;
    lab.truncate("a.log");
    lab.append("a.log", "x\n");
    lab.expect_lines(&["first", "second", "x"]).await;
    // Truncated, and longer than before by the time anyone looks.
    lab.truncate("a.log");
    lab.append("a.log", "much longer than what was there before\n");
    lab.expect_lines(&["first", "second", "x", "much longer than what was there before"]).await;
}

#[tokio::test]
async fn lines_that_are_too_long_are_cut_or_dropped() {
    for (truncate, expected) in [("true", vec!["abcd", "ok", "abcd", "end"]), ("false", vec!["ok", "end"])] {
        let mut lab = Lab::new().await;
        lab.more = format!("limits_config: {{max_line_size: 5, max_line_size_truncate: {truncate}}}");
        let huge = format!("abcdé{}\n", "x".repeat(1 << 20));
        lab.append("a.log", format!("abcdé too long\nok\n{huge}end\n"));
        lab.start().await;
        lab.expect_lines(&expected).await;
        assert!(lab.metrics().contains("reason=\"line_too_long\"} 2"), "{}", lab.metrics());
    }
}

#[tokio::test]
async fn files_that_vanish_are_forgotten() {
    let mut lab = Lab::new().await;
    lab.append("a.log", "1\nunfinished");
    lab.append("b.log", "2\n");
    lab.start().await;
    lab.loki.wait_for(2).await;
    std::fs::remove_file(lab.path("a.log")).unwrap();
    // The last line never gets its newline; it counts once the file is gone for good.
    lab.loki.wait(|entries| entries.iter().any(|entry| entry.line == "unfinished")).await;
    lab.stop().await;
    assert!(!lab.positions().contains("a.log"), "{}", lab.positions());
    assert!(lab.positions().contains("b.log"), "{}", lab.positions());
}

#[tokio::test]
async fn one_file_under_two_names_is_read_once() {
    let mut lab = Lab::new().await;
    lab.append("a.log", "1\n");
    std::os::unix::fs::symlink(lab.path("a.log"), lab.path("link.log")).unwrap();
    lab.start().await;
    lab.expect_lines(&["1"]).await;
    lab.append("a.log", "2\n");
    lab.expect_lines(&["1", "2"]).await;
}

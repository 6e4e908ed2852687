//! What a collector that was stopped or killed knows when it comes back.

use crate::lab::Lab;
use crate::loki::Mood;

#[tokio::test]
async fn reading_goes_on_where_it_ended() {
    let mut lab = Lab::new().await;
    lab.append("a.log", "1\n2\n");
    lab.start().await;
    lab.expect_lines(&["1", "2"]).await;
    lab.stop().await;
    lab.append("a.log", "3\n");
    lab.start().await;
    lab.expect_lines(&["1", "2", "3"]).await;
    lab.stop().await;
    assert!(lab.positions().starts_with("positions:"), "{}", lab.positions());
}

#[tokio::test]
async fn rotation_while_nobody_looked_loses_nothing() {
    let mut lab = Lab::new().await;
    lab.append("a.log", "1\n");
    lab.start().await;
    lab.expect_lines(&["1"]).await;
    lab.stop().await;
    lab.append("a.log", "2\n");
    lab.rename("a.log", "a.log.2");
    lab.append("a.log", "3\n");
    lab.rename("a.log", "a.log.1");
    lab.append("a.log", "4\n");
    lab.start().await;
    lab.expect_lines(&["1", "2", "3", "4"]).await;
}

#[tokio::test]
async fn a_crash_loses_nothing_that_was_not_acknowledged() {
    let mut lab = Lab::new().await;
    lab.append("a.log", "1\n");
    lab.start().await;
    lab.expect_lines(&["1"]).await;
    let offset_saved = async {
        while !lab.positions().contains(" 2 /") {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), offset_saved).await.unwrap();
    lab.loki.set_mood(Mood::Answer(500));
    let before = lab.loki.requests().len();
    lab.append("a.log", "2\n3\n");
    lab.loki.wait_for_requests(before + 2).await;
    lab.crash();
    lab.loki.set_mood(Mood::Accept);
    lab.start().await;
    lab.expect_lines(&["1", "2", "3"]).await;
}

#[tokio::test]
async fn lines_held_by_a_stage_are_not_counted_as_done() {
    let mut lab = Lab::new().await;
    lab.job = "    pipeline_stages: [{multiline: {firstline: '^A', max_wait_time: 1h}}]".to_owned();
    lab.append("a.log", "A1\n b\nA2\n c\n");
    lab.start().await;
    lab.expect_lines(&["A1\n b"]).await;
    lab.crash();
    lab.append("a.log", " d\nA3\n");
    lab.start().await;
    lab.loki.wait(|entries| entries.iter().any(|entry| entry.line == "A2\n c\n d")).await;
    lab.stop().await;
    // The end of a collector is the end of a block.
    lab.loki.wait(|entries| entries.iter().any(|entry| entry.line == "A3")).await;
}

#[tokio::test]
async fn positions_of_promtail_are_taken_over() {
    let mut lab = Lab::new().await;
    lab.append("a.log", "old\nnew\n");
    lab.append("shrunk.log", "x\n");
    let text = format!(
        "positions:\n  {}: \"4\"\n  {}: \"400\"\n",
        lab.path("a.log").display(),
        lab.path("shrunk.log").display()
    );
    std::fs::write(lab.path("positions.yaml"), text).unwrap();
    lab.start().await;
    lab.loki.wait_for(2).await;
    let mut lines = lab.loki.lines();
    lines.sort();
    assert_eq!(lines, ["new", "x"]);
}

#[tokio::test]
async fn an_inode_used_again_is_another_file() {
    let mut lab = Lab::new().await;
    lab.append("a.log", "one\ntwo\n");
    lab.start().await;
    lab.expect_lines(&["one", "two"]).await;
    lab.stop().await;
    // What an inode that was freed and used again looks like: the same identity, other content.
    lab.truncate("a.log");
    lab.append("a.log", "a different beginning\n");
    lab.start().await;
    lab.expect_lines(&["one", "two", "a different beginning"]).await;
}

//! The smaller commands against a running stack.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::harness::{Stack, is_running, until};

fn interrupt(child: &Child) {
    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), Signal::SIGINT).unwrap();
}

#[test]
fn logs_restart_clean_and_a_second_up() {
    let stack = Stack::new();
    assert_eq!(stack.run(&["logs"]).code, 0);
    stack.succeed(&["up"]);

    let pid = stack.component("dashboard-server")["pid"].clone();
    let printed = stack.succeed(&["restart", "grafana"]);
    assert!(printed.contains("dashboard-server is ready again"), "{printed}");
    let component = stack.component("dashboard-server");
    assert_ne!(component["pid"], pid);
    assert_eq!(component["failures"], 0);

    let printed = stack.succeed(&["up"]);
    assert!(printed.contains("is running already"), "{printed}");

    let lines = stack.succeed(&["logs", "loki", "tempo", "-n", "1000"]);
    assert!(
        lines.contains(" INFO  log-store (loki) ") && lines.contains(" INFO  trace-store (tempo) "),
        "{lines}"
    );
    let raw = stack.succeed(&["logs", "order-service", "--raw", "-n", "2"]);
    assert_eq!(raw.lines().count(), 2, "{raw}");
    let first = raw.lines().next().unwrap();
    let fields: serde_json::Value = serde_json::from_str(first).unwrap();
    assert_eq!(fields["service"], "order-service");

    let ran = stack.run(&["clean", "--yes"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.contains("stack is running"), "{}", ran.stdout);
    stack.succeed(&["down"]);
    let ran = stack.run(&["clean"]);
    assert_eq!(ran.code, 1, "without a terminal it does not ask");
    assert!(stack.data().join("log-store").exists());
    stack.succeed(&["clean", "--yes"]);
    assert!(!stack.data().exists());
    assert!(stack.succeed(&["down"]).contains("nothing was running"));
}

#[test]
fn logs_are_followed_until_ctrl_c() {
    let stack = Stack::new();
    stack.succeed(&["up"]);
    let mut child = stack.command(&["logs", "-f", "-n", "0"]).stdout(Stdio::piped()).spawn().unwrap();
    // The traffic never rests, so a new line is a matter of seconds.
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(!line.is_empty());
    interrupt(&child);
    assert!(child.wait().unwrap().success());
}

#[test]
fn up_in_the_foreground_stops_everything_on_ctrl_c() {
    let stack = Stack::new();
    let mut child = stack.command(&["up", "--foreground"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut ready = 0;
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    while ready < 8 {
        let line = lines.next().expect("the supervisor goes on").unwrap();
        ready += usize::from(line.contains(r#""message":"component ready""#));
    }
    let pids = stack.pids();
    interrupt(&child);
    // Read on, so that a full pipe never holds it up.
    let rest: Vec<String> = lines.map_while(Result::ok).collect();
    assert!(child.wait().unwrap().success(), "{rest:?}");
    until("everything is gone", || pids.iter().all(|pid| !is_running(*pid)));
    assert!(stack.open_ports().is_empty());
}

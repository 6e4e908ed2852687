//! Processes that die: a component, a store, the supervisor.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::harness::{Stack, is_running, until};

fn kill_9(pid: i32) {
    kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
}

fn pid_of(stack: &Stack, name: &str) -> i32 {
    i32::try_from(stack.component(name)["pid"].as_i64().unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_components_come_back_and_telemetry_goes_on() {
    let stack = Stack::new();
    stack.succeed(&["up"]);
    let before = stack.place_order().await;
    stack.find_telemetry(&before).await;
    for name in ["order-service", "trace-store", "log-store", "collector"] {
        let pid = pid_of(&stack, name);
        kill_9(pid);
        until(&format!("{name} is up again"), || {
            let component = stack.component(name);
            component["health"] == "up" && component["pid"].as_i64() != Some(i64::from(pid))
        });
        let component = stack.component(name);
        assert_eq!(component["restarts"], 1, "{component}");
        assert_eq!(component["last_exit"], "killed by SIGKILL", "{component}");
    }
    let after = stack.place_order().await;
    stack.find_telemetry(&after).await;
    // What was acknowledged before the stores were killed is still there.
    stack.find_telemetry(&before).await;
    let journal = stack.succeed(&["logs", "supervisor", "--raw", "-n", "200"]);
    assert_eq!(journal.matches(r#""reason":"killed by SIGKILL""#).count(), 4, "{journal}");
}

#[test]
fn a_killed_supervisor_leaves_no_orphans_and_the_next_one_starts() {
    let stack = Stack::new();
    stack.succeed(&["up"]);
    let pids = stack.pids();
    kill_9(pids[0]);
    until("all components are gone", || pids.iter().all(|pid| !is_running(*pid)));
    assert_eq!(stack.run(&["status"]).code, 3);
    stack.succeed(&["up"]);
    let again = stack.pids();
    assert_eq!(again.len(), 9);
    assert!(again.iter().all(|pid| !pids.contains(pid)));
    stack.succeed(&["down"]);
    assert!(stack.open_ports().is_empty());
}

/// Even without a pause: the ports of dying components are waited for.
#[test]
fn up_right_after_the_supervisor_was_killed_works() {
    let stack = Stack::new();
    stack.succeed(&["up"]);
    kill_9(stack.pids()[0]);
    stack.succeed(&["up"]);
    stack.succeed(&["down"]);
}

#[test]
fn a_hung_supervisor_is_ended_by_down() {
    let stack = Stack::new();
    stack.succeed(&["up"]);
    let pids = stack.pids();
    // Its socket accepts, nobody answers: killing it takes its components along.
    kill(Pid::from_raw(pids[0]), Signal::SIGSTOP).unwrap();
    let printed = stack.succeed(&["down"]);
    assert!(printed.contains("is killed"), "{printed}");
    until("all components are gone", || pids.iter().all(|pid| !is_running(*pid)));
    // A killed process counts as ended a moment before its last thread has closed its sockets.
    until("all ports are free", || stack.open_ports().is_empty());
}

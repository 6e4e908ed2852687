//! Faults, exercises, and components that are stopped on purpose, against the whole stack.

use serde_json::Value;

use crate::harness::{Stack, until};

/// Clears the way for what a test looks for: the stack with busier customers.
fn busy_stack() -> Stack {
    let stack = Stack::new();
    let up = stack.command(&["up"]).env("TRAFFIC_RATE", "8").output().unwrap();
    assert!(up.status.success(), "{}", String::from_utf8_lossy(&up.stdout));
    stack
}

fn faults_that_are_on(stack: &Stack) -> Vec<String> {
    let all: Value = serde_json::from_str(&stack.succeed(&["fault", "list", "-o", "json"])).unwrap();
    let on = all.as_array().unwrap().iter().filter(|fault| fault["enabled"] == true);
    on.map(|fault| fault["name"].as_str().unwrap().to_owned()).collect()
}

fn finds_lines(stack: &Stack, query: &str) -> bool {
    let ran = stack.run(&["query", "logs", query, "-o", "jsonl"]);
    ran.code == 0 && ran.stdout.lines().any(|line| line.starts_with('{'))
}

#[test]
fn faults_are_switched_strike_and_are_told() {
    let stack = busy_stack();
    let listed = stack.succeed(&["fault", "list"]);
    for name in ["payment_decline_rate", "product_slow_search", "user_service_down", "login_bruteforce"] {
        assert!(listed.contains(name), "{listed}");
    }
    assert!(faults_that_are_on(&stack).is_empty(), "off by default");

    let ran = stack.run(&["fault", "on", "cpu_burn"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.contains("choose with --service"), "{}", ran.stdout);
    let printed = stack.succeed(&["fault", "on", "payment_decline_rate", "--rate", "1", "--for", "5m"]);
    assert!(printed.contains("payment_decline_rate is on in order-service until "), "{printed}");
    stack.succeed(&["fault", "on", "login_bruteforce", "--rate", "0.2"]);
    assert_eq!(faults_that_are_on(&stack), ["payment_decline_rate", "login_bruteforce"]);

    until("the events that dashboards draw", || {
        let query = r#"{job="ecommerce"} | json | event=~"fault.*" | fault="payment_decline_rate""#;
        finds_lines(&stack, query)
    });
    until("declined payments", || {
        finds_lines(&stack, r#"{service_name="order-service"} | json | event="payment.declined""#)
    });
    until("guessed passwords", || {
        finds_lines(
            &stack,
            r#"{service_name="user-service"} | json | event="user.login.failed" | session_id=~"bot-.*""#,
        )
    });
    until("marked spans", || {
        stack
            .succeed(&["query", "traces", r#"{ span.fault.name = "payment_decline_rate" }"#])
            .contains("scenario checkout")
    });

    let printed = stack.succeed(&["fault", "off", "login_bruteforce"]);
    assert!(printed.contains("login_bruteforce is off in traffic-generator"), "{printed}");
    assert!(stack.succeed(&["fault", "off", "--all"]).contains("payment_decline_rate is off"));
    assert!(stack.succeed(&["fault", "off", "--all"]).contains("nothing was on"));
    assert!(faults_that_are_on(&stack).is_empty());

    let chaos = [
        "fault",
        "chaos",
        "--interval",
        "1s",
        "--hold-min",
        "60s",
        "--hold-max",
        "90s",
        "--for",
        "5s",
        "--max",
        "2",
    ];
    let printed = stack.succeed(&chaos);
    assert!(printed.contains(" is on in ") && printed.ends_with("its faults are off\n"), "{printed}");
    assert!(faults_that_are_on(&stack).is_empty());
}

#[test]
fn an_exercise_is_found_by_its_traces_and_graded() {
    let stack = busy_stack();
    assert_eq!(stack.run(&["scenario", "check", "order-service"]).code, 1, "none is running");
    let told = stack.succeed(&["scenario", "run", "slow-checkout"]);
    assert!(told.contains("press \"pay\"") && !told.contains("gateway"), "{told}");
    assert_eq!(stack.run(&["scenario", "run", "login-storm"]).code, 1, "one at a time");
    assert_eq!(faults_that_are_on(&stack), ["exercise"], "what is broken is not told");

    // As a learner does: the slow route, its log lines, the span that takes the time.
    until("timeouts of the gateway", || {
        let query =
            r#"{service_name="order-service"} | json | event="payment.failed" | reason="gateway_timeout""#;
        finds_lines(&stack, query)
    });
    let slow = r#"{ name = "payment.authorize" && span.error.type = "timeout" && duration > 1s }"#;
    let mut found = String::new();
    until("the slow span", || {
        stack.succeed(&["query", "traces", slow, "--limit", "1", "-o", "jsonl"]).contains("traceID")
    });
    found.push_str(&stack.succeed(&["query", "traces", slow, "--limit", "1", "-o", "jsonl"]));
    let trace: Value = serde_json::from_str(found.lines().next().unwrap()).unwrap();
    let drawn = stack.succeed(&["query", "trace", trace["traceID"].as_str().unwrap()]);
    assert!(drawn.contains("payment.authorize") && drawn.contains("timeout"), "{drawn}");
    assert!(!finds_lines(&stack, r#"{job="ecommerce"} |= "payment_gateway_timeout""#), "nobody has told");

    assert!(stack.succeed(&["scenario", "hint"]).contains("Hint 1 of 3"));
    let wrong = stack.run(&["scenario", "check", "product-service is slow"]);
    assert_eq!(wrong.code, 1, "{}", wrong.stdout);
    let half = stack.run(&["scenario", "check", "order-service"]);
    assert!(half.code == 1 && half.stdout.contains("Half right"), "{}", half.stdout);
    let solved =
        stack.succeed(&["scenario", "check", "order-service:", "the", "payment", "gateway", "times", "out"]);
    assert!(solved.contains("with 3 answers and one hint") && solved.contains("well again"), "{solved}");
    assert!(faults_that_are_on(&stack).is_empty());

    stack.succeed(&["scenario", "run", "missing-orders"]);
    assert!(stack.succeed(&["scenario", "reveal"]).contains("product-service refuses to reserve"));
    assert_eq!(stack.run(&["scenario", "hint"]).code, 1);
    assert!(stack.succeed(&["scenario", "stop"]).contains("no exercise was running"));
}

#[test]
fn a_component_that_is_stopped_stays_down_until_it_is_started() {
    let stack = Stack::new();
    assert_eq!(stack.run(&["stop", "loki"]).code, 3, "nothing runs");
    stack.succeed(&["up"]);
    let printed = stack.succeed(&["stop", "user-service"]);
    assert!(printed.contains("user-service is stopped"), "{printed}");
    let component = stack.component("user-service");
    assert_eq!((&component["health"], &component["pid"]), (&"stopped".into(), &Value::Null));
    assert!(stack.succeed(&["status"]).contains("user-service: stopped on request"));
    assert_eq!(stack.run(&["health"]).code, 1);
    let doctor = stack.succeed(&["doctor"]);
    assert!(doctor.contains("monitoring-stack start user-service"), "{doctor}");
    assert!(stack.succeed(&["up"]).contains("user-service is stopped on request"));
    assert!(stack.succeed(&["start", "user-service"]).contains("user-service is ready"));
    assert_eq!(stack.component("user-service")["health"], "up");
    // Starting what runs does no harm.
    let pid = stack.component("user-service")["pid"].clone();
    stack.succeed(&["start", "user-service"]);
    assert_eq!(stack.component("user-service")["pid"], pid);
    stack.succeed(&["stop", "grafana"]);
    stack.succeed(&["restart", "grafana"]);
    stack.succeed(&["stop", "collector"]);
    stack.succeed(&["down"]);
    assert!(stack.open_ports().is_empty());
}

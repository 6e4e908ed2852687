//! What a terminal shows of the stores: `query`, `top`, `doctor`, `open`, and what needs no stack at all.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::harness::{Stack, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_found_in_the_terminal() {
    let stack = Stack::new();
    stack.succeed(&["up"]);
    let id = stack.place_order().await;
    stack.find_telemetry(&id).await;

    let query = format!(r#"{{job="ecommerce"}} | json | event="order.created" | trace_id="{id}""#);
    let text = stack.succeed(&["query", "logs", &query]);
    assert!(text.contains(" INFO  order-service  order ") && text.contains("event=order.created"), "{text}");
    assert!(!text.contains('\x1b'), "no colours where no terminal is");
    let line = stack.succeed(&["query", "logs", &query, "-o", "jsonl"]);
    let line: Value = serde_json::from_str(line.lines().next().unwrap()).unwrap();
    assert_eq!(line["labels"]["service_name"], "order-service");
    let whole: Value =
        serde_json::from_str(&stack.succeed(&["query", "logs", &query, "-o", "json"])).unwrap();
    assert_eq!(whole["data"]["resultType"], "streams");
    let table = stack.succeed(&[
        "query",
        "logs",
        r#"sum by (event) (count_over_time({job="ecommerce"} | json event="event" [1h]))"#,
    ]);
    assert!(table.starts_with("event") && table.contains("order.created"), "{table}");
    let steps = stack.succeed(&[
        "query",
        "logs",
        r#"sum(rate({job="ecommerce"}[1m]))"#,
        "--step",
        "30s",
        "--since",
        "2m",
    ]);
    assert!(steps.starts_with("TIME"), "{steps}");
    let ran = stack.run(&["query", "logs", "{job="]);
    assert!(ran.code == 1 && ran.stdout.contains("refuses the query: parse error"), "{}", ran.stdout);

    let drawn = stack.succeed(&["query", "trace", &id]);
    for name in ["order-service", "validate_user", "reserve_inventory", "POST /orders", "█"] {
        assert!(drawn.contains(name), "{name}: {drawn}");
    }
    let found = stack.succeed(&["query", "traces", r#"{ name = "create_order" }"#]);
    assert!(
        found.starts_with("START") && found.contains("create_order") || found.contains("/orders"),
        "{found}"
    );
    let counted = stack.succeed(&["query", "traces", "{} | count_over_time() by (resource.service.name)"]);
    assert!(counted.contains("order-service"), "{counted}");
    assert_eq!(stack.run(&["query", "trace", "00000000000000000000000000000bad"]).code, 1);
    assert!(stack.succeed(&["query", "metrics", "1 + 1"]).contains('2'));

    let top = stack.succeed(&["top", "--once"]);
    assert!(top.starts_with("COMPONENT") && top.contains("order-service") && !top.contains('\x1b'), "{top}");
    let top: Value = serde_json::from_str(&stack.succeed(&["top", "--once", "-o", "json"])).unwrap();
    assert_eq!(top["components"].as_array().unwrap().len(), 8);
    assert_eq!(top["problem"], Value::Null);
    let doctor: Value = serde_json::from_str(&stack.succeed(&["doctor", "-o", "json"])).unwrap();
    for name in ["stack", "version", "disk", "permissions", "components", "logs", "traces"] {
        let check = doctor.as_array().unwrap().iter().find(|check| check["name"] == name).unwrap();
        assert_eq!(check["verdict"], "ok", "{check}");
    }
    let url = stack.succeed(&["open", "logs", "--print"]);
    assert!(url.starts_with(&format!("http://localhost:{}/explore?", stack.port(3000))), "{url}");
    let offset = stack.port(3100).to_string();
    let elsewhere = format!("http://127.0.0.1:{offset}");
    assert!(stack.succeed(&["query", "logs", &query, "--url", &elsewhere]).contains("order.created"));
}

#[test]
fn lines_are_followed_and_a_closed_pipe_ends_it() {
    let stack = Stack::new();
    stack.succeed(&["up"]);
    let follow = ["query", "logs", r#"{job="ecommerce"}"#, "--follow", "-o", "jsonl", "--since", "1s"];
    let mut child = stack.command(&follow).stdout(Stdio::piped()).spawn().unwrap();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    assert!(serde_json::from_str::<Value>(&line).unwrap()["line"].is_string(), "{line}");
    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), Signal::SIGINT).unwrap();
    reader.read_to_string(&mut line).unwrap();
    assert!(child.wait().unwrap().success());

    let mut child = stack.command(&follow).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    reader.read_line(&mut line).unwrap();
    drop(reader);
    // The traffic never rests: the next line finds nobody to read it.
    assert!(child.wait().unwrap().success());
    let mut complaints = String::new();
    child.stderr.take().unwrap().read_to_string(&mut complaints).unwrap();
    assert_eq!(complaints, "");
}

#[test]
fn without_a_stack_commands_say_so_and_the_rest_works() {
    let stack = Stack::new();
    assert_eq!(stack.run(&["top", "--once"]).code, 3);
    let ran = stack.run(&["query", "logs", "{}"]);
    assert!(ran.code == 1 && ran.stdout.contains("is the stack running?"), "{}", ran.stdout);
    assert_eq!(stack.run(&["fault", "list"]).code, 1);
    let doctor = stack.run(&["doctor"]);
    assert!(doctor.code == 0 && doctor.stdout.contains("monitoring-stack up"), "{}", doctor.stdout);
    assert!(stack.run(&["open"]).stdout.contains("/d/ecommerce-overview"));
    assert!(stack.succeed(&["scenario", "list"]).contains("missing-orders"));
    for (shell, mark) in [
        ("bash", "complete -F"),
        ("zsh", "#compdef monitoring-stack"),
        ("fish", "complete -c monitoring-stack"),
    ] {
        assert!(stack.succeed(&["completions", shell]).contains(mark), "{shell}");
    }
    assert!(stack.succeed(&["man"]).contains(".SH SCENARIO CHECK"));
    // Ports that somebody else has are a problem, with a name.
    let held = std::net::TcpListener::bind(("127.0.0.1", stack.port(3100))).unwrap();
    let ran = stack.run(&["doctor"]);
    assert!(
        ran.code == 1 && ran.stdout.contains(&format!("in use by pid {}", std::process::id())),
        "{}",
        ran.stdout
    );
    drop(held);
    until("the port is free", || stack.open_ports().is_empty());
}

//! Occupied ports.

use std::net::TcpListener;

use crate::harness::{Stack, until};

#[test]
fn an_occupied_port_is_refused_by_name_before_anything_starts() {
    let stack = Stack::new();
    let port = stack.port(3100);
    let _held = TcpListener::bind(("127.0.0.1", port)).unwrap();
    for arguments in [&["up"][..], &["up", "--foreground"]] {
        let ran = stack.run(arguments);
        assert_eq!(ran.code, 1, "{}", ran.stdout);
        let expected = format!("port {port} (log-store) is in use by pid {}: ", std::process::id());
        assert!(ran.stdout.contains(&expected), "{}", ran.stdout);
        assert!(ran.stdout.contains("nothing was started"), "{}", ran.stdout);
    }
    assert_eq!(stack.run(&["status"]).code, 3);
    assert_eq!(stack.open_ports(), [3100]);
}

#[test]
fn two_stacks_run_side_by_side() {
    let (one, two) = (Stack::new(), Stack::new());
    one.succeed(&["up"]);
    two.succeed(&["up"]);
    for stack in [&one, &two] {
        assert_eq!(stack.pids().len(), 9);
        let address = stack.component("order-service")["address"].clone();
        assert_eq!(address, format!("127.0.0.1:{}", stack.port(8083)));
    }
    one.succeed(&["down"]);
    until("the other stack is well", || two.run(&["health"]).code == 0);
}

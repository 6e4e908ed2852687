//! What the manual promises: up, an order, its trace and its log lines, down.

use crate::harness::{Stack, is_running};

const SHOP: [&str; 4] = ["user-service", "product-service", "order-service", "traffic-generator"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_found_as_trace_and_as_log_lines_and_down_leaves_nothing() {
    let stack = Stack::in_checkout();
    let printed = stack.succeed(&["up"]);
    assert!(printed.contains("everything was ready after"), "{printed}");
    assert!(printed.contains(&format!("http://localhost:{}", stack.port(3000))), "{printed}");
    assert!(printed.contains("admin / admin123"), "{printed}");

    let trace_id = stack.place_order().await;
    stack.find_telemetry(&trace_id).await;
    for service in SHOP {
        let query = stack.log_query(&format!(r#"{{service_name="{service}"}}"#));
        stack.get_until(&format!("lines of {service}"), &query, |body| body.contains(r#""values":[["#)).await;
    }

    let status = stack.status();
    for component in status["components"].as_array().unwrap() {
        assert_eq!(component["health"], "up", "{component}");
        assert_eq!(component["restarts"], 0, "{component}");
        assert!(component["usage"]["rss_bytes"].as_u64().unwrap() > 0, "{component}");
    }
    let health = stack.succeed(&["health"]);
    assert_eq!(health.matches(" up ").count(), 8, "{health}");
    let endpoints = stack.succeed(&["test-endpoints"]);
    assert!(
        endpoints.contains("the order's trace spans order-service, product-service, user-service"),
        "{endpoints}"
    );

    let pids = stack.pids();
    assert_eq!(pids.len(), 9, "supervisor and eight components");
    stack.succeed(&["down"]);
    let survivors: Vec<&i32> = pids.iter().filter(|pid| is_running(**pid)).collect();
    assert!(survivors.is_empty(), "still running: {survivors:?}");
    assert!(stack.open_ports().is_empty(), "still open: {:?}", stack.open_ports());
    assert_eq!(stack.run(&["status"]).code, 3);
    assert_eq!(stack.run(&["health"]).code, 1);
}

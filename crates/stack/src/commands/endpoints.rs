//! `test-endpoints`: a walk through the shop and the stores as a user would take it, ending with the order's own
//! trace and log lines.

mod calls;
mod found;

use std::process::ExitCode;
use std::time::Duration;

use serde::Serialize;

use self::calls::{Caller, SEED_ORDER};
use super::{Context, exit_code, say};
use crate::cli::{Format, Output};
use crate::components::find;
use crate::ui::{self, Align, Cell, Style, Tone};

/// How long telemetry may take from the service to the store.
const TELEMETRY: Duration = Duration::from_secs(30);

/// The services that an order passes through.
const OF_AN_ORDER: [&str; 3] = ["order-service", "product-service", "user-service"];

/// One request and how it went.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    pub component: &'static str,
    pub request: String,
    pub status: Option<u16>,
    pub time_ms: f64,
    pub ok: bool,
    /// What was wrong, or what was found
    pub note: String,
}

/// Runs the command.
pub async fn run(context: &mut Context, output: Output) -> anyhow::Result<ExitCode> {
    drop(context.attach(false).await);
    let mut caller = Caller::new(context.network)?;
    walk(&mut caller).await;
    let outcomes = caller.outcomes();
    match output.format {
        Format::Json => say(&serde_json::to_string_pretty(outcomes)?)?,
        Format::Text => say(&text(outcomes, context.style))?,
    }
    Ok(exit_code(outcomes.iter().all(|outcome| outcome.ok)))
}

async fn walk(caller: &mut Caller) {
    for name in ["user-service", "product-service", "order-service"] {
        caller.get(name, "/health", &[200]).await;
    }
    caller.get("user-service", "/users/1", &[200]).await;
    let nobody = r#"{"email":"nobody@example.com","password":"wrong-password"}"#;
    caller.post("user-service", "/auth/login", nobody, &[401, 429]).await;
    for path in [
        "/products",
        "/products/1",
        "/products/search?q=a",
        "/categories",
        "/products/trending",
        "/inventory/1",
    ] {
        caller.get("product-service", path, &[200]).await;
    }
    let trace_id = order(caller).await;
    caller.get("order-service", "/orders/user/1", &[200]).await;
    caller.get("order-service", "/analytics/summary", &[200]).await;
    caller.get("traffic-generator", "/status", &[200]).await;
    for name in ["log-store", "trace-store", "collector", "dashboard-server"] {
        caller.get(name, find(name).map_or("/", |component| component.ready_path), &[200]).await;
    }
    caller.get("log-store", "/loki/api/v1/labels", &[200]).await;
    caller.get("trace-store", "/api/search/tags", &[200]).await;
    if let Some(trace_id) = trace_id {
        telemetry(caller, &trace_id).await;
    }
}

/// Places and pays an order; returns its trace id.
async fn order(caller: &mut Caller) -> Option<String> {
    let placed = caller.post("order-service", "/orders", SEED_ORDER, &[201]).await?;
    let trace_id = placed.trace_id.clone();
    let order_id = found::order_id(&placed.body);
    match &order_id {
        Some(id) => {
            caller.get("order-service", &format!("/orders/{id}"), &[200]).await;
            let payment = r#"{"method":"card","card_token":"tok_ok"}"#;
            // A small share of all payments is declined, as in life.
            caller.post("order-service", &format!("/orders/{id}/pay"), payment, &[200, 402]).await;
        }
        None => caller.fail_last("the answer holds no order id"),
    }
    if trace_id.is_none() {
        caller.fail_last("the answer has no X-Trace-Id");
    }
    trace_id
}

async fn telemetry(caller: &mut Caller, trace_id: &str) {
    let path = format!("/api/v2/traces/{trace_id}");
    caller
        .get_until("trace-store", &path, TELEMETRY, |body| {
            let services = found::services(body);
            let missing: Vec<&str> =
                OF_AN_ORDER.into_iter().filter(|name| !services.contains(*name)).collect();
            if missing.is_empty() {
                Ok(format!("the order's trace spans {}", OF_AN_ORDER.join(", ")))
            } else {
                Err(format!("no spans of {}", missing.join(", ")))
            }
        })
        .await;
    let query = format!(r#"{{job="ecommerce"}} |= "{trace_id}""#);
    let query: String = url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
    caller
        .get_until("log-store", &format!("/loki/api/v1/query_range?query={query}"), TELEMETRY, |body| {
            match found::lines(body) {
                0 => Err("no lines with the order's trace id".to_owned()),
                lines => Ok(format!("{lines} lines with the order's trace id")),
            }
        })
        .await;
}

fn text(outcomes: &[Outcome], style: Style) -> String {
    let rows: Vec<Vec<Cell>> = outcomes.iter().map(row).collect();
    let columns = [
        ("COMPONENT", Align::Left),
        ("REQUEST", Align::Left),
        ("STATUS", Align::Right),
        ("TIME", Align::Right),
        ("", Align::Left),
        ("", Align::Left),
    ];
    let failed = outcomes.iter().filter(|outcome| !outcome.ok).count();
    let table = ui::table(&columns, &rows, style);
    let total = outcomes.len();
    if failed == 0 {
        format!("{table}\n{}", style.paint(Tone::Good, &format!("all {total} requests went well")))
    } else {
        format!("{table}\n{}", style.paint(Tone::Bad, &format!("{failed} of {total} requests failed")))
    }
}

fn row(outcome: &Outcome) -> Vec<Cell> {
    const SHOWN: usize = 60;
    let mut request: String = outcome.request.chars().take(SHOWN).collect();
    if outcome.request.chars().count() > SHOWN {
        request.push('…');
    }
    vec![
        outcome.component.into(),
        request.into(),
        outcome.status.map_or_else(|| "-".to_owned(), |status| status.to_string()).into(),
        format!("{:.1} ms", outcome.time_ms).into(),
        if outcome.ok { Cell::toned(Tone::Good, "ok") } else { Cell::toned(Tone::Bad, "FAILED") },
        outcome.note.as_str().into(),
    ]
}

//! The first thing after the start: one complete order with the call that the documentation shows. Its trace id is the
//! first thing to look at in a fresh stack.

use std::sync::Arc;
use std::time::{Duration, Instant};

use opentelemetry::trace::TraceContextExt as _;
use parking_lot::Mutex;
use serde::Serialize;
use service_kit::{emit, now_ms, rfc3339};
use tracing::{Instrument as _, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::engine::{Engine, scenario_span};
use crate::flows;
use crate::session::Session;
use crate::shop::Target;
use crate::visit::Visit;

const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);
/// A service that is away for longer does not keep the customers from the others.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// A shop that refuses the order gets customers all the same, and soon.
const LONGEST_RETRY: Duration = Duration::from_secs(2);
/// Orders tried before the check is given up: the shop answers, but not as it should.
const ATTEMPTS: u32 = 5;

/// What came of it.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    pub ok: bool,
    pub order_id: Option<i64>,
    pub trace_id: String,
    pub error: Option<String>,
    pub at: String,
}

/// The report, once there is one.
#[derive(Debug, Clone, Default)]
pub struct SelfCheck(Arc<Mutex<Option<Report>>>);

impl SelfCheck {
    /// The last report.
    pub fn report(&self) -> Option<Report> {
        self.0.lock().clone()
    }

    /// Waits for the services, then orders; keeps the report.
    pub async fn run(&self, engine: &Engine) {
        if tokio::time::timeout(LONGEST_WAIT, wait_until_ready(engine)).await.is_err() {
            tracing::warn!(target: "shop", "not all services are ready: starting without them");
        }
        let mut pause = FIRST_PAUSE;
        for attempt in 1..=ATTEMPTS {
            let report = order_once(engine, attempt).await;
            let ok = report.ok;
            *self.0.lock() = Some(report);
            if ok {
                return;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 4).min(LONGEST_RETRY);
        }
    }
}

async fn wait_until_ready(engine: &Engine) {
    let mut pause = FIRST_PAUSE;
    let started = Instant::now();
    let mut warned = false;
    for target in Target::ALL {
        while !engine.shop.is_ready(target).await {
            if !warned && started.elapsed() > Duration::from_secs(10) {
                warned = true;
                tracing::warn!(target: "shop", service = target.name(), "waiting for {} to be ready", target.name());
            }
            tokio::time::sleep(pause).await;
            if started.elapsed() > Duration::from_secs(5) {
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}

async fn order_once(engine: &Engine, attempt: u32) -> Report {
    let session = Session {
        id: format!("self-check-{:x}", engine.run),
        user_agent: concat!("traffic-generator/", env!("CARGO_PKG_VERSION")),
    };
    let tag = format!("{:x}-self-check-{attempt}", engine.run);
    let span = scenario_span("self_check", "buyer", &session, 0);
    let trace_id = trace_id(&span);
    let visit = Visit { shop: &engine.shop, tokens: &engine.tokens, session: &session, tag: &tag };
    async {
        let started = Instant::now();
        let result = flows::order_and_pay(visit).await;
        let duration_ms = started.elapsed().as_millis() as u64;
        let error = result.as_ref().err().map(ToString::to_string);
        let order_id = result.ok();
        if let Some(error) = &error {
            Span::current().record("otel.status_code", "ERROR");
            Span::current().record("otel.status_description", error.as_str());
        }
        let ok = order_id.is_some();
        emit!(
            SelfCheckCompleted { ok, order_id, duration_ms, attempt, error = error.as_deref() },
            "self-check: the sample order {}, trace {trace_id}",
            if ok { "went through" } else { "failed" }
        );
        Report { ok, order_id, trace_id: trace_id.clone(), error, at: rfc3339(now_ms()) }
    }
    .instrument(span)
    .await
}

fn trace_id(span: &Span) -> String {
    let context = span.context();
    let id = context.span().span_context().trace_id();
    id.to_string()
}

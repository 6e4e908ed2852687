//! A trace as a waterfall of text: who called whom, when, and for how long.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use super::spans::{Span, clock};
use crate::ui::{self, Align, Cell, Style, Tone};

const BAR: usize = 30;
const NAME_CHARS: usize = 56;
/// Deeper spans are not moved further to the right.
const MAX_INDENT: usize = 20;

/// Draws `spans`, which are sorted by time and not empty.
pub fn draw(id: &str, spans: &[Span], style: Style) -> String {
    let start = spans.iter().map(|span| span.start_ns).min().unwrap_or_default();
    let end = spans.iter().map(|span| span.end_ns).max().unwrap_or_default();
    let whole = end.saturating_sub(start).max(1);
    let services: Vec<&str> =
        spans.iter().map(|span| span.service.as_str()).collect::<BTreeSet<_>>().into_iter().collect();
    let errors = spans.iter().filter(|span| span.error.is_some()).count();
    let mut out = format!(
        "trace {id}  {}  {}  {} spans in {} services, {errors} with errors\n\n",
        clock(start),
        time(whole),
        spans.len(),
        services.len()
    );
    let columns = [
        ("SERVICE", Align::Left),
        ("SPAN", Align::Left),
        ("", Align::Left),
        ("START", Align::Right),
        ("DURATION", Align::Right),
        ("", Align::Left),
    ];
    let rows: Vec<Vec<Cell>> = in_order(spans)
        .into_iter()
        .map(|(span, depth)| {
            let member = services.iter().position(|service| *service == span.service).unwrap_or_default();
            let tone = if span.error.is_some() { Tone::Bad } else { Tone::Member(member) };
            vec![
                Cell::toned(Tone::Member(member), span.service.as_str()),
                name(span, depth).into(),
                Cell::toned(tone, bar(span, start, whole)),
                time(span.start_ns.saturating_sub(start)).into(),
                time(span.end_ns.saturating_sub(span.start_ns)).into(),
                Cell::toned(Tone::Bad, span.error.as_deref().unwrap_or_default()),
            ]
        })
        .collect();
    out.push_str(&ui::table(&columns, &rows, style));
    out
}

/// Parents before their children, each with its depth. Spans whose parent is missing begin trees of their own.
fn in_order(spans: &[Span]) -> Vec<(&Span, usize)> {
    let ids: HashMap<&str, usize> =
        spans.iter().enumerate().map(|(at, span)| (span.id.as_str(), at)).collect();
    let mut children: HashMap<usize, Vec<usize>> = HashMap::new();
    let mut roots = Vec::new();
    for (at, span) in spans.iter().enumerate() {
        match ids.get(span.parent.as_str()) {
            Some(parent) if *parent != at => children.entry(*parent).or_default().push(at),
            _ => roots.push(at),
        }
    }
    let mut order = Vec::with_capacity(spans.len());
    let mut seen = vec![false; spans.len()];
    // Broken traces can have circles: what no root leads to follows at the end.
    for root in roots.into_iter().chain(0..spans.len()) {
        let mut stack = vec![(root, 0)];
        while let Some((at, depth)) = stack.pop() {
            if std::mem::replace(&mut seen[at], true) {
                continue;
            }
            order.push((&spans[at], depth));
            stack.extend(children.get(&at).into_iter().flatten().rev().map(|child| (*child, depth + 1)));
        }
    }
    order
}

fn name(span: &Span, depth: usize) -> String {
    let mut name = "  ".repeat(depth.min(MAX_INDENT));
    let room = NAME_CHARS.saturating_sub(name.len()).max(16);
    name.extend(span.name.chars().take(room));
    if span.name.chars().count() > room {
        name.push('…');
    }
    name
}

fn bar(span: &Span, start: u64, whole: u64) -> String {
    let cell = |ns: u64| (ns.saturating_sub(start) as f64 / whole as f64 * BAR as f64) as usize;
    let from = cell(span.start_ns).min(BAR - 1);
    let to = cell(span.end_ns).clamp(from + 1, BAR);
    format!("{}{}{}", "·".repeat(from), "█".repeat(to - from), "·".repeat(BAR - to))
}

fn time(ns: u64) -> String {
    let duration = Duration::from_nanos(ns);
    if duration < Duration::from_secs(1) {
        return format!("{:.1} ms", duration.as_secs_f64() * 1000.0);
    }
    ui::duration(duration)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::spans;
    use super::*;

    #[test]
    fn a_trace_is_a_tree_with_bars() {
        let span = |id: &str, parent: &str, name: &str, from: u64, to: u64| {
            json!({"spanId": id, "parentSpanId": parent, "name": name,
                "startTimeUnixNano": (from * 1_000_000).to_string(), "endTimeUnixNano": (to * 1_000_000).to_string()})
        };
        let mut failed = span("c", "b", "payment.authorize", 500, 1500);
        failed["status"] = json!({"code": "STATUS_CODE_ERROR"});
        failed["attributes"] = json!([{"key": "error.type", "value": {"stringValue": "timeout"}}]);
        let resource = |name: &str, spans: serde_json::Value| {
            json!({"resource": {"attributes": [{"key": "service.name", "value": {"stringValue": name}}]},
                "scopeSpans": [{"spans": spans}]})
        };
        let trace = json!({"trace": {"resourceSpans": [
            resource("order-service", json!([failed, span("b", "a", "POST /orders", 0, 1500)])),
            resource("shop", json!([span("a", "", "checkout", 0, 2000), span("x", "gone", "orphan", 1900, 2000)])),
        ]}});
        let drawn = draw("t1", &spans::of(&trace), Style::PLAIN);
        let lines: Vec<&str> = drawn.lines().collect();
        assert!(lines[0].ends_with("2.0 s  4 spans in 2 services, 1 with errors"), "{drawn}");
        let bar = "█".repeat(BAR);
        assert!(lines[3].starts_with("shop           checkout") && lines[3].contains(&bar), "{drawn}");
        assert!(lines[4].starts_with("order-service    POST /orders"), "{drawn}");
        assert!(
            lines[5].contains("    payment.authorize") && lines[5].ends_with("500.0 ms     1.0 s  timeout"),
            "{drawn}"
        );
        assert!(lines[6].starts_with("shop           orphan"), "{drawn}");
    }

    #[test]
    fn circles_end() {
        let span = |id: &str, parent: &str| Span {
            id: id.to_owned(),
            parent: parent.to_owned(),
            service: String::new(),
            name: String::new(),
            start_ns: 0,
            end_ns: 0,
            error: None,
        };
        assert_eq!(in_order(&[span("a", "b"), span("b", "a"), span("c", "c")]).len(), 3);
    }
}

use logql::LabelSet;

use super::super::parse::parse_group;
use super::*;

const MINUTE: i64 = 60;

fn rule(more: &str) -> RuleSpec {
    let text = format!("name: g\nrules:\n- alert: High\n  expr: vector(1)\n{more}");
    parse_group(&text).unwrap().rules.remove(0)
}

fn sample(app: &str, value: f64) -> Sample {
    let labels: LabelSet = [("app", app), ("__name__", "x")].into_iter().collect();
    Sample { labels, timestamp: 0, value }
}

fn around() -> Surroundings<'static> {
    static NO_LABELS: LabelMap = LabelMap::new();
    Surroundings { external_labels: &NO_LABELS, external_url: "http://here" }
}

fn evaluate(alerts: &mut Alerts, rule: &RuleSpec, samples: &[Sample], minute: i64) -> bool {
    update(alerts, rule, 0, samples, TimestampNanos::from_secs(minute * MINUTE), around()).unwrap()
}

fn state(alerts: &Alerts) -> Option<&'static str> {
    alerts.values().next().map(|alert| alert.state.name())
}

#[test]
fn alerts_live_as_in_prometheus() {
    // Per row: fields of the rule, and for each minute whether the sample is there and the state afterwards.
    for (fields, minutes) in [
        ("", &[(true, Some("firing")), (false, Some("inactive")), (true, Some("firing"))][..]),
        (
            "  for: 2m",
            &[
                (true, Some("pending")),
                (true, Some("pending")),
                (true, Some("firing")),
                (false, Some("inactive")),
            ],
        ),
        ("  for: 2m", &[(true, Some("pending")), (false, None), (true, Some("pending"))]),
        (
            "  keep_firing_for: 2m",
            &[
                (true, Some("firing")),
                (false, Some("firing")),
                (false, Some("firing")),
                (false, Some("inactive")),
            ],
        ),
        (
            "  keep_firing_for: 2m",
            &[
                (true, Some("firing")),
                (false, Some("firing")),
                (true, Some("firing")),
                (false, Some("firing")),
            ],
        ),
    ] {
        let rule = rule(fields);
        let mut alerts = Alerts::new();
        let mut before = None;
        for (minute, (there, expected)) in minutes.iter().enumerate() {
            let samples = if *there { vec![sample("a", 1.0)] } else { Vec::new() };
            let changed = evaluate(&mut alerts, &rule, &samples, minute as i64);
            assert_eq!(state(&alerts), *expected, "{fields} minute {minute}");
            assert_eq!(changed, before != *expected, "{fields} minute {minute}");
            before = *expected;
        }
    }
}

#[test]
fn a_resolved_alert_is_forgotten_after_a_quarter_of_an_hour() {
    let rule = rule("");
    let mut alerts = Alerts::new();
    evaluate(&mut alerts, &rule, &[sample("a", 1.0)], 0);
    evaluate(&mut alerts, &rule, &[], 1);
    evaluate(&mut alerts, &rule, &[], 15);
    assert_eq!(state(&alerts), Some("inactive"));
    evaluate(&mut alerts, &rule, &[], 16);
    assert_eq!(state(&alerts), None);
}

#[test]
fn labels_and_annotations_are_filled_in() {
    let rule = rule(
        "  labels: {severity: '{{ if gt $value 2.0 }}high{{ else }}low{{ end }}', empty: '{{ $labels.nosuch }}'}\n  annotations: {summary: '{{ $labels.app }} has {{ $value }}', broken: '{{ humanize $labels }}'}",
    );
    let mut alerts = Alerts::new();
    evaluate(&mut alerts, &rule, &[sample("a", 1.5), sample("b", 3.0)], 0);
    let all: Vec<&Alert> = alerts.values().collect();
    assert_eq!(all.len(), 2);
    let labels: Vec<(&str, &str)> =
        all[0].labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(labels, [("alertname", "High"), ("app", "a"), ("severity", "low")]);
    assert_eq!(
        (all[1].labels["severity"].as_str(), all[1].annotations["summary"].as_str()),
        ("high", "b has 3")
    );
    assert!(all[0].annotations["broken"].starts_with("<error expanding template: "));
}

#[test]
fn limits_and_equal_labels_are_errors() {
    let rule = rule("  labels: {app: same}");
    let now = TimestampNanos(0);
    let mut alerts = Alerts::new();
    let two = [sample("a", 1.0), sample("b", 1.0)];
    let error = update(&mut alerts, &rule, 0, &two, now, around()).unwrap_err();
    assert!(error.contains("same labelset"), "{error}");
    let rule = self::rule("");
    let error = update(&mut alerts, &rule, 1, &two, now, around()).unwrap_err();
    assert_eq!(error, "exceeded limit of 1 with 2 alerts");
    assert!(alerts.is_empty());
}

#[test]
fn alertmanagers_hear_of_news_at_once_and_of_the_rest_now_and_then() {
    let rule = rule("  for: 1m");
    let mut alerts = Alerts::new();
    let firing = [sample("a", 1.0)];
    for (minute, there, sent) in [
        (0, true, false), // pending
        (1, true, true),
        (2, true, false), // a minute ago is not longer than a minute ago
        (3, true, true),
        (4, false, true), // resolved
        (5, false, false),
        (6, false, true), // in case it was not heard
    ] {
        evaluate(&mut alerts, &rule, if there { &firing } else { &[] }, minute);
        let due = to_send(&mut alerts, TimestampNanos::from_secs(minute * MINUTE), Duration::from_secs(60));
        assert_eq!(due.len(), usize::from(sent), "minute {minute}");
    }
}

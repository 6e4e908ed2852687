use logql::LabelSet;
use model::TenantId;

use super::super::parse::parse_group;
use super::*;

fn group(rule: &str) -> Group {
    let spec = parse_group(&format!("name: g\nrules:\n- {rule}")).unwrap();
    let tenant = TenantId::new("fake").unwrap();
    Group::new(tenant, "ns".to_owned(), Arc::new(spec), Duration::from_secs(60), TimestampNanos(0))
}

fn sample(pairs: &[(&str, &str)], value: f64) -> Sample {
    let labels: LabelSet = pairs.iter().copied().collect();
    Sample { labels, timestamp: 0, value }
}

#[test]
fn recorded_series_carry_the_rules_name_and_labels() {
    let group = group("{record: 'a:b', expr: vector(1), labels: {app: all, gone: ''}}");
    let rule = &group.spec.rules[0];
    let series = recorded(rule, 0, &[sample(&[("app", "x"), ("gone", "y"), ("z", "1")], 2.0)]).unwrap();
    let (labels, value) = series.first_key_value().unwrap();
    let pairs: Vec<(&str, &str)> =
        labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!((pairs, *value), (vec![("__name__", "a:b"), ("app", "all"), ("z", "1")], 2.0));
    let two = [sample(&[("app", "x")], 1.0), sample(&[("app", "y")], 1.0)];
    assert!(recorded(rule, 0, &two).unwrap_err().contains("same labelset"));
    assert_eq!(recorded(rule, 1, &two).unwrap_err(), "exceeded limit of 1 with 2 series");
}

#[test]
fn series_that_are_gone_are_ended_once() {
    let group = group("{record: r, expr: vector(1)}");
    let mut known = RuleState::default();
    let labels = |name: &str| LabelMap::from([("a".to_owned(), name.to_owned())]);
    let mut write = |names: &[&str]| {
        let series = names.iter().map(|name| (labels(name), 1.0)).collect();
        let samples = written(&group, &mut known, series, TimestampNanos(5));
        let shown = samples.iter().map(|sample| format!("{}={}", sample.labels["a"], sample.value.is_nan()));
        shown.collect::<Vec<_>>()
    };
    assert_eq!(write(&["x", "y"]), ["x=false", "y=false"]);
    assert_eq!(write(&["y"]), ["y=false", "x=true"]);
    assert_eq!(write(&["y"]), ["y=false"]);
}

#[test]
fn alerts_are_series_too() {
    let labels = LabelMap::from([("alertname".to_owned(), "A".to_owned())]);
    let alert = |state| Alert {
        labels: labels.clone(),
        annotations: LabelMap::new(),
        state,
        value: 1.0,
        active_at: TimestampNanos::from_secs(100),
        fired_at: None,
        resolved_at: None,
        keep_firing_since: None,
        last_sent_at: None,
    };
    let alerts = [alert(AlertState::Pending), alert(AlertState::Inactive)];
    let series = alert_series(alerts.iter());
    let shown: Vec<(&str, Option<&str>, f64)> = series
        .iter()
        .map(|(labels, value)| {
            (labels["__name__"].as_str(), labels.get("alertstate").map(String::as_str), *value)
        })
        .collect();
    assert_eq!(shown, [("ALERTS_FOR_STATE", None, 100.0), ("ALERTS", Some("pending"), 1.0)]);
}

#[test]
fn links_lead_to_the_query_in_grafana() {
    let settings = Settings {
        external_url: "http://grafana:3000".to_owned(),
        datasource_uid: "loki".to_owned(),
        ..Settings::default()
    };
    let link = explore_link(&settings, r#"rate({a="b"}[1m])"#);
    let url = url::Url::parse(&link).unwrap();
    let (name, state) = url.query_pairs().next().unwrap();
    let state: serde_json::Value = serde_json::from_str(&state).unwrap();
    assert_eq!((url.path(), &*name), ("/explore", "left"));
    assert_eq!(state["queries"][0]["expr"], r#"rate({a="b"}[1m])"#);
}

use std::time::Duration;

use super::super::spec::{FileYaml, RuleKind};
use super::*;

const FILE: &str = r#"# rules of the shop
groups:
  - name: shop
    interval: 1m
    limit: 10
    labels: {team: shop}
    rules:
      - alert: ManyErrors
        expr: |
          sum by (service_name) (rate({job="ecommerce"} |= "error" [5m]))
            > 0.5
        for: 5m
        keep_firing_for: 10m
        labels:
          severity: critical
          paged: true
        annotations:
          summary: "{{ $labels.service_name }} fails: {{ $value | humanize }} errors a second"
      - record: shop:errors:rate5m
        expr: sum(rate({job="ecommerce"} |= "error" [5m]))
        labels: {team: platform}
"#;

#[test]
fn files_are_read() {
    let groups = parse_file(FILE).unwrap();
    assert_eq!(groups.len(), 1);
    let group = &groups[0];
    assert_eq!((group.interval, group.yaml.limit), (Some(Duration::from_secs(60)), 10));
    let [alert, record] = &group.rules[..] else { panic!("two rules expected") };
    assert_eq!((alert.kind, alert.name.as_str()), (RuleKind::Alerting, "ManyErrors"));
    assert_eq!((alert.hold, alert.keep_firing_for), (Duration::from_secs(300), Duration::from_secs(600)));
    let labels: Vec<(&str, &str)> =
        alert.labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(labels, [("paged", "true"), ("severity", "critical"), ("team", "shop")]);
    assert_eq!((record.kind, record.labels["team"].as_str()), (RuleKind::Recording, "platform"));
    for empty in ["", "# nothing\n\n", "groups: []", "groups:\n"] {
        assert!(parse_file(empty).unwrap().is_empty(), "{empty:?}");
    }
}

#[test]
fn what_is_written_reads_back_the_same() {
    let groups = parse_file(FILE).unwrap();
    let text = serde_saphyr::to_string(&FileYaml { groups: vec![&groups[0].yaml] }).unwrap();
    let again = parse_file(&text).unwrap();
    assert_eq!(again[0].yaml, groups[0].yaml, "{text}");
    let one = serde_saphyr::to_string(&groups[0].yaml).unwrap();
    assert_eq!(parse_group(&one).unwrap().yaml, groups[0].yaml, "{one}");
}

#[test]
fn mistakes_are_named_with_their_place() {
    for (text, place, part) in [
        (
            "name: g\nrules:\n  - alert: A\n    expr: 'sum(rate({a=\"b\"}[1m])'",
            "line 4, column 11",
            "could not parse expression for alert 'A' in group 'g': parse error at line 1, col",
        ),
        (
            "name: g\nrules:\n  - record: r\n    expr: '{a=\"b\"}'",
            "line 4, column 11",
            "could not parse expression for record 'r'",
        ),
        (
            "name: g\nrules:\n  - record: r\n    alert: A\n    expr: vector(1)",
            "line 3, column 5",
            "only one of 'record' and 'alert'",
        ),
        (
            "name: g\nrules:\n  - expr: vector(1)",
            "line 3, column 5",
            "one of 'record' or 'alert' must be set",
        ),
        ("name: g\nrules:\n  - alert: A", "line 3, column 5", "field 'expr' must be set"),
        (
            "name: g\nrules:\n  - record: r\n    expr: vector(1)\n    for: 5m",
            "line 3, column 5",
            "invalid field 'for' in recording rule",
        ),
        (
            "name: g\nrules:\n  - record: r\n    expr: vector(1)\n    annotations: {a: b}",
            "line 3",
            "invalid field 'annotations'",
        ),
        (
            "name: g\nrules:\n  - record: r-x\n    expr: vector(1)",
            "line 3",
            "invalid recording rule name: r-x",
        ),
        (
            "name: g\nrules:\n  - alert: A\n    expr: vector(1)\n    labels: {a-b: c}",
            "line 5, column 13",
            "invalid label name: a-b",
        ),
        (
            "name: g\nrules:\n  - alert: A\n    expr: vector(1)\n    labels: {__name__: c}",
            "line 5",
            "invalid label name: __name__",
        ),
        (
            "name: g\nrules:\n  - alert: A\n    expr: vector(1)\n    annotations: {a-b: c}",
            "line 5",
            "invalid annotation name: a-b",
        ),
        (
            "name: g\nrules:\n  - alert: A\n    expr: vector(1)\n    annotations:\n      s: \"{{ nosuch }}\"",
            "line 6, column 7",
            "'s': template: __alert_A:1: function \"nosuch\" not defined",
        ),
        (
            "name: g\nrules:\n  - alert: A\n    expr: vector(1)\n    for: soon",
            "line 5, column 10",
            "\"soon\" is not a duration",
        ),
        ("name: ''", "line 1, column 7", "must not be empty"),
        ("name: g\nrulez: []", "line 2", "rulez"),
        ("rules: []", "line 1", "name"),
        ("name: [", "line", ""),
        ("nonsense", "line 1", ""),
    ] {
        let error = parse_group(text).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains(place) && error.contains(part), "{text}\n{error}");
    }
    let error = parse_file("groups:\n- {name: a}\n- {name: a}\n").unwrap_err().to_string();
    assert_eq!(error, "line 3, column 10: groupname: \"a\" is repeated in the same file");
}

#[test]
fn all_mistakes_are_listed_up_to_a_bound() {
    let rule = "  - {alert: A, expr: x}\n";
    let error = parse_group(&format!("name: g\nrules:\n{}", rule.repeat(2))).unwrap_err().to_string();
    assert_eq!(error.matches("could not parse").count(), 2, "{error}");
    let error = parse_group(&format!("name: g\nrules:\n{}", rule.repeat(25))).unwrap_err().to_string();
    assert!(error.ends_with(", and 5 more"), "{error}");
    assert!(matches!(parse_group(&" ".repeat(MAX_BYTES + 1)), Err(RuleError::TooLarge(_))));
}

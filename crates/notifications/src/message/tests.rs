use super::*;
use crate::alert::Alert;
use crate::engine::Delivery;

/// One alert that fires and one that is over.
pub(crate) fn delivery(with_firing: bool) -> Delivery {
    let map = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    let alert = |service: &str, ends_at_ms: i64| Alert {
        labels: map(&[
            ("alertname", "High <errors>"),
            ("team", "shop"),
            ("service", service),
            ("__alert_rule_uid__", "r1"),
        ]),
        annotations: map(&[
            ("summary", "5 % fail"),
            ("__dashboardUid__", "shop"),
            ("__panelId__", "4"),
            ("__values__", r#"{"B":7.5,"C":1}"#),
            ("__value_string__", "[ var='B' labels={} value=7.5 ]"),
        ]),
        starts_at_ms: 1_795_168_800_000,
        ends_at_ms,
        generator_url: "http://shop:3000/alerting/grafana/r1/view".to_owned(),
    };
    Delivery {
        group_key: "{}:{alertname=\"High <errors>\"}".to_owned(),
        group_labels: map(&[("alertname", "High <errors>")]),
        receiver: "lab".to_owned(),
        integration: "i1".to_owned(),
        firing: if with_firing { vec![alert("order", 1_795_172_400_000)] } else { Vec::new() },
        resolved: vec![alert("user", 1_795_168_860_000)],
        at_ms: 1_795_168_900_000,
        until_ms: 1_795_169_000_000,
    }
}

pub(crate) fn message(with_firing: bool) -> Message {
    let url = url::Url::parse("http://shop:3000/").unwrap();
    Message::new(&delivery(with_firing), &url, 1_795_168_900_000)
}

fn render(text: &str, with_firing: bool) -> String {
    let renderer = Renderer::new(&BTreeMap::new()).unwrap();
    renderer.render("test", text, &message(with_firing).to_value(0)).unwrap()
}

#[test]
fn titles_and_messages_are_grafanas() {
    let title = "{{ template \"default.title\" . }}";
    assert_eq!(render(title, true), "[FIRING:1, RESOLVED:1] High <errors> (shop)");
    assert_eq!(render(title, false), "[RESOLVED] High <errors> (user shop)");
    let text = render("{{ template \"default.message\" . }}", true);
    let expected = "**Firing**\n\nValue: B=7.5, C=1\nLabels:\n - alertname = High <errors>\n - service = order\n - team = shop\nAnnotations:\n - summary = 5 % fail\nSource: http://shop:3000/alerting/grafana/r1/view\nSilence: http://shop:3000/alerting/silence/new?alertmanager=grafana&matcher=__alert_rule_uid__%3Dr1&matcher=alertname%3DHigh+%3Cerrors%3E&matcher=service%3Dorder&matcher=team%3Dshop&orgId=1\nDashboard: http://shop:3000/d/shop?from=1795165200000&orgId=1&to=1795168900000\nPanel: http://shop:3000/d/shop?from=1795165200000&orgId=1&to=1795168900000&viewPanel=4\n\n\n**Resolved**\n\nValue: B=7.5";
    assert!(text.starts_with(expected), "{text}");
    let html = render("{{ template \"email.default.html\" . }}", true);
    assert!(
        html.contains("<b>High &lt;errors&gt;</b>") && html.contains("1 firing") && html.contains("Until"),
        "{html}"
    );
    assert!(render("{{ template \"teams.default.message\" . }}", true).contains("- service = order\n"));
}

#[test]
fn templates_see_what_grafana_shows_them() {
    for (text, expected) in [
        (
            "{{ .Receiver }} {{ .Status }} {{ len .Alerts }} {{ .Alerts.Firing | len }} {{ .GroupKey }}",
            "lab firing 2 1 {}:{alertname=\"High <errors>\"}",
        ),
        ("{{ .CommonLabels.Names }}", "[alertname team]"),
        ("{{ .CommonLabels.Remove (stringSlice \"alertname\") }}", "map[team:shop]"),
        ("{{ range .CommonAnnotations.SortedPairs }}{{ .Name }}:{{ .Value }}{{ end }}", "summary:5 % fail"),
        (
            "{{ range .Alerts.Firing }}{{ .Values.B }} {{ index .Values \"C\" }} {{ .ValueString }}{{ end }}",
            "7.5 1 [ var='B' labels={} value=7.5 ]",
        ),
        (
            "{{ range .Alerts }}{{ .StartsAt.Format \"15:04\" }} {{ .Labels.service | toUpper }};{{ end }}",
            "10:00 ORDER;10:00 USER;",
        ),
        (
            "{{ range .Alerts.Resolved }}{{ .EndsAt | date \"15:04:05\" }} {{ .Labels.__alert_rule_uid__ }}{{ end }}",
            "10:01:00 ",
        ),
        ("{{ (index .Alerts 0).Fingerprint | len }}", "16"),
        ("plain", "plain"),
    ] {
        assert_eq!(render(text, true), expected, "{text}");
    }
}

#[test]
fn users_templates_are_added_and_checked() {
    let templates = |text: &str| BTreeMap::from([("mine".to_owned(), text.to_owned())]);
    let renderer =
        Renderer::new(&templates("{{ define \"x\" }}<{{ template \"default.title\" . }}>{{ end }}")).unwrap();
    let value = message(true).to_value(0);
    assert_eq!(
        renderer.render("t", "{{ template \"x\" . }}", &value).unwrap(),
        "<[FIRING:1, RESOLVED:1] High <errors> (shop)>"
    );
    let renderer = Renderer::new(&templates("{{ .Status }}!")).unwrap();
    assert_eq!(renderer.render("t", "{{ template \"mine\" . }}", &value).unwrap(), "firing!");
    let renderer = Renderer::new(&templates("{{ define \"default.title\" }}own{{ end }}")).unwrap();
    assert_eq!(renderer.render("t", "{{ template \"slack.default.title\" . }}", &value).unwrap(), "own");
    for (text, expected) in
        [("\n{{ if }}", "template mine: 2:"), ("{{ nosuch }}", "function \"nosuch\" not defined")]
    {
        let error = Renderer::new(&templates(text)).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    let error = renderer.render("title", "{{ .Nosuch }}", &value).unwrap_err().to_string();
    assert!(error.starts_with("template title: 1:4:"), "{error}");
}

use std::collections::BTreeMap;

use serde_json::json;

use super::*;
use crate::message::tests::message;

fn outgoing(kind: &str, settings: &Value, with_firing: bool) -> Result<Outgoing, ContactError> {
    let renderer = Renderer::new(&BTreeMap::new()).unwrap();
    build(kind, settings.as_object().unwrap(), &message(with_firing), &renderer)
}

fn request(kind: &str, settings: &Value) -> (Request, Value) {
    match outgoing(kind, settings, true).unwrap() {
        Outgoing::Requests(mut all) => {
            let request = all.remove(0);
            let body = serde_json::from_str(&request.body).unwrap_or(Value::Null);
            (request, body)
        }
        other => panic!("{other:?}"),
    }
}

fn header<'a>(request: &'a Request, name: &str) -> &'a str {
    request.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
}

#[test]
fn webhooks_get_grafanas_json() {
    let (request, body) =
        request("webhook", &json!({"url": "http://a/hook", "httpMethod": "PUT", "maxAlerts": "1"}));
    assert_eq!((request.method, request.url.as_str()), ("PUT", "http://a/hook"));
    let keys: Vec<&String> = body.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        [
            "receiver",
            "status",
            "orgId",
            "alerts",
            "groupLabels",
            "commonLabels",
            "commonAnnotations",
            "externalURL",
            "version",
            "groupKey",
            "truncatedAlerts",
            "title",
            "state",
            "message"
        ]
    );
    assert_eq!(body["alerts"].as_array().unwrap().len(), 1);
    let alert = &body["alerts"][0];
    assert_eq!(alert["endsAt"], "0001-01-01T00:00:00Z");
    assert_eq!(alert["startsAt"], "2026-11-20T10:00:00Z");
    assert_eq!(alert["values"], json!({"B": 7.5, "C": 1.0}));
    assert_eq!(alert["labels"], json!({"alertname": "High <errors>", "service": "order", "team": "shop"}));
    assert_eq!(
        (&body["truncatedAlerts"], &body["state"], &body["version"]),
        (&json!(1), &json!("alerting"), &json!("1"))
    );
    assert_eq!(body["title"], "[FIRING:1, RESOLVED:1] High <errors> (shop)");
}

#[test]
fn webhooks_are_signed_and_authorized() {
    let settings = json!({
        "url": "http://a/", "username": "me", "password": "pw", "headers": {"X-Team": "shop", "content-type": "text/x"},
        "hmacConfig": {"secret": "s", "timestampHeader": "X-Time"},
        "payload": {"template": "{{ .Status }} {{ .Vars.a }}", "vars": {"a": "b"}},
    });
    let (request, _) = request("webhook", &settings);
    assert_eq!(request.body, "firing b");
    assert_eq!(header(&request, "Authorization"), "Basic bWU6cHc=");
    assert_eq!(
        (header(&request, "X-Team"), header(&request, "content-type"), header(&request, "Content-Type")),
        ("shop", "text/x", "")
    );
    assert_eq!(header(&request, "X-Time"), "1795168900");
    // printf '1795168900:firing b' | openssl dgst -sha256 -hmac s
    assert_eq!(header(&request, "X-Grafana-Alerting-Signature"), SIGNATURE);
    let bearer =
        json!({"url": "http://a/", "authorization_credentials": "t", "authorization_scheme": "Token"});
    assert_eq!(header(&self::request("webhook", &bearer).0, "Authorization"), "Token t");
}

const SIGNATURE: &str = "174eaa8c105c6723848df25eb23f993b1054d7adc4f24438804e4751cf1effa3";

#[test]
fn chats_get_their_own_forms() {
    let (request, body) = request(
        "slack",
        &json!({"url": "https://hooks/x", "recipient": "#a", "mentionChannel": "here", "mentionUsers": "u1, u2"}),
    );
    assert_eq!(request.url, "https://hooks/x");
    assert_eq!((&body["channel"], &body["attachments"][0]["color"]), (&json!("#a"), &json!("#D63232")));
    assert_eq!(body["blocks"][0]["text"]["text"], "<!here> <@u1> <@u2>");

    let (request, _) =
        self::request("slack", &json!({"token": "xoxb", "recipient": "#a", "text": "{{ .Status }}"}));
    assert_eq!((request.url.as_str(), request.must_be_ok), ("https://slack.com/api/chat.postMessage", true));
    assert_eq!(header(&request, "Authorization"), "Bearer xoxb");

    let (_, body) = self::request("discord", &json!({"url": "https://d/x"}));
    assert_eq!((&body["embeds"][0]["color"], &body["username"]), (&json!(14_037_554), &json!("Grafana")));

    let (_, body) = self::request("teams", &json!({"url": "https://t/x"}));
    assert_eq!(body["attachments"][0]["content"]["body"][0]["color"], "attention");

    let (request, body) =
        self::request("telegram", &json!({"bottoken": "1:a", "chatid": "7", "parse_mode": "HTML"}));
    assert_eq!(request.url, "https://api.telegram.org/bot1:a/sendMessage");
    assert_eq!((&body["chat_id"], &body["parse_mode"]), (&json!("7"), &json!("HTML")));

    let (request, body) = self::request(
        "pagerduty",
        &json!({"integrationKey": "k", "severity": "Warning", "details": {"x": "{{ .Status }}"}}),
    );
    assert_eq!(request.url, "https://events.pagerduty.com/v2/enqueue");
    assert_eq!(
        (&body["event_action"], &body["routing_key"], &body["payload"]["severity"]),
        (&json!("trigger"), &json!("k"), &json!("warning"))
    );
    assert_eq!(
        (&body["payload"]["custom_details"]["num_firing"], &body["payload"]["custom_details"]["x"]),
        (&json!("1"), &json!("firing"))
    );

    let (request, body) = self::request(
        "prometheus-alertmanager",
        &json!({"url": "http://am:9093/, http://two/api/v2/alerts", "basicAuthUser": "u"}),
    );
    assert_eq!(request.url, "http://am:9093/api/v2/alerts");
    assert_eq!(body[1]["endsAt"], "2026-11-20T10:01:00Z");
}

#[test]
fn emails_have_two_forms() {
    let emails = |settings: Value| match outgoing("email", &settings, false).unwrap() {
        Outgoing::Emails(all) => all,
        other => panic!("{other:?}"),
    };
    let all = emails(json!({"addresses": "a@x;b@x\nc@x", "singleEmail": false}));
    assert_eq!(all.iter().map(|email| email.to.join("")).collect::<Vec<_>>(), ["a@x", "b@x", "c@x"]);
    assert_eq!(all[0].subject, "[RESOLVED] High <errors> (user shop)");
    assert!(all[0].html.contains("1 resolved") && all[0].text.contains("**Resolved**"));
    let all = emails(
        json!({"addresses": "a@x,b@x", "singleEmail": "true", "subject": "{{ .Status }}\r\nBcc: x@y", "message": "<b>"}),
    );
    assert_eq!((all.len(), all[0].to.len(), all[0].subject.as_str()), (1, 2, "resolved Bcc: x@y"));
    assert!(all[0].html.contains("&lt;b&gt;"));
}

#[test]
fn settings_are_checked_and_secrets_hidden() {
    let renderer = Renderer::new(&BTreeMap::new()).unwrap();
    let check = |kind: &str, settings: Value| {
        check(kind, settings.as_object().unwrap(), &renderer).map_err(|error| error.to_string())
    };
    for (kind, settings, expected) in [
        ("webhook", json!({}), "required field 'url' is not specified"),
        ("webhook", json!({"url": "file:///etc"}), "http:// or https://"),
        ("webhook", json!({"url": "http://a", "maxAlerts": "x"}), "not a number"),
        (
            "webhook",
            json!({"url": "http://a", "username": "a", "authorization_credentials": "b"}),
            "either basic",
        ),
        ("webhook", json!({"url": "http://a", "title": "{{ nosuch }}"}), "nosuch"),
        ("telegram", json!({"bottoken": "x"}), "'chatid'"),
        ("carrier-pigeon", json!({}), "unknown contact point type"),
    ] {
        let error = check(kind, settings.clone()).unwrap_err();
        assert!(error.contains(expected), "{kind} {settings}: {error}");
    }
    assert!(check("slack", json!({"token": "x"})).is_ok() && check("opsgenie", json!({})).is_ok());
    assert!(matches!(outgoing("webhook", &json!({"url": ""}), true), Ok(Outgoing::Keep)));
    assert!(matches!(outgoing("opsgenie", &json!({}), true), Err(ContactError::Undeliverable(_))));

    let kind = Kind::find("webhook").unwrap();
    let known = json!({"url": "http://a", "password": "pw", "hmacConfig": {"secret": "s", "header": "h"}});
    let mut shown = kind.redact(known.as_object().unwrap());
    assert_eq!(
        Value::from(shown.clone()),
        json!({"url": "http://a", "password": REDACTED, "hmacConfig": {"secret": REDACTED, "header": "h"}})
    );
    assert_eq!(
        kind.set_secrets(known.as_object().unwrap()).collect::<Vec<_>>(),
        ["password", "hmacConfig.secret"]
    );
    kind.restore(&mut shown, known.as_object().unwrap());
    assert_eq!(Value::from(shown), known);
}

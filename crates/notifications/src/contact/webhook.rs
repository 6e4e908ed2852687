//! Webhooks, with Grafana's JSON; and other Alertmanagers, with theirs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use super::settings::check_url;
use super::{ContactError, Context, Request, Settings, json_request};
use crate::message::Message;

pub(super) fn build(context: &Context<'_>) -> Result<Request, ContactError> {
    let settings = context.settings;
    let body = body(context)?;
    let mut request = json_request(settings.url("url")?.to_owned(), &Value::Null);
    request.body = body;
    request.method = match settings.text("httpMethod").unwrap_or("POST") {
        "POST" => "POST",
        "PUT" => "PUT",
        _ => {
            return Err(ContactError::Field {
                name: "httpMethod",
                problem: "expected POST or PUT".to_owned(),
            });
        }
    };
    if let Some(Value::Object(extra)) = settings.value("headers") {
        for (name, value) in extra {
            let Some(value) = value.as_str() else { continue };
            request.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
            request.headers.push((name.clone(), value.to_owned()));
        }
    }
    request.headers.extend(authorization(settings, "username", "password"));
    if let Some(credentials) = settings.text("authorization_credentials") {
        let scheme = settings.text("authorization_scheme").unwrap_or("Bearer");
        request.headers.push(("Authorization".to_owned(), format!("{scheme} {credentials}")));
    }
    request.headers.extend(signature(settings, &request.body, context.message.now_ms / 1000)?);
    Ok(request)
}

fn authorization(settings: Settings<'_>, user: &str, password: &str) -> Option<(String, String)> {
    let user = settings.text(user)?;
    let pair = format!("{user}:{}", settings.text(password).unwrap_or_default());
    Some(("Authorization".to_owned(), format!("Basic {}", STANDARD.encode(pair))))
}

/// The body's HMAC, and the time that went into it.
fn signature(settings: Settings<'_>, body: &str, now: i64) -> Result<Vec<(String, String)>, ContactError> {
    let Some(secret) = settings.text("hmacConfig.secret") else { return Ok(Vec::new()) };
    let failed =
        |_| ContactError::Field { name: "hmacConfig", problem: "the secret cannot be used".to_owned() };
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map_err(failed)?;
    let mut headers = Vec::new();
    if let Some(name) = settings.text("hmacConfig.timestampHeader") {
        mac.update(format!("{now}:").as_bytes());
        headers.push((name.to_owned(), now.to_string()));
    }
    mac.update(body.as_bytes());
    let name = settings.text("hmacConfig.header").unwrap_or("X-Grafana-Alerting-Signature");
    headers.push((name.to_owned(), hex::encode(mac.finalize().into_bytes())));
    Ok(headers)
}

fn body(context: &Context<'_>) -> Result<String, ContactError> {
    let most = context.settings.number("maxAlerts")?;
    let alerts = &context.message.alerts;
    let shown = if most == 0 { alerts.len() } else { most.min(alerts.len()) };
    let truncated = alerts.len() - shown;
    let cut = Message { alerts: alerts[..shown].to_vec(), ..context.message.clone() };
    if let Some(text) = context.settings.text("payload.template") {
        return payload(context, &cut, truncated, text);
    }
    let message = context.text("message", "{{ template \"default.message\" . }}")?;
    let body = json!({
        "receiver": cut.receiver,
        "status": cut.status(),
        "orgId": 1,
        "alerts": cut.alerts.iter().map(crate::message::MessageAlert::to_json).collect::<Vec<_>>(),
        "groupLabels": cut.group_labels,
        "commonLabels": cut.common_labels,
        "commonAnnotations": cut.common_annotations,
        "externalURL": cut.external_url,
        "version": "1",
        "groupKey": cut.group_key,
        "truncatedAlerts": truncated,
        "title": context.title()?,
        "state": if cut.is_firing { "alerting" } else { "ok" },
        "message": message,
    });
    Ok(body.to_string())
}

/// A body of the user's own; `.Vars` are what the settings set beside it.
fn payload(
    context: &Context<'_>,
    message: &Message,
    truncated: usize,
    text: &str,
) -> Result<String, ContactError> {
    let mut data = message.to_value(truncated);
    if let go_template::Value::Record(record) = &mut data {
        let mut fields = record.as_ref().clone();
        let vars = match context.settings.value("payload.vars") {
            Some(Value::Object(vars)) => vars
                .iter()
                .map(|(name, value)| {
                    (name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned))
                })
                .collect(),
            _ => std::collections::BTreeMap::new(),
        };
        fields.fields.insert("Vars".to_owned(), vars.into());
        data = go_template::Value::Record(fields.into());
    }
    Ok(context.renderer.render("payload", text, &data)?)
}

/// The alerts to each of the Alertmanagers; it is enough when one takes them.
pub(super) fn alertmanager(context: &Context<'_>) -> Result<Vec<Request>, ContactError> {
    let alert = |alert: &crate::message::MessageAlert| {
        json!({
            "labels": alert.labels,
            "annotations": alert.annotations,
            "startsAt": crate::message::rfc3339(alert.starts_at_ms),
            "endsAt": crate::message::rfc3339(alert.ends_at_ms),
            "generatorURL": alert.generator_url,
        })
    };
    let body: Value = context.message.alerts.iter().map(alert).collect();
    let mut requests = Vec::new();
    for url in context.settings.required("url")?.split(',').map(str::trim).filter(|url| !url.is_empty()) {
        check_url("url", url)?;
        let base = url.trim_end_matches('/');
        let base = base.strip_suffix("/api/v2/alerts").unwrap_or(base);
        let mut request = json_request(format!("{base}/api/v2/alerts"), &body);
        request.headers.extend(authorization(context.settings, "basicAuthUser", "basicAuthPassword"));
        requests.push(request);
    }
    Ok(requests)
}

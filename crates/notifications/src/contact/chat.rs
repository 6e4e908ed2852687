//! Chats and pagers: Slack, Discord, Teams, Telegram, PagerDuty.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{ContactError, Context, Request, cut, json_request};

const FIRING: &str = "#D63232";
const RESOLVED: &str = "#36a64f";
const FOOTER: &str = "E-commerce Monitoring Stack";
const SLACK_API: &str = "https://slack.com/api/chat.postMessage";
const TELEGRAM_API: &str = "https://api.telegram.org";
const PAGERDUTY_API: &str = "https://events.pagerduty.com/v2/enqueue";

fn color(context: &Context<'_>) -> &'static str {
    if context.message.is_firing { FIRING } else { RESOLVED }
}

/// By an incoming webhook, or by the API with a token.
pub(super) fn slack(context: &Context<'_>) -> Result<Request, ContactError> {
    let settings = context.settings;
    let title = cut(&context.text("title", "{{ template \"slack.default.title\" . }}")?, 1024);
    let mut body = json!({
        "attachments": [{
            "color": settings.text("color").map_or(color(context), |given| given),
            "fallback": title,
            "title": title,
            "title_link": context.message.rules_url(),
            "text": context.text("text", "{{ template \"slack.default.text\" . }}")?,
            "footer": settings.text("footer").unwrap_or(FOOTER),
            "ts": context.message.now_ms / 1000,
        }],
    });
    for (setting, field) in [
        ("recipient", "channel"),
        ("username", "username"),
        ("icon_emoji", "icon_emoji"),
        ("icon_url", "icon_url"),
    ] {
        if settings.text(setting).is_some() {
            body[field] = context.text(setting, "")?.into();
        }
    }
    let mentions = mentions(context);
    if !mentions.is_empty() {
        body["blocks"] = json!([{ "type": "section", "text": { "type": "mrkdwn", "text": mentions } }]);
    }
    if let Some(token) = settings.text("token").filter(|_| settings.text("url").is_none()) {
        settings.required("recipient")?;
        let endpoint = match settings.text("endpointUrl") {
            Some(_) => settings.url("endpointUrl")?,
            None => SLACK_API,
        };
        let mut request = json_request(endpoint.to_owned(), &body);
        request.headers.push(("Authorization".to_owned(), format!("Bearer {token}")));
        request.must_be_ok = true;
        return Ok(request);
    }
    Ok(json_request(settings.url("url")?.to_owned(), &body))
}

/// Whom Slack shall poke.
fn mentions(context: &Context<'_>) -> String {
    let settings = context.settings;
    let list = |name: &str| {
        let text = settings.text(name).unwrap_or_default();
        text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    };
    let channel = settings.text("mentionChannel").filter(|channel| matches!(*channel, "here" | "channel"));
    let all = channel.map(|channel| format!("<!{channel}>")).into_iter();
    let groups = list("mentionGroups").into_iter().map(|group| format!("<!subteam^{group}>"));
    let users = list("mentionUsers").into_iter().map(|user| format!("<@{user}>"));
    all.chain(groups).chain(users).collect::<Vec<_>>().join(" ")
}

pub(super) fn discord(context: &Context<'_>) -> Result<Request, ContactError> {
    let settings = context.settings;
    let color = u32::from_str_radix(&color(context)[1..], 16).unwrap_or_default();
    let mut body = json!({
        "content": cut(&context.text("message", "{{ template \"default.message\" . }}")?, 2000),
        "embeds": [{
            "title": cut(&context.title()?, 256),
            "type": "rich",
            "color": color,
            "url": context.message.rules_url(),
            "footer": { "text": FOOTER },
        }],
    });
    if !settings.flag("use_discord_username") {
        body["username"] = "Grafana".into();
    }
    if settings.text("avatar_url").is_some() {
        body["avatar_url"] = context.text("avatar_url", "")?.into();
    }
    Ok(json_request(settings.url("url")?.to_owned(), &body))
}

/// An adaptive card, as Teams' workflows want it.
pub(super) fn teams(context: &Context<'_>) -> Result<Request, ContactError> {
    let title = context.title()?;
    let mut body = vec![json!({
        "type": "TextBlock", "style": "heading", "size": "large", "weight": "bolder", "wrap": true, "text": title,
        "color": if context.message.is_firing { "attention" } else { "good" },
    })];
    if context.settings.text("sectiontitle").is_some() {
        body.push(
            json!({ "type": "TextBlock", "weight": "bolder", "text": context.text("sectiontitle", "")? }),
        );
    }
    let text = context.text("message", "{{ template \"teams.default.message\" . }}")?;
    body.push(json!({ "type": "TextBlock", "wrap": true, "text": text }));
    body.push(json!({
        "type": "ActionSet",
        "actions": [{ "type": "Action.OpenUrl", "title": "View URL", "url": context.message.rules_url() }],
    }));
    let card = json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
        "msTeams": { "width": "Full" },
    });
    let message = json!({
        "type": "message",
        "summary": title,
        "attachments": [{ "contentType": "application/vnd.microsoft.card.adaptive", "content": card }],
    });
    Ok(json_request(context.settings.url("url")?.to_owned(), &message))
}

pub(super) fn telegram(context: &Context<'_>) -> Result<Request, ContactError> {
    let settings = context.settings;
    let token = settings.required("bottoken")?;
    let is_token = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '_' | '-');
    if !token.chars().all(is_token) {
        return Err(ContactError::Field { name: "bottoken", problem: "not a bot's token".to_owned() });
    }
    let mut body = json!({
        "chat_id": settings.required("chatid")?,
        "text": cut(&context.text("message", "{{ template \"default.message\" . }}")?, 4096),
    });
    if let Some(mode @ ("HTML" | "Markdown" | "MarkdownV2")) = settings.text("parse_mode") {
        body["parse_mode"] = mode.into();
    }
    if let Some(thread) = settings.text("message_thread_id") {
        body["message_thread_id"] = thread.into();
    }
    for (setting, field) in [
        ("disable_web_page_preview", "disable_web_page_preview"),
        ("protect_content", "protect_content"),
        ("disable_notifications", "disable_notification"),
    ] {
        if settings.flag(setting) {
            body[field] = true.into();
        }
    }
    Ok(json_request(format!("{TELEGRAM_API}/bot{token}/sendMessage"), &body))
}

/// PagerDuty's events, version 2. The group is one incident.
pub(super) fn pagerduty(context: &Context<'_>) -> Result<Request, ContactError> {
    let settings = context.settings;
    let message = context.message;
    let list = |text: &str| context.renderer.render("details", text, &context.data);
    let mut payload = json!({
        "summary": cut(&context.text("summary", "{{ template \"pagerduty.default.description\" . }}")?, 1024),
        "source": context.text("source", FOOTER)?,
        "severity": context.text("severity", "critical")?.to_lowercase(),
        "class": context.text("class", "default")?,
        "component": context.text("component", "Grafana")?,
        "group": context.text("group", "default")?,
        "custom_details": {
            "firing": list("{{ template \"__text_alert_list\" .Alerts.Firing }}")?,
            "resolved": list("{{ template \"__text_alert_list\" .Alerts.Resolved }}")?,
            "num_firing": list("{{ .Alerts.Firing | len }}")?,
            "num_resolved": list("{{ .Alerts.Resolved | len }}")?,
        },
    });
    if let Some(Value::Object(details)) = settings.value("details") {
        for (name, value) in details {
            let text =
                context.renderer.render("details", value.as_str().unwrap_or_default(), &context.data)?;
            payload["custom_details"][name.as_str()] = text.into();
        }
    }
    let event = json!({
        "routing_key": settings.required("integrationKey")?,
        "dedup_key": hex::encode(Sha256::digest(message.group_key.as_bytes())),
        "event_action": if message.is_firing { "trigger" } else { "resolve" },
        "payload": payload,
        "client": settings.text("client").unwrap_or(FOOTER),
        "client_url": settings.text("client_url").unwrap_or(&message.external_url),
        "links": [{ "href": message.external_url, "text": "External URL" }],
    });
    let url = match settings.text("url") {
        Some(_) => settings.url("url")?,
        None => PAGERDUTY_API,
    };
    Ok(json_request(url.to_owned(), &event))
}

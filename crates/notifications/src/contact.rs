//! Ways to reach people: what each kind needs to know, and the requests and e-mails that it makes of a message.

mod chat;
mod email;
mod kinds;
mod settings;
mod webhook;

use serde_json::{Map, Value};

use crate::message::{Message, RenderError, Renderer};

pub use email::Email;
pub use kinds::{Kind, REDACTED};
pub use settings::Settings;

/// Why a message could not be made, or settings not be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContactError {
    #[error("unknown contact point type {0:?}")]
    Kind(String),
    #[error("required field '{0}' is not specified")]
    Missing(&'static str),
    #[error("invalid field '{name}': {problem}")]
    Field { name: &'static str, problem: String },
    #[error("{0}")]
    Render(#[from] RenderError),
    #[error("contact points of type {0:?} are kept but cannot be delivered by this server")]
    Undeliverable(String),
}

/// A request that delivers a message when it is answered with success. Addresses and headers are secrets, and not shown.
#[derive(Clone)]
pub struct Request {
    pub method: &'static str,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
    /// What the answer must say besides success: `{"ok": true}` of Slack's API.
    pub must_be_ok: bool,
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Request").field("method", &self.method).finish_non_exhaustive()
    }
}

/// What is to be done with a message.
#[derive(Clone)]
pub enum Outgoing {
    /// One of these must succeed.
    Requests(Vec<Request>),
    Emails(Vec<Email>),
    /// Nobody set an address: the message is only kept in the list of what was sent.
    Keep,
}

impl std::fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Requests(all) => write!(f, "Requests({})", all.len()),
            Self::Emails(all) => write!(f, "Emails({})", all.len()),
            Self::Keep => f.write_str("Keep"),
        }
    }
}

/// Makes what is to be sent of a message.
pub fn build(
    kind: &str,
    settings: &Map<String, Value>,
    message: &Message,
    renderer: &Renderer,
) -> Result<Outgoing, ContactError> {
    let kind = Kind::find(kind)?;
    let settings = Settings(settings);
    if kind.is_unset(settings) {
        return Ok(Outgoing::Keep);
    }
    let context = Context { settings, message, renderer, data: message.to_value(0) };
    match kind.name {
        "webhook" => webhook::build(&context).map(|request| Outgoing::Requests(vec![request])),
        "prometheus-alertmanager" => webhook::alertmanager(&context).map(Outgoing::Requests),
        "email" => email::build(&context).map(Outgoing::Emails),
        "slack" => one(chat::slack(&context)),
        "discord" => one(chat::discord(&context)),
        "teams" => one(chat::teams(&context)),
        "telegram" => one(chat::telegram(&context)),
        "pagerduty" => one(chat::pagerduty(&context)),
        other => Err(ContactError::Undeliverable(other.to_owned())),
    }
}

fn one(request: Result<Request, ContactError>) -> Result<Outgoing, ContactError> {
    request.map(|request| Outgoing::Requests(vec![request]))
}

/// Refuses settings that cannot work. Those that are templates must be right, too.
pub fn check(kind: &str, settings: &Map<String, Value>, renderer: &Renderer) -> Result<(), ContactError> {
    let kind = Kind::find(kind)?;
    kind.check(Settings(settings))?;
    for name in ["title", "message", "text", "subject", "summary", "description"] {
        if let Some(text) = Settings(settings).text(name) {
            renderer.check(name, text)?;
        }
    }
    Ok(())
}

/// What the makers of messages look at.
struct Context<'a> {
    settings: Settings<'a>,
    message: &'a Message,
    renderer: &'a Renderer,
    data: go_template::Value,
}

impl Context<'_> {
    /// A setting with its templates filled in, or what stands for it when it is not set.
    fn text(&self, name: &'static str, default: &str) -> Result<String, ContactError> {
        let text = self.settings.text(name).unwrap_or(default);
        Ok(self.renderer.render(name, text, &self.data)?.trim().to_owned())
    }

    fn title(&self) -> Result<String, ContactError> {
        self.text("title", "{{ template \"default.title\" . }}")
    }
}

fn json_request(url: String, body: &Value) -> Request {
    Request {
        method: "POST",
        url,
        headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
        body: body.to_string(),
        must_be_ok: false,
    }
}

/// The text, cut to so many characters.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(most - 1).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests;

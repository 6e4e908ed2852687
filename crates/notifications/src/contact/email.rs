//! E-mail: a subject, a text and the same as HTML.

use super::{ContactError, Context};

const ADDRESSES_MAX: usize = 100;

/// One e-mail; the sender is the server's business.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email {
    pub to: Vec<String>,
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// One for all addresses, or one for each.
pub(super) fn build(context: &Context<'_>) -> Result<Vec<Email>, ContactError> {
    let addresses = addresses(context.settings.required("addresses")?)?;
    // A subject is one line, whatever the template makes.
    let subject = context.text("subject", "{{ template \"default.title\" . }}")?;
    let subject = subject.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = context.text("message", "{{ template \"default.message\" . }}")?;
    let html = match context.settings.text("message") {
        None => "{{ template \"email.default.html\" . }}",
        Some(_) => "",
    };
    let html = match html {
        "" => format!(
            "<!doctype html><html><body><pre style=\"font-family:inherit\">{}</pre></body></html>",
            escape(&text)
        ),
        template => context.renderer.render("html", template, &context.data)?,
    };
    let email = |to: Vec<String>| Email {
        to,
        subject: super::cut(&subject, 500),
        text: text.clone(),
        html: html.clone(),
    };
    if context.settings.flag("singleEmail") {
        return Ok(vec![email(addresses)]);
    }
    Ok(addresses.into_iter().map(|address| email(vec![address])).collect())
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Divided by `;`, `,` or line breaks.
fn addresses(text: &str) -> Result<Vec<String>, ContactError> {
    let all = text.split([';', ',', '\n']).map(str::trim).filter(|address| !address.is_empty());
    let all: Vec<String> = all.map(str::to_owned).collect();
    let problem = match all.len() {
        0 => "no address".to_owned(),
        count if count > ADDRESSES_MAX => format!("at most {ADDRESSES_MAX} addresses"),
        _ => return Ok(all),
    };
    Err(ContactError::Field { name: "addresses", problem })
}

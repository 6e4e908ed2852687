//! The `Authorization` header of a client; secrets in files are read once, at start.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;

use crate::config::{ClientConfig, Secret};

/// The header, if the client has credentials.
pub fn header(config: &ClientConfig) -> Result<Option<HeaderValue>, String> {
    let text = if let Some(basic) = &config.basic_auth {
        let user = match &basic.username_file {
            Some(path) => read(path)?,
            None => basic.username.clone(),
        };
        let password = secret(basic.password.as_ref(), basic.password_file.as_deref())?;
        format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
    } else if config.bearer_token.is_some() || config.bearer_token_file.is_some() {
        format!("Bearer {}", secret(config.bearer_token.as_ref(), config.bearer_token_file.as_deref())?)
    } else if let Some(authorization) = &config.authorization {
        let credentials =
            secret(authorization.credentials.as_ref(), authorization.credentials_file.as_deref())?;
        format!("{} {credentials}", authorization.kind)
    } else {
        return Ok(None);
    };
    let mut value = HeaderValue::from_str(&text)
        .map_err(|_| "credentials hold characters that no header can".to_owned())?;
    value.set_sensitive(true);
    Ok(Some(value))
}

fn secret(inline: Option<&Secret>, file: Option<&Path>) -> Result<String, String> {
    match (inline, file) {
        (Some(secret), _) => Ok(secret.reveal().to_owned()),
        (None, Some(path)) => read(path),
        (None, None) => Ok(String::new()),
    }
}

fn read(path: &Path) -> Result<String, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(yaml: &str) -> Option<String> {
        let config: ClientConfig =
            runtime::parse_yaml(&format!("url: http://x/\n{yaml}\n"), "client").unwrap();
        header(&config).unwrap().map(|value| value.to_str().unwrap().to_owned())
    }

    #[test]
    fn headers() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        std::fs::write(&file, "from-file\n").unwrap();
        let file = file.display();
        for (yaml, expected) in [
            ("basic_auth: {username: me, password: hush}".to_owned(), "Basic bWU6aHVzaA=="),
            ("bearer_token: abc".to_owned(), "Bearer abc"),
            (format!("bearer_token_file: {file}"), "Bearer from-file"),
            (format!("authorization: {{type: Token, credentials_file: {file}}}"), "Token from-file"),
        ] {
            assert_eq!(check(&yaml).as_deref(), Some(expected), "{yaml}");
        }
        assert_eq!(check(""), None);
    }
}

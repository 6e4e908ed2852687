//! Reading and checking preferences, shared by those of a user and those of the organisation.

use serde::Deserialize;

use crate::error::ApiError;
use crate::repo::preferences::Preferences;

const TEXT_MAX_CHARS: usize = 64;

/// What a client sends. For `PUT`, what is missing becomes empty; for `PATCH` it stays as it is.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Change {
    theme: Option<String>,
    #[serde(rename = "homeDashboardUID")]
    home_dashboard_uid: Option<String>,
    timezone: Option<String>,
    week_start: Option<String>,
    language: Option<String>,
}

impl Change {
    /// `before` with the change applied, checked.
    pub(super) fn onto(self, before: Preferences) -> Result<Preferences, ApiError> {
        let after = Preferences {
            theme: self.theme.unwrap_or(before.theme),
            home_dashboard_uid: self.home_dashboard_uid.unwrap_or(before.home_dashboard_uid),
            timezone: self.timezone.unwrap_or(before.timezone),
            week_start: self.week_start.unwrap_or(before.week_start),
            language: self.language.unwrap_or(before.language),
        };
        check(&after)?;
        Ok(after)
    }
}

fn check(preferences: &Preferences) -> Result<(), ApiError> {
    let one_of = |name: &str, value: &str, allowed: &[&str]| {
        if value.is_empty() || allowed.contains(&value) {
            return Ok(());
        }
        Err(ApiError::bad_request(format!("{name} must be empty or one of {}", allowed.join(", "))))
    };
    one_of("theme", &preferences.theme, &["light", "dark", "system"])?;
    one_of("weekStart", &preferences.week_start, &["browser", "monday", "saturday", "sunday"])?;
    for (name, value) in [
        ("timezone", &preferences.timezone),
        ("homeDashboardUID", &preferences.home_dashboard_uid),
        ("language", &preferences.language),
    ] {
        let is_plain = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/_+-".contains(&byte));
        if !is_plain || value.len() > TEXT_MAX_CHARS {
            return Err(ApiError::bad_request(format!(
                "{name} must have at most {TEXT_MAX_CHARS} letters, digits, '/', '_', '+' or '-'"
            )));
        }
    }
    Ok(())
}

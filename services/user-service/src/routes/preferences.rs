//! Preferences.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use service_kit::{AppError, ErrorBody, Id, Json, emit};
use utoipa::ToSchema;

use crate::accounts::Account;
use crate::session::Session;
use crate::state::Users;

const MAX_CATEGORIES: usize = 20;

/// What somebody likes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Preferences {
    /// Three letters of ISO 4217
    #[serde(default = "euro")]
    currency: String,
    /// Two letters of ISO 639-1
    #[serde(default = "english")]
    language: String,
    #[serde(default)]
    newsletter: bool,
    /// Categories of interest, at most 20
    #[serde(default)]
    categories: Vec<String>,
}

fn euro() -> String {
    "EUR".to_owned()
}

fn english() -> String {
    "en".to_owned()
}

impl Default for Preferences {
    fn default() -> Self {
        Self { currency: euro(), language: english(), newsletter: false, categories: Vec::new() }
    }
}

impl Preferences {
    fn check(&self) -> Result<(), AppError> {
        let letters = |text: &str, count: usize, test: fn(&u8) -> bool| {
            text.len() == count && text.as_bytes().iter().all(test)
        };
        if !letters(&self.currency, 3, u8::is_ascii_uppercase) {
            return Err(AppError::invalid_field("currency", "must be three capital letters, such as EUR"));
        }
        if !letters(&self.language, 2, u8::is_ascii_lowercase) {
            return Err(AppError::invalid_field("language", "must be two small letters, such as en"));
        }
        if self.categories.len() > MAX_CATEGORIES {
            return Err(AppError::invalid_field("categories", "may have at most 20 entries"));
        }
        let good = |name: &String| {
            (1..=50).contains(&name.len())
                && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        };
        if !self.categories.iter().all(good) {
            return Err(AppError::invalid_field("categories", "must be names such as home-kitchen"));
        }
        Ok(())
    }
}

/// Somebody's preferences
#[utoipa::path(get, path = "/users/{id}/preferences", tag = "preferences", security(("bearer" = [])), params(("id" = i64, Path)),
    responses((status = 200, body = Preferences), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody)))]
#[tracing::instrument(target = "shop", name = "get_preferences", skip_all)]
pub(crate) async fn read(
    State(users): State<Arc<Users>>,
    Id(id): Id,
    session: Session,
) -> Result<Json<Preferences>, AppError> {
    session.0.must_act_for(id)?;
    Account::by_id(&users.database, id).await?;
    let row = users
        .database
        .query("SELECT currency, language, newsletter, categories FROM preferences WHERE user_id = $1")
        .bind(id)
        .optional()
        .await?;
    let Some(row) = row else {
        return Ok(Json(Preferences::default()));
    };
    Ok(Json(Preferences {
        currency: row.get("currency")?,
        language: row.get("language")?,
        newsletter: row.flag("newsletter")?,
        categories: serde_json::from_str(&row.get::<String>("categories")?).map_err(AppError::internal)?,
    }))
}

/// Replace somebody's preferences
#[utoipa::path(put, path = "/users/{id}/preferences", tag = "preferences", security(("bearer" = [])), params(("id" = i64, Path)),
    request_body = Preferences,
    responses((status = 200, body = Preferences), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 422, body = ErrorBody)))]
#[tracing::instrument(target = "shop", name = "update_preferences", skip_all)]
pub(crate) async fn replace(
    State(users): State<Arc<Users>>,
    Id(id): Id,
    session: Session,
    Json(preferences): Json<Preferences>,
) -> Result<Json<Preferences>, AppError> {
    session.0.must_act_for(id)?;
    preferences.check()?;
    Account::by_id(&users.database, id).await?;
    users
        .database
        .query(
            "INSERT INTO preferences (user_id, currency, language, newsletter, categories) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (user_id) DO UPDATE SET currency = $2, language = $3, \
             newsletter = $4, categories = $5",
        )
        .bind(id)
        .bind(preferences.currency.as_str())
        .bind(preferences.language.as_str())
        .bind(i64::from(preferences.newsletter))
        .bind(serde_json::to_string(&preferences.categories).map_err(AppError::internal)?)
        .execute()
        .await?;
    let changed = "currency,language,newsletter,categories";
    emit!(UserPreferencesUpdated { user_id = id, changed }, "user {id} changed preferences");
    Ok(Json(preferences))
}

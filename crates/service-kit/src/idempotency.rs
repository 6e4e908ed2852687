//! `Idempotency-Key`: a client that got no answer may send its request again without a second effect.
//!
//! The key counts within a scope (route and user). Same key and body: the stored answer, with
//! `Idempotent-Replayed: true`. Same key, other body: 422. The first request still under way: 409. Answers from 500 up
//! and those with `Retry-After` are not kept, so that the client may try again. A process that dies half-way leaves its key locked for
//! half a minute; work that must not happen twice even then needs a mark of its own in the same transaction.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::{AppError, Database, Json, Migration, detached, emit, now_ms};

const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// Longer than any request may take.
const LOCK_MS: i64 = 30_000;
const KEEP_MS: i64 = 24 * 3600 * 1000;
const CLEAN_EVERY_MS: i64 = 10 * 60 * 1000;

/// The table, for the migrations of services that offer keys. Version 9000 leaves room for the service's own.
pub const IDEMPOTENCY_MIGRATION: Migration = Migration {
    version: 9000,
    name: "idempotency keys",
    sql: "CREATE TABLE idempotency_keys (scope TEXT NOT NULL, key TEXT NOT NULL, body_hash TEXT NOT NULL, \
          answer TEXT, locked_until_ms BIGINT NOT NULL, created_ms BIGINT NOT NULL, PRIMARY KEY (scope, key)); \
          CREATE INDEX idempotency_keys_created ON idempotency_keys (created_ms)",
};

/// The keys of one service; cheap to clone.
#[derive(Debug, Clone)]
pub struct Idempotency {
    database: Database,
    cleaned_ms: Arc<AtomicI64>,
}

/// An answer as it is stored.
#[derive(Debug, Serialize, Deserialize)]
struct Stored {
    status: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    location: Option<String>,
    /// The body, or the error's details.
    body: Value,
    /// Code and message of an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<(String, String)>,
}

enum Claim {
    Ours,
    Replay(Stored),
}

impl Idempotency {
    /// Keys in the table of [`IDEMPOTENCY_MIGRATION`].
    pub fn new(database: Database) -> Self {
        Self { database, cleaned_ms: Arc::new(AtomicI64::new(0)) }
    }

    /// Runs `work` at most once for the request's key, to its end even when the client hangs up. `work` returns
    /// status, `Location` and body. Without a key it just runs.
    pub async fn run<F, B>(
        &self,
        headers: &HeaderMap,
        scope: &str,
        body: &impl Serialize,
        work: F,
    ) -> Result<Response, AppError>
    where
        F: Future<Output = Result<(StatusCode, Option<String>, B), AppError>> + Send + 'static,
        B: Serialize + Send + Sync + 'static,
    {
        let Some(key) = key(headers)? else {
            let (status, location, body) = detached(work).await?;
            return Ok(respond(status, location.as_deref(), Json(body)));
        };
        let body = serde_json::to_vec(body).map_err(AppError::internal)?;
        let hash = hex::encode(Sha256::digest(&body));
        let this = self.clone();
        let scope = scope.to_owned();
        detached(async move {
            match this.claim(&scope, &key, &hash).await? {
                Claim::Replay(stored) => {
                    emit!(IdempotencyReplayed { scope = scope.as_str() }, "the stored answer was sent again");
                    Ok(stored.replay())
                }
                Claim::Ours => {
                    let result = work.await;
                    this.finish(&scope, &key, &result).await?;
                    result.map(|(status, location, body)| respond(status, location.as_deref(), Json(body)))
                }
            }
        })
        .await
    }

    async fn claim(&self, scope: &str, key: &str, hash: &str) -> Result<Claim, AppError> {
        self.clean().await?;
        let now = now_ms();
        let inserted = self
            .database
            .query(
                "INSERT INTO idempotency_keys (scope, key, body_hash, locked_until_ms, created_ms) \
                 VALUES ($1, $2, $3, $4, $5) ON CONFLICT (scope, key) DO NOTHING",
            )
            .bind(scope)
            .bind(key)
            .bind(hash)
            .bind(now + LOCK_MS)
            .bind(now)
            .execute()
            .await?;
        if inserted == 1 {
            return Ok(Claim::Ours);
        }
        let row = self
            .database
            .query("SELECT body_hash, answer FROM idempotency_keys WHERE scope = $1 AND key = $2")
            .bind(scope)
            .bind(key)
            .optional()
            .await?
            .ok_or_else(in_progress)?;
        if row.get::<String>("body_hash")? != hash {
            return Err(AppError::unprocessable(
                "IDEMPOTENCY_KEY_REUSED",
                "this Idempotency-Key was used for another request; use a new one",
            ));
        }
        if let Some(answer) = row.get::<Option<String>>("answer")? {
            return Ok(Claim::Replay(serde_json::from_str(&answer).map_err(AppError::internal)?));
        }
        // The process that worked on it may have died: take over when its time is up.
        let taken = self
            .database
            .query(
                "UPDATE idempotency_keys SET locked_until_ms = $1 \
                 WHERE scope = $2 AND key = $3 AND answer IS NULL AND locked_until_ms < $4",
            )
            .bind(now + LOCK_MS)
            .bind(scope)
            .bind(key)
            .bind(now)
            .execute()
            .await?;
        if taken == 1 { Ok(Claim::Ours) } else { Err(in_progress()) }
    }

    async fn finish<B: Serialize>(
        &self,
        scope: &str,
        key: &str,
        result: &Result<(StatusCode, Option<String>, B), AppError>,
    ) -> Result<(), AppError> {
        let stored = match result {
            Ok((status, location, body)) => Stored {
                status: status.as_u16(),
                location: location.clone(),
                body: serde_json::to_value(body).map_err(AppError::internal)?,
                error: None,
            },
            // "Try again in a second" must not be the answer for a day.
            Err(error) if error.status.is_client_error() && error.retry_after_secs.is_none() => Stored {
                status: error.status.as_u16(),
                location: None,
                body: error.details.clone(),
                error: Some((error.code.to_string(), error.message.clone())),
            },
            Err(_) => {
                self.database
                    .query("DELETE FROM idempotency_keys WHERE scope = $1 AND key = $2")
                    .bind(scope)
                    .bind(key)
                    .execute()
                    .await?;
                return Ok(());
            }
        };
        let answer = serde_json::to_string(&stored).map_err(AppError::internal)?;
        self.database
            .query("UPDATE idempotency_keys SET answer = $1 WHERE scope = $2 AND key = $3")
            .bind(answer)
            .bind(scope)
            .bind(key)
            .execute()
            .await?;
        Ok(())
    }

    /// Forgets old keys now and then.
    async fn clean(&self) -> Result<(), AppError> {
        let now = now_ms();
        let last = self.cleaned_ms.load(Ordering::Relaxed);
        let due = now - last >= CLEAN_EVERY_MS
            && self.cleaned_ms.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if due {
            self.database
                .query("DELETE FROM idempotency_keys WHERE created_ms < $1")
                .bind(now - KEEP_MS)
                .execute()
                .await?;
        }
        Ok(())
    }
}

impl Stored {
    fn replay(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK);
        let mut response = match self.error {
            Some((code, message)) => {
                AppError::new(status, code, message).with_details(self.body).into_response()
            }
            None => respond(status, self.location.as_deref(), Json(self.body)),
        };
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
        response
    }
}

fn respond<B: Serialize>(status: StatusCode, location: Option<&str>, body: Json<B>) -> Response {
    let mut response = (status, body).into_response();
    if let Some(location) = location.and_then(|text| HeaderValue::from_str(text).ok()) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

fn key(headers: &HeaderMap) -> Result<Option<String>, AppError> {
    let Some(value) = headers.get(HEADER) else {
        return Ok(None);
    };
    match value.to_str() {
        Ok(text) if !text.is_empty() && text.len() <= 255 => Ok(Some(text.to_owned())),
        _ => Err(AppError::bad_request(
            "INVALID_IDEMPOTENCY_KEY",
            "Idempotency-Key must have 1 to 255 printable ASCII characters",
        )),
    }
}

fn in_progress() -> AppError {
    AppError::conflict(
        "REQUEST_IN_PROGRESS",
        "the first request with this Idempotency-Key is still under way",
    )
    .with_retry_after(1)
}

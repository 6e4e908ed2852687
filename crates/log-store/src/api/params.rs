//! Parameters from the query string and, for POST, a form.

use axum::body::Bytes;
use axum::extract::{FromRequest, RawForm, Request};
use axum::http::{Method, StatusCode};

use super::MAX_FORM_BYTES;
use super::error::ApiError;
use super::intake::announced;
use crate::query::Params;

/// Pairs of one request; no client sends more than a few dozen.
const MAX_PAIRS: usize = 4096;

impl<S: Send + Sync> FromRequest<S> for Params {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if announced(request.headers()).is_some_and(|length| length > MAX_FORM_BYTES) {
            return Err(ApiError::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "the body exceeds the length limit of forms",
            ));
        }
        let in_url = request.uri().query().unwrap_or_default().to_owned();
        let mut pairs = decode(in_url.as_bytes());
        if request.method() == Method::POST && request.headers().contains_key("content-type") {
            let RawForm(body): RawForm =
                RawForm::from_request(request, state).await.map_err(|error| refused(&error))?;
            pairs.extend(decode(&body));
        } else if request.method() == Method::POST {
            // A body without a type is not a form: only its size matters.
            Bytes::from_request(request, state)
                .await
                .map_err(|error| ApiError::new(error.status(), error.body_text()))?;
        }
        if pairs.len() > MAX_PAIRS {
            return Err(ApiError::bad_request(format!("more than {MAX_PAIRS} parameters")));
        }
        Ok(Self(pairs))
    }
}

fn refused(error: &axum::extract::rejection::RawFormRejection) -> ApiError {
    match error.status() {
        StatusCode::UNSUPPORTED_MEDIA_TYPE => ApiError::bad_request(
            "parameters belong in the URL or in a body of type application/x-www-form-urlencoded",
        ),
        status => ApiError::new(status, error.body_text()),
    }
}

fn decode(text: &[u8]) -> Vec<(String, String)> {
    let pairs = url::form_urlencoded::parse(text).take(MAX_PAIRS + 1);
    pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

//! Parameters from the query string and, for POST, a form.

use axum::body::Bytes;
use axum::extract::{FromRequest, RawForm, Request};
use axum::http::{Method, StatusCode};

use super::error::ApiError;
use crate::query::Params;

impl<S: Send + Sync> FromRequest<S> for Params {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
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
    url::form_urlencoded::parse(text).map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

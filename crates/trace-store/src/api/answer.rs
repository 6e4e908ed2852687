//! JSON or protobuf, as the client asks.

use axum::response::{IntoResponse as _, Response};
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use prost::Message;
use serde::Serialize;

use super::plain;

pub(super) const PROTOBUF: &str = "application/protobuf";
pub(super) const JSON: &str = "application/json";

/// Protobuf only if the client names it before JSON: Tempo looks for these texts anywhere in the header.
pub(super) fn wants_protobuf(headers: &HeaderMap) -> bool {
    wants(headers, PROTOBUF)
}

/// Whether a client accepts a type.
pub(super) fn wants(headers: &HeaderMap, kind: &str) -> bool {
    let mut accepts = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepts.any(|value| value.contains(kind))
}

pub(super) fn json_text(text: String) -> Response {
    ([(CONTENT_TYPE, JSON)], text).into_response()
}

pub(super) fn protobuf(message: &impl Message) -> Response {
    ([(CONTENT_TYPE, PROTOBUF)], message.encode_to_vec()).into_response()
}

/// One message in the encoding that the client asks for.
pub(super) fn answer<M: Message + Serialize>(headers: &HeaderMap, message: &M) -> Response {
    if wants_protobuf(headers) {
        return protobuf(message);
    }
    json(message)
}

pub(super) fn json(message: &impl Serialize) -> Response {
    match serde_json::to_string(message) {
        Ok(text) => json_text(text),
        Err(error) => plain(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    }
}

//! Names and values of tags.

use prost::Message;
use protocols::tempo::{TagValuesResponse, TagValuesV2Response, TagsResponse, TagsV2Response};
use tonic::Status;

use super::Answers;
use super::inner::{Inner, Query};
use super::messages::{SearchTagValuesRequest, SearchTagsRequest};

pub(super) async fn names_v1(
    inner: Inner,
    request: SearchTagsRequest,
    answers: Answers<TagsResponse>,
) -> Result<(), Status> {
    names("/api/search/tags", inner, request, answers).await
}

pub(super) async fn names_v2(
    inner: Inner,
    request: SearchTagsRequest,
    answers: Answers<TagsV2Response>,
) -> Result<(), Status> {
    names("/api/v2/search/tags", inner, request, answers).await
}

pub(super) async fn values_v1(
    inner: Inner,
    request: SearchTagValuesRequest,
    answers: Answers<TagValuesResponse>,
) -> Result<(), Status> {
    values("/api/search/tag", inner, request, answers).await
}

pub(super) async fn values_v2(
    inner: Inner,
    request: SearchTagValuesRequest,
    answers: Answers<TagValuesV2Response>,
) -> Result<(), Status> {
    values("/api/v2/search/tag", inner, request, answers).await
}

async fn names<M: Message + Default>(
    path: &str,
    inner: Inner,
    request: SearchTagsRequest,
    answers: Answers<M>,
) -> Result<(), Status> {
    let query = Query::default()
        .text("scope", &request.scope)
        .text("q", &request.query)
        .number("start", request.start)
        .number("end", request.end)
        .number("limit", request.max_tags_per_scope)
        .number("maxStaleValues", request.stale_values_threshold);
    answers.send(inner.message(path, query).await?).await
}

async fn values<M: Message + Default>(
    path: &str,
    inner: Inner,
    request: SearchTagValuesRequest,
    answers: Answers<M>,
) -> Result<(), Status> {
    let query = Query::default()
        .text("q", &request.query)
        .number("start", request.start)
        .number("end", request.end)
        .number("limit", request.max_tag_values)
        .number("maxStaleValues", request.stale_value_threshold);
    let path = format!("{path}/{}/values", escaped(&request.tag_name));
    answers.send(inner.message(&path, query).await?).await
}

/// As a part of a path.
fn escaped(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'~' | b':') {
            out.push(byte as char);
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_parts_of_paths() {
        assert_eq!(escaped("span.http.url/a b?\u{e9}"), "span.http.url%2Fa%20b%3F%C3%A9");
    }
}

//! `jaeger.api_v2.CollectorService/PostSpans`.

use std::sync::Arc;

use prost::Message as _;
use tonic::Status;
use tonic::body::Body;

use super::messages::{POST_SPANS, PostSpansRequest, PostSpansResponse};
use super::translate;
use crate::batch::count_messages;
use crate::ingest::budget::MESSAGE_BYTES;
use crate::ingest::grpc::{Method, OneMethod, status_of, unary};
use crate::ingest::{IngestError, take_messages};
use crate::store::Store;

/// A span or a tag in memory, at most.
const MESSAGE: usize = 256;

/// Takes spans from Jaeger's agents and clients.
pub(crate) type CollectorService = OneMethod<PostSpans>;

#[derive(Debug, Clone)]
pub(crate) struct PostSpans;

impl Method for PostSpans {
    const SERVICE: &'static str = "jaeger.api_v2.CollectorService";
    const PATH: &'static str = POST_SPANS;
    const ONLY: &'static str = "only CollectorService/PostSpans is served here";

    async fn answer(
        store: &Arc<Store>,
        request: http::Request<Body>,
    ) -> Result<http::Response<Body>, Status> {
        take(store, request).await.map(|()| unary::respond(&PostSpansResponse {}))
    }
}

async fn take(store: &Arc<Store>, request: http::Request<Body>) -> Result<(), Status> {
    let held = unary::receive(store, request).await?;
    let weight = count_messages(&held.bytes).saturating_mul(MESSAGE);
    if weight > MESSAGE_BYTES {
        return Err(status_of(&IngestError::TooHeavy { limit: MESSAGE_BYTES }));
    }
    let taken = take_messages(store, &held.bytes, weight, |body| {
        let request = PostSpansRequest::decode(body).map_err(|error| {
            IngestError::Invalid(format!("the message is not a request of Jaeger: {error}"))
        })?;
        Ok(translate::request(request.batch.unwrap_or_default()))
    });
    taken.await.map(drop).map_err(|error| status_of(&error))
}

//! `jaeger.api_v2.CollectorService/PostSpans`.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use prost::Message as _;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::Service;
use tonic::server::NamedService;

use super::messages::{POST_SPANS, PostSpansRequest, PostSpansResponse};
use super::translate;
use crate::batch::count_messages;
use crate::ingest::budget::MESSAGE_BYTES;
use crate::ingest::grpc::{BoxFuture, status_of, unary};
use crate::ingest::{IngestError, take_messages};
use crate::store::Store;

/// A span or a tag in memory, at most.
const MESSAGE: usize = 256;

/// Takes spans from Jaeger's agents and clients.
#[derive(Debug, Clone)]
pub(crate) struct CollectorService {
    store: Arc<Store>,
}

impl CollectorService {
    pub(crate) fn new(store: Arc<Store>) -> Self {
        Self { store }
    }
}

impl NamedService for CollectorService {
    const NAME: &'static str = "jaeger.api_v2.CollectorService";
}

impl Service<http::Request<Body>> for CollectorService {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let store = Arc::clone(&self.store);
        Box::pin(async move {
            if request.uri().path() != POST_SPANS {
                return Ok(
                    Status::unimplemented("only CollectorService/PostSpans is served here").into_http()
                );
            }
            Ok(match take(&store, request).await {
                Ok(()) => unary::respond(&PostSpansResponse {}),
                Err(status) => status.into_http(),
            })
        })
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

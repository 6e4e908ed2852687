//! OTLP over gRPC: `TraceService/Export`.

pub(super) mod unary;

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use protocols::otlp::EXPORT_PATH;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::Service;
use tonic::server::NamedService;

use super::{Encoding, IngestError, export};
use crate::store::Store;

pub(super) type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Takes spans from gRPC clients.
#[derive(Debug, Clone)]
pub(crate) struct TraceService {
    store: Arc<Store>,
}

impl TraceService {
    pub(crate) fn new(store: Arc<Store>) -> Self {
        Self { store }
    }
}

impl NamedService for TraceService {
    const NAME: &'static str = "opentelemetry.proto.collector.trace.v1.TraceService";
}

impl Service<http::Request<Body>> for TraceService {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let store = Arc::clone(&self.store);
        Box::pin(async move {
            if request.uri().path() != EXPORT_PATH {
                let status = Status::unimplemented("only TraceService/Export is served here");
                return Ok(status.into_http());
            }
            Ok(match take(&store, request).await {
                Ok(response) => response,
                Err(status) => status.into_http(),
            })
        })
    }
}

async fn take(store: &Arc<Store>, request: http::Request<Body>) -> Result<http::Response<Body>, Status> {
    let held = unary::receive(store, request).await?;
    let response = export(store, held.bytes, Encoding::Protobuf).await;
    Ok(unary::respond(&response.map_err(|error| status_of(&error))?))
}

pub(super) fn status_of(error: &IngestError) -> Status {
    let (_, code) = error.codes();
    if error.is_passing() {
        let details = protocols::rpc_status::with_retry(code as i32, &error.to_string(), super::RETRY_SECS);
        return Status::with_details(code, error.to_string(), details.into());
    }
    Status::new(code, error.to_string())
}

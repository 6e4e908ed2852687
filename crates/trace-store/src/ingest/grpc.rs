//! OTLP over gRPC: `TraceService/Export`.

mod service;
pub(super) mod unary;

use std::sync::Arc;

use protocols::otlp::EXPORT_PATH;
use tonic::Status;
use tonic::body::Body;

pub(crate) use self::service::{Method, OneMethod};
use super::{Encoding, IngestError, export};
use crate::store::Store;

/// Takes spans from gRPC clients.
pub(crate) type TraceService = OneMethod<Export>;

#[derive(Debug, Clone)]
pub(crate) struct Export;

impl Method for Export {
    const SERVICE: &'static str = "opentelemetry.proto.collector.trace.v1.TraceService";
    const PATH: &'static str = EXPORT_PATH;
    const ONLY: &'static str = "only TraceService/Export is served here";

    async fn answer(
        store: &Arc<Store>,
        request: http::Request<Body>,
    ) -> Result<http::Response<Body>, Status> {
        let held = unary::receive(store, request).await?;
        let response = export(store, held.bytes, Encoding::Protobuf).await;
        Ok(unary::respond(&response.map_err(|error| status_of(&error))?))
    }
}

pub(super) fn status_of(error: &IngestError) -> Status {
    let (_, code) = error.codes();
    if error.is_passing() {
        let details = protocols::rpc_status::with_retry(code as i32, &error.to_string(), super::RETRY_SECS);
        return Status::with_details(code, error.to_string(), details.into());
    }
    Status::new(code, error.to_string())
}

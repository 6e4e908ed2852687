//! OTLP over gRPC: `TraceService/Export`.
//!
//! The service is written by hand because generated code would decode the message before we see it: the undecoded bytes
//! are what goes into the write-ahead log.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Buf as _, Bytes};
use http::HeaderValue;
use prost::Message as _;
use protocols::otlp::{EXPORT_PATH, ExportTraceServiceResponse};
use tonic::body::Body;
use tonic::codec::{
    Codec, CompressionEncoding, DecodeBuf, Decoder, EnabledCompressionEncodings, EncodeBuf, Encoder,
};
use tonic::codegen::{Body as HttpBody, Service, StdError};
use tonic::server::{Grpc, NamedService, UnaryService};
use tonic::{Code, Request, Response, Status};

use super::{Encoding, IngestError, export};
use crate::store::Store;

type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

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

impl<B> Service<http::Request<B>> for TraceService
where
    B: HttpBody + Send + 'static,
    B::Error: Into<StdError> + Send + 'static,
{
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let store = Arc::clone(&self.store);
        Box::pin(async move {
            if request.uri().path() != EXPORT_PATH {
                let status = Status::unimplemented("only TraceService/Export is served here");
                return Ok(status.into_http());
            }
            let mut accepted = EnabledCompressionEncodings::default();
            accepted.enable(CompressionEncoding::Gzip);
            accepted.enable(CompressionEncoding::Zstd);
            let limit = store.ingest_limits.grpc_request_bytes;
            let mut grpc = Grpc::new(RawCodec)
                .apply_compression_config(accepted, EnabledCompressionEncodings::default())
                .apply_max_message_size_config(Some(limit), None);
            let mut response = grpc.unary(Export { store }, request).await;
            tell_too_large(&mut response);
            Ok(response)
        })
    }
}

/// Messages above the limit are `ResourceExhausted`, as gRPC's other implementations have it; tonic says `OutOfRange`.
fn tell_too_large(response: &mut http::Response<Body>) {
    let status = response.headers_mut().get_mut(Status::GRPC_STATUS);
    if let Some(status) = status.filter(|status| **status == (Code::OutOfRange as i32).to_string()) {
        *status = HeaderValue::from(Code::ResourceExhausted as i32);
    }
}

struct Export {
    store: Arc<Store>,
}

impl UnaryService<Bytes> for Export {
    type Response = ExportTraceServiceResponse;
    type Future = BoxFuture<Result<Response<Self::Response>, Status>>;

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let store = Arc::clone(&self.store);
        Box::pin(async move {
            match export(&store, request.into_inner(), Encoding::Protobuf).await {
                Ok(response) => Ok(Response::new(response)),
                Err(error @ IngestError::Invalid(_)) => Err(Status::invalid_argument(error.to_string())),
                Err(error @ (IngestError::TooLarge { .. } | IngestError::TooLargeInside { .. })) => {
                    Err(Status::resource_exhausted(error.to_string()))
                }
                Err(error @ IngestError::Unavailable(_)) => Err(Status::unavailable(error.to_string())),
            }
        })
    }
}

/// Requests stay bytes, responses are encoded.
#[derive(Debug, Clone, Copy, Default)]
struct RawCodec;

impl Codec for RawCodec {
    type Encode = ExportTraceServiceResponse;
    type Decode = Bytes;
    type Encoder = ResponseEncoder;
    type Decoder = RawDecoder;

    fn encoder(&mut self) -> ResponseEncoder {
        ResponseEncoder
    }

    fn decoder(&mut self) -> RawDecoder {
        RawDecoder
    }
}

#[derive(Debug)]
struct ResponseEncoder;

impl Encoder for ResponseEncoder {
    type Item = ExportTraceServiceResponse;
    type Error = Status;

    fn encode(&mut self, item: Self::Item, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        item.encode(buffer).map_err(|error| Status::internal(error.to_string()))
    }
}

#[derive(Debug)]
struct RawDecoder;

impl Decoder for RawDecoder {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining())))
    }
}

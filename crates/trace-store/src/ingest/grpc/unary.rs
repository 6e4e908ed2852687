//! One gRPC message in, one out.
//!
//! By hand, because generated code would read and decode the message before we see it. Here its length is known from its
//! first five bytes, so there is room for it before it is read, and its undecoded bytes are what goes into the
//! write-ahead log.

use std::sync::Arc;

use bytes::{BufMut as _, Bytes, BytesMut};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use http_body_util::{BodyExt as _, Full};
use tonic::Status;
use tonic::body::Body;

use super::status_of;
use crate::ingest::IngestError;
use crate::ingest::body::{ARRIVAL, Compression, Held, expand};
use crate::store::Store;

/// Whether the message is compressed, and its length.
const PREFIX: usize = 5;
const GRPC: HeaderValue = HeaderValue::from_static("application/grpc");

/// The message of a request, decompressed.
pub(in crate::ingest) async fn receive(
    store: &Arc<Store>,
    request: http::Request<Body>,
) -> Result<Held, Status> {
    let received = receive_inner(store, request).await;
    received.inspect_err(|error| store.metrics.refused(error)).map_err(|error| status_of(&error))
}

async fn receive_inner(store: &Arc<Store>, request: http::Request<Body>) -> Result<Held, IngestError> {
    let (parts, body) = request.into_parts();
    let encoding = parts.headers.get("grpc-encoding").map(|name| name.to_str().unwrap_or("unreadable"));
    let compression = Compression::from_name("grpc-encoding", encoding.unwrap_or_default())?;
    let limit = store.ingest_limits.grpc_request_bytes;
    let collected = tokio::time::timeout(ARRIVAL, collect(store, body, limit)).await;
    let (is_compressed, held) =
        collected.map_err(|_| IngestError::Invalid("the message did not arrive in time".to_owned()))??;
    match (is_compressed, compression) {
        (false, _) => Ok(held),
        (true, Some(_)) => expand(store, held, compression, limit).await,
        (true, None) => Err(invalid("the message is compressed, but grpc-encoding does not say how")),
    }
}

fn invalid(message: &str) -> IngestError {
    IngestError::Invalid(message.to_owned())
}

async fn collect(store: &Store, mut body: Body, limit: usize) -> Result<(bool, Held), IngestError> {
    let mut start = BytesMut::new();
    while start.len() < PREFIX {
        match next_piece(&mut body).await? {
            Some(piece) => start.extend_from_slice(&piece),
            None => return Err(invalid("the request has no message")),
        }
    }
    let flag = start[0];
    let length = u32::from_be_bytes([start[1], start[2], start[3], start[4]]) as usize;
    if flag > 1 {
        return Err(invalid("the message has an unknown flag"));
    }
    if length > limit {
        return Err(IngestError::TooLarge { limit });
    }
    let room = store.ingest_budget.body(length).await?;
    let mut message = start.split_off(PREFIX);
    message.reserve(length.saturating_sub(message.len()));
    while let Some(piece) = next_piece(&mut body).await? {
        if message.len() + piece.len() > length {
            return Err(invalid("the request has more than one message"));
        }
        message.extend_from_slice(&piece);
    }
    if message.len() != length {
        return Err(invalid("the request does not have one whole message"));
    }
    Ok((flag == 1, Held { bytes: message.freeze(), room }))
}

async fn next_piece(body: &mut Body) -> Result<Option<Bytes>, IngestError> {
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|status| invalid(status.message()))?;
        if let Ok(data) = frame.into_data() {
            return Ok(Some(data));
        }
    }
    Ok(None)
}

/// The answer to a request that was taken.
pub(in crate::ingest) fn respond(message: &impl prost::Message) -> http::Response<Body> {
    let length = message.encoded_len();
    let mut out = BytesMut::with_capacity(PREFIX + length);
    out.put_u8(0);
    out.put_u32(length as u32);
    out.put_slice(&message.encode_to_vec());
    let trailers = async {
        let ok = HeaderValue::from_static("0");
        Some(Ok(HeaderMap::from_iter([(http::HeaderName::from_static("grpc-status"), ok)])))
    };
    let mut response = http::Response::new(Body::new(Full::new(out.freeze()).with_trailers(trailers)));
    response.headers_mut().insert(CONTENT_TYPE, GRPC);
    response
}

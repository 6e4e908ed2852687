//! Bodies of pushes, received and unpacked within a budget: however many clients push at once, and whatever their bodies expand to, the rest
//! of the memory belongs to rows and queries.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::error::ApiError;

/// One body, compressed or not; Loki's default is the same.
const MAX_BODY: usize = 100 << 20;
/// Bytes of bodies that are being received at once. More wait, in the kernel's buffers. A larger one goes alone.
const RECEIVING: usize = 32 << 20;
/// Bytes that bodies may expand to at once, from decompression to acknowledgement. A larger one goes alone.
const UNPACKING: usize = 32 << 20;
/// Bytes reserved for a body that does not say how long it is, whenever what was reserved is used up.
const STEP: usize = 1 << 20;
/// How long a client may send nothing in the middle of a body while others wait.
const PATIENCE: Duration = Duration::from_secs(30);

/// The budget.
#[derive(Debug)]
pub(crate) struct Intake {
    receiving: Arc<Semaphore>,
    unpacking: Arc<Semaphore>,
}

impl Default for Intake {
    fn default() -> Self {
        Self {
            receiving: Arc::new(Semaphore::new(RECEIVING)),
            unpacking: Arc::new(Semaphore::new(UNPACKING)),
        }
    }
}

/// A received body and its share of the budget.
#[derive(Debug)]
pub(super) struct Received {
    pub bytes: Bytes,
    pub share: OwnedSemaphorePermit,
}

impl Intake {
    /// Receives the body of a request.
    pub(super) async fn receive(&self, request: Request) -> Result<Received, ApiError> {
        let announced = announced(request.headers());
        if announced.is_some_and(|length| length > MAX_BODY) {
            return Err(too_large());
        }
        let mut share = reserve(&self.receiving, announced.unwrap_or(STEP).min(RECEIVING)).await?;
        let mut body = request.into_body();
        let mut first = Bytes::new();
        let mut more = BytesMut::new();
        loop {
            let frame = tokio::time::timeout(PATIENCE, body.frame()).await.map_err(|_| {
                ApiError::new(StatusCode::REQUEST_TIMEOUT, "the request body did not arrive in time\n")
            })?;
            let Some(frame) = frame else { break };
            let frame = frame.map_err(|error| {
                ApiError::bad_request(format!("the request body cannot be read: {error}\n"))
            })?;
            let Ok(data) = frame.into_data() else { continue };
            let length = first.len() + more.len() + data.len();
            if length > MAX_BODY {
                return Err(too_large());
            }
            self.grow(&mut share, length)?;
            if length == data.len() {
                first = data; // often the only one, which needs no copy
                continue;
            }
            if more.is_empty() {
                more.reserve(announced.unwrap_or_default().max(length));
                more.extend_from_slice(&first);
                first = Bytes::new();
            }
            more.extend_from_slice(&data);
        }
        let bytes = if more.is_empty() { first } else { more.freeze() };
        Ok(Received { bytes, share })
    }

    /// Takes a larger share without waiting: those who wait for each other would wait for ever.
    fn grow(&self, share: &mut OwnedSemaphorePermit, length: usize) -> Result<(), ApiError> {
        let held = share.num_permits();
        if length <= held || held >= RECEIVING {
            return Ok(());
        }
        let step = (length - held).next_multiple_of(STEP).min(RECEIVING - held) as u32;
        let more = Arc::clone(&self.receiving).try_acquire_many_owned(step);
        share.merge(more.map_err(|_| busy())?);
        Ok(())
    }

    /// Waits until a body may be unpacked to `bytes`.
    pub(super) async fn unpack(&self, bytes: usize) -> Result<OwnedSemaphorePermit, ApiError> {
        reserve(&self.unpacking, bytes.min(UNPACKING)).await
    }
}

async fn reserve(budget: &Arc<Semaphore>, bytes: usize) -> Result<OwnedSemaphorePermit, ApiError> {
    Arc::clone(budget).acquire_many_owned(bytes as u32).await.map_err(|_| busy())
}

/// The length of a body, if it is known beforehand.
pub(super) fn announced(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn too_large() -> ApiError {
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "request body too large: the limit is 100 MiB\n")
}

fn busy() -> ApiError {
    ApiError::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "too many pushes are under way, try again later; a Content-Length lets them wait for each other\n",
    )
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn request(pieces: &[&'static str], length: Option<usize>) -> Request {
        let pieces: Vec<Result<Bytes, std::io::Error>> =
            pieces.iter().map(|piece| Ok(Bytes::from_static(piece.as_bytes()))).collect();
        let mut request = Request::new(Body::from_stream(tokio_stream::iter(pieces)));
        if let Some(length) = length {
            request.headers_mut().insert(header::CONTENT_LENGTH, length.into());
        }
        request
    }

    #[tokio::test]
    async fn bodies_are_put_together_and_their_share_is_given_back() {
        let intake = Intake::default();
        for (pieces, length) in [
            (&["one"][..], Some(3)),
            (&["one", "", "two", "three"], Some(11)),
            (&["one", "two"], None),
            (&[], Some(0)),
        ] {
            let received = intake.receive(request(pieces, length)).await.unwrap();
            assert_eq!(received.bytes, pieces.concat());
            assert_eq!(received.share.num_permits(), length.unwrap_or(STEP));
            drop(received);
            assert_eq!(intake.receiving.available_permits(), RECEIVING);
        }
    }

    #[tokio::test]
    async fn bodies_over_the_limit_are_refused_before_they_are_read() {
        let intake = Intake::default();
        let error = intake.receive(request(&["x"], Some(MAX_BODY + 1))).await.unwrap_err();
        assert_eq!(error.status, StatusCode::PAYLOAD_TOO_LARGE);
    }

    #[tokio::test]
    async fn bodies_wait_for_each_other_and_the_largest_goes_alone() {
        let intake = Intake::default();
        let large = intake.receive(request(&["x"], Some(MAX_BODY))).await.unwrap();
        let mut next = Box::pin(intake.receive(request(&["y"], Some(1))));
        assert!(futures_poll(&mut next).is_none(), "waits");
        let refused = intake.receive(request(&["y"], None));
        drop(large);
        assert_eq!(next.await.unwrap().bytes, "y");
        assert_eq!(refused.await.unwrap().bytes, "y");
    }

    #[tokio::test]
    async fn a_body_of_unknown_length_that_outgrows_the_budget_is_put_off() {
        let intake = Intake::default();
        let _others = reserve(&intake.receiving, RECEIVING - STEP).await.unwrap();
        let piece: &'static str = "x".repeat(STEP).leak();
        let error = intake.receive(request(&[piece, "y"], None)).await.unwrap_err();
        assert_eq!(error.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(intake.receiving.available_permits(), STEP);
    }

    /// Polls once.
    fn futures_poll<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        match std::pin::Pin::new(future).poll(&mut context) {
            std::task::Poll::Ready(output) => Some(output),
            std::task::Poll::Pending => None,
        }
    }
}

//! WebSocket through the proxy (Loki's live tail): the two connections are joined once both sides agreed to upgrade.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use hyper_util::rt::TokioIo;
use tokio::sync::OwnedSemaphorePermit;
use url::Url;

use super::headers::for_client;
use super::{failed, no_answer};
use crate::datasources::timeout;
use crate::error::ApiError;
use crate::repo::data_sources::DataSource;
use crate::server::App;

/// Whether the client asks for a WebSocket. Other protocols are not passed on.
pub(super) fn is_wanted(headers: &HeaderMap) -> bool {
    headers.get(header::UPGRADE).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// Asks the data source for the upgrade and, when it agrees, passes bytes both ways until one side ends.
pub(super) async fn forward(
    app: &App,
    source: &DataSource,
    url: Url,
    mut headers: HeaderMap,
    mut request: Request,
    permit: OwnedSemaphorePermit,
) -> Result<Response, ApiError> {
    // Taken out with the other `sec-` headers, but part of the handshake.
    for name in ["sec-websocket-key", "sec-websocket-version", "sec-websocket-protocol"] {
        if let Some(value) = request.headers().get(name) {
            headers.insert(name, value.clone());
        }
    }
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    let outgoing = app.client().request(request.method().clone(), url).headers(headers);
    let answer = tokio::time::timeout(timeout(source), outgoing.send())
        .await
        .map_err(|_| no_answer(source, "did not answer in time"))?
        .map_err(|error| failed(source, &error))?;
    let status = answer.status();
    let mut response_headers = for_client(answer.headers());
    if status != StatusCode::SWITCHING_PROTOCOLS {
        let mut response = Response::new(Body::from_stream(answer.bytes_stream()));
        *response.status_mut() = status;
        *response.headers_mut() = response_headers;
        return Ok(response);
    }
    let client_side = hyper::upgrade::on(&mut request);
    let shutdown = app.shutdown().clone();
    tokio::spawn(async move {
        let _permit = permit;
        let (Ok(client_side), Ok(mut source_side)) = (client_side.await, answer.upgrade().await) else {
            return;
        };
        let mut client_side = TokioIo::new(client_side);
        tokio::select! {
            // Either side may break off at any time; that is how a tail ends.
            _ended = tokio::io::copy_bidirectional(&mut client_side, &mut source_side) => {}
            () = shutdown.cancelled() => {}
        }
    });
    response_headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    response_headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    *response.headers_mut() = response_headers;
    Ok(response)
}

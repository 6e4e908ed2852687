//! `tempopb.StreamingQuerier`: the questions of the HTTP API over gRPC, answered in pieces.
//!
//! A call becomes a request to the routes of the HTTP API inside this process, so both answer the same whatever a
//! question means. What makes it a stream is here: of a long range the most recent part is searched first and told
//! first, and answers are cut into messages that every client takes. Grafana dials the port of the HTTP API; there, gRPC
//! and HTTP share the listener.

mod inner;
pub(crate) mod messages;
mod metrics;
mod pieces;
mod search;
mod tags;

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::Router;
use prost::Message;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::body::Body;
use tonic::codegen::{Body as HttpBody, Service, StdError};
use tonic::server::{Grpc, NamedService, ServerStreamingService};
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;

use inner::Inner;

/// Requests are small: a query and some numbers.
const MAX_REQUEST_BYTES: usize = 256 << 10;
/// Messages that may wait for a slow client.
const WAITING_MESSAGES: usize = 8;
const PATH: &str = "/tempopb.StreamingQuerier/{method}";

/// The service for routers, next to the routes that it asks.
pub(crate) fn routes(api: Router) -> Router {
    Router::new().route_service(PATH, StreamingQuerier::new(api))
}

/// Answers gRPC calls by asking `api`.
#[derive(Debug, Clone)]
pub(crate) struct StreamingQuerier {
    api: Router,
}

impl StreamingQuerier {
    pub(crate) fn new(api: Router) -> Self {
        Self { api }
    }
}

impl NamedService for StreamingQuerier {
    const NAME: &'static str = "tempopb.StreamingQuerier";
}

impl<B> Service<http::Request<B>> for StreamingQuerier
where
    B: HttpBody + Send + 'static,
    B::Error: Into<StdError> + Send + 'static,
{
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let api = self.api.clone();
        Box::pin(async move {
            let method = request.uri().path().rsplit('/').next().unwrap_or_default().to_owned();
            Ok(match method.as_str() {
                "Search" => serve(api, request, search::run).await,
                "SearchTags" => serve(api, request, tags::names_v1).await,
                "SearchTagsV2" => serve(api, request, tags::names_v2).await,
                "SearchTagValues" => serve(api, request, tags::values_v1).await,
                "SearchTagValuesV2" => serve(api, request, tags::values_v2).await,
                "MetricsQueryRange" => serve(api, request, metrics::range).await,
                "MetricsQueryInstant" => serve(api, request, metrics::instant).await,
                other => Status::unimplemented(format!("StreamingQuerier has no method {other}")).into_http(),
            })
        })
    }
}

/// Where the messages of an answer go.
pub(crate) struct Answers<A>(mpsc::Sender<Result<A, Status>>);

impl<A> Answers<A> {
    /// Fails when the client has left.
    async fn send(&self, message: A) -> Result<(), Status> {
        self.0.send(Ok(message)).await.map_err(|_| Status::cancelled("the client has left"))
    }
}

async fn serve<Q, A, B, W>(
    api: Router,
    request: http::Request<B>,
    work: impl FnOnce(Inner, Q, Answers<A>) -> W + Clone + Send + 'static,
) -> http::Response<Body>
where
    Q: Message + Default + Send + 'static,
    A: Message + Send + 'static,
    B: HttpBody + Send + 'static,
    B::Error: Into<StdError> + Send + 'static,
    W: Future<Output = Result<(), Status>> + Send + 'static,
{
    let inner = Inner::new(api, request.headers());
    let mut grpc =
        Grpc::new(ProstCodec::<A, Q>::default()).apply_max_message_size_config(Some(MAX_REQUEST_BYTES), None);
    grpc.server_streaming(Call { inner, work, answer: std::marker::PhantomData }, request).await
}

struct Call<F, A> {
    inner: Inner,
    work: F,
    answer: std::marker::PhantomData<fn() -> A>,
}

impl<Q, A, F, W> ServerStreamingService<Q> for Call<F, A>
where
    Q: Send + 'static,
    A: Send + 'static,
    F: FnOnce(Inner, Q, Answers<A>) -> W + Clone + Send + 'static,
    W: Future<Output = Result<(), Status>> + Send + 'static,
{
    type Response = A;
    type ResponseStream = ReceiverStream<Result<A, Status>>;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Self::ResponseStream>, Status>> + Send>>;

    fn call(&mut self, request: Request<Q>) -> Self::Future {
        let (inner, work) = (self.inner.clone(), self.work.clone());
        Box::pin(async move {
            let (sender, receiver) = mpsc::channel(WAITING_MESSAGES);
            let work = work(inner, request.into_inner(), Answers(sender.clone()));
            // Ends with the client: nobody would read what it finds.
            tokio::spawn(async move {
                let result = tokio::select! {
                    result = work => result,
                    () = sender.closed() => return,
                };
                if let Err(status) = result {
                    drop(sender.send(Err(status)).await);
                }
            });
            Ok(Response::new(ReceiverStream::new(receiver)))
        })
    }
}

//! A gRPC service with one method, which takes one message.

use std::convert::Infallible;
use std::fmt::Debug;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tonic::Status;
use tonic::body::Body;
use tonic::codegen::Service;
use tonic::server::NamedService;

use crate::store::Store;

/// The method.
pub(crate) trait Method: Debug + Clone + Send + Sync + 'static {
    /// The service's full name.
    const SERVICE: &'static str;
    /// The method's path.
    const PATH: &'static str;
    /// What is said to those who call another one.
    const ONLY: &'static str;

    fn answer(
        store: &Arc<Store>,
        request: http::Request<Body>,
    ) -> impl Future<Output = Result<http::Response<Body>, Status>> + Send;
}

/// The service.
#[derive(Debug, Clone)]
pub(crate) struct OneMethod<M> {
    store: Arc<Store>,
    method: PhantomData<M>,
}

impl<M> OneMethod<M> {
    pub(crate) fn new(store: Arc<Store>) -> Self {
        Self { store, method: PhantomData }
    }
}

impl<M: Method> NamedService for OneMethod<M> {
    const NAME: &'static str = M::SERVICE;
}

impl<M: Method> Service<http::Request<Body>> for OneMethod<M> {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let store = Arc::clone(&self.store);
        Box::pin(async move {
            if request.uri().path() != M::PATH {
                return Ok(Status::unimplemented(M::ONLY).into_http());
            }
            Ok(M::answer(&store, request).await.unwrap_or_else(Status::into_http))
        })
    }
}

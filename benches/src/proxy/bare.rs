//! A reverse proxy that does nothing but pass requests and answers on: the physical limit.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use bargein_net::{Connector, World, http_client, serve};
use http::header::HOST;
use http::{HeaderValue, Request, Response, Uri};
use http_body_util::Either;
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use tower_service::Service;

use super::child;
use crate::sessions::Fallible;

/// Serves until nobody listens any more.
pub(super) async fn run(world: &World, vendor: &str) -> Fallible<()> {
    let listener = world.network.listen("127.0.0.1:0").await?;
    let proxy = Proxy { client: http_client(world), vendor: vendor.to_owned() };
    let server = serve(world, listener, proxy);
    child::tell(world, server.authority()).await
}

#[derive(Clone)]
struct Proxy {
    client: Client<Connector, Incoming>,
    vendor: String,
}

type Passed = Response<Either<Incoming, Empty<bytes::Bytes>>>;

impl Service<Request<Incoming>> for Proxy {
    type Response = Passed;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Passed, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Incoming>) -> Self::Future {
        let (client, vendor) = (self.client.clone(), self.vendor.clone());
        Box::pin(async move {
            let uri = format!("http://{vendor}{}", request.uri().path());
            *request.uri_mut() = Uri::try_from(uri).unwrap_or_default();
            if let Ok(host) = HeaderValue::try_from(vendor) {
                request.headers_mut().insert(HOST, host);
            }
            Ok(match client.request(request).await {
                Ok(answer) => answer.map(Either::Left),
                Err(_) => {
                    let mut failed = Response::new(Either::Right(Empty::new()));
                    *failed.status_mut() = http::StatusCode::BAD_GATEWAY;
                    failed
                }
            })
        })
    }
}

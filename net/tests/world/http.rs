//! The client and the server: reuse, cancellation, stops, upgrades, addresses.

use std::convert::Infallible;
use std::io::ErrorKind;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::routing::{get, post};
use bargein_net::{
    Clock, Connector, LinkFaults, Moment, ServerHandle, Stopped, World, http_client, http_client_over,
    run_virtual, serve,
};
use bytes::Bytes;
use futures_util::stream::{self, StreamExt};
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;

use crate::{ANYWHERE, eventually, in_both_worlds, ms};

/// The state of the tested server: tells what its handlers go through, and when.
#[derive(Clone)]
struct Server {
    clock: Clock,
    told: mpsc::Sender<(&'static str, Moment)>,
}

impl Server {
    fn tell(&self, what: &'static str) {
        // A test that does not listen does not care.
        let _ = self.told.try_send((what, self.clock.now()));
    }
}

struct TellDrop(Server, &'static str);

impl Drop for TellDrop {
    fn drop(&mut self) {
        self.0.tell(self.1);
    }
}

/// Never answers.
async fn hang(State(server): State<Server>) {
    server.tell("begun");
    let _told = TellDrop(server, "handler dropped");
    std::future::pending::<()>().await;
}

/// Answers with a chunk, then with nothing more.
async fn stream(State(server): State<Server>) -> Body {
    let first = stream::iter([Ok::<_, Infallible>(Bytes::from_static(b"first"))]);
    let rest = stream::once(async move {
        server.tell("begun");
        let _told = TellDrop(server, "body dropped");
        std::future::pending().await
    });
    Body::from_stream(first.chain(rest))
}

async fn slow(State(server): State<Server>) -> &'static str {
    server.tell("begun");
    server.clock.sleep(ms(50)).await;
    "slow"
}

async fn started(world: &World) -> (ServerHandle, mpsc::Receiver<(&'static str, Moment)>) {
    // Two entries a request of a test.
    let (told, telling) = mpsc::channel(16);
    let router = Router::new()
        .route("/", get(async || "hello"))
        .route("/echo", post(async |body: Bytes| body))
        .route("/hang", get(hang))
        .route("/stream", get(stream))
        .route("/slow", get(slow))
        .with_state(Server { clock: world.clock.clone(), told });
    let listener = world.network.listen(ANYWHERE).await.unwrap();
    (serve(world, listener, router), telling)
}

fn request(server: &ServerHandle, path: &str) -> Request<Empty<Bytes>> {
    Request::get(format!("http://{}{path}", server.authority())).body(Empty::new()).unwrap()
}

#[test]
fn a_connection_is_used_again() {
    in_both_worlds(async |world| {
        let (server, _) = started(&world).await;
        let client = http_client(&world);
        for _ in 0..3 {
            let response = client.request(request(&server, "/")).await.unwrap();
            assert_eq!(response.status(), StatusCode::OK);
            assert_eq!(response.headers().contains_key(header::DATE), !world.network.is_memory());
            assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "hello");
        }
        if world.network.is_memory() {
            // Elsewhere the next request may come before the connection is back in the pool.
            assert_eq!(server.connections(), 1);
        }
    });
}

#[test]
fn a_warm_connection_is_used_by_the_next_request_and_no_handshake_is_paid() {
    let times = run_virtual(1, async |world| {
        let (server, _told) = started(&world).await;
        let authority = server.authority().to_owned();
        world.network.fault(&authority, LinkFaults { latency: ms(40), ..LinkFaults::default() });
        let uri = format!("http://{authority}/").parse().unwrap();
        let mut times = Vec::new();
        // Cold; warm; warm, but for so long that it is not trusted any more.
        for wait in [None, Some(1_000), Some(11_000)] {
            let connector = Connector::new(&world);
            let client = http_client_over(&world, connector.clone());
            if let Some(wait) = wait {
                connector.warm(&uri).await.unwrap();
                world.clock.sleep(ms(wait)).await;
            }
            let began = world.clock.now();
            client.request(request(&server, "/slow")).await.unwrap();
            times.push(world.clock.now().since(began).as_millis());
        }
        times
    });
    let times = times.unwrap();
    assert!(times[1] < times[0] && times[2] == times[0], "{times:?}");
}

#[test]
fn a_warm_connection_that_the_server_has_closed_is_not_used() {
    run_virtual(1, async |world| {
        let (server, _told) = started(&world).await;
        let authority = server.authority().to_owned();
        let connector = Connector::new(&world);
        connector.warm(&format!("http://{authority}/").parse().unwrap()).await.unwrap();
        drop(server);
        world.clock.sleep(ms(1)).await;
        let listener = world.network.listen(&authority).await.unwrap();
        let server = serve(&world, listener, Router::new().route("/", get(async || "new")));
        let client = http_client_over(&world, connector);
        assert_eq!(client.request(request(&server, "/")).await.unwrap().status(), StatusCode::OK);
    })
    .unwrap();
}

#[test]
fn a_large_body_passes_through_the_pipe_in_both_directions() {
    in_both_worlds(async |world| {
        let (server, _) = started(&world).await;
        let client = http_client(&world);
        let large = Bytes::from(vec![7; 1_000_000]);
        let request = Request::post(format!("http://{}/echo", server.authority()))
            .body(http_body_util::Full::new(large.clone()));
        let response = client.request(request.unwrap()).await.unwrap();
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), large);
    });
}

/// Cancels a request 25 ms after the server began to answer it, and expects the server to hear of it at once.
async fn check_cancel(world: &World, path: &str, expected: &str) {
    let (server, mut telling) = started(world).await;
    let client = http_client(world);
    let asking = async {
        let mut body = client.request(request(&server, path)).await.unwrap().into_body();
        while body.frame().await.is_some() {}
    };
    let cancelling = async {
        assert_eq!(telling.recv().await.unwrap().0, "begun");
        world.clock.sleep(ms(25)).await;
    };
    tokio::select! {
        biased;
        () = cancelling => {}
        () = asking => unreachable!("{path} goes on for ever"),
    }
    let cancelled = world.clock.now();
    let (what, at) = world.clock.timeout(ms(5_000), telling.recv()).await.unwrap().unwrap();
    assert_eq!(what, expected);
    if world.network.is_memory() {
        assert_eq!(at, cancelled, "{path} is dropped at once");
    }
    eventually(world, || server.connections() == 0).await;
}

#[test]
fn a_dropped_request_reaches_the_server_at_once() {
    in_both_worlds(async |world| check_cancel(&world, "/hang", "handler dropped").await);
}

#[test]
fn a_dropped_body_reaches_the_server_at_once() {
    in_both_worlds(async |world| check_cancel(&world, "/stream", "body dropped").await);
}

#[test]
fn a_stopped_server_finishes_what_it_began() {
    in_both_worlds(async |world| {
        let (server, mut telling) = started(&world).await;
        let authority = server.authority().to_owned();
        let client = http_client(&world);
        let slow = client.request(request(&server, "/slow"));
        let stop = async {
            telling.recv().await.unwrap();
            server.stop(ms(5_000)).await
        };
        let (answer, stopped) = tokio::join!(slow, stop);
        assert_eq!(answer.unwrap().into_body().collect().await.unwrap().to_bytes(), "slow");
        assert_eq!(stopped, Stopped::default());
        assert!(world.network.dial(&authority).await.is_err(), "nobody listens any more");
    });
}

#[test]
fn a_dropped_server_closes_every_connection() {
    in_both_worlds(async |world| {
        let (server, mut telling) = started(&world).await;
        let client = http_client(&world);
        let hanging = client.request(request(&server, "/hang"));
        let drop_it = async {
            telling.recv().await.unwrap();
            drop(server);
        };
        let (answer, ()) = tokio::join!(hanging, drop_it);
        assert!(answer.is_err());
        assert_eq!(telling.recv().await.unwrap().0, "handler dropped");
    });
}

#[test]
fn an_unused_connection_leaves_the_pool() {
    run_virtual(1, async |world| {
        let (server, _) = started(&world).await;
        let client = http_client(&world);
        client.request(request(&server, "/")).await.unwrap().into_body().collect().await.unwrap();
        world.clock.sleep(Duration::from_secs(15)).await;
        assert_eq!(server.connections(), 1);
        world.clock.sleep(Duration::from_secs(30)).await;
        assert_eq!(server.connections(), 0);
    })
    .unwrap();
}

#[test]
fn a_stopped_server_closes_idle_connections_at_once() {
    run_virtual(1, async |world| {
        let (server, _) = started(&world).await;
        let client = http_client(&world);
        client.request(request(&server, "/")).await.unwrap().into_body().collect().await.unwrap();
        assert_eq!(server.connections(), 1);
        let began = world.clock.now();
        assert_eq!(server.stop(ms(500)).await, Stopped::default());
        assert_eq!(world.clock.now(), began);
    })
    .unwrap();
}

#[test]
fn a_stop_has_no_patience_beyond_its_grace() {
    run_virtual(1, async |world| {
        let (server, _) = started(&world).await;
        let client = http_client(&world);
        let hanging = client.request(request(&server, "/hang"));
        let stop = async {
            world.clock.sleep(ms(1)).await;
            server.stop(ms(500)).await
        };
        let (answer, stopped) = tokio::join!(hanging, stop);
        assert!(answer.is_err());
        assert_eq!(stopped.leftover, ["http connection"]);
        assert_eq!(world.clock.now(), Moment::from_millis(501));
    })
    .unwrap();
}

#[test]
fn a_client_that_sends_half_a_head_is_closed_after_a_minute() {
    run_virtual(1, async |world| {
        let (server, _) = started(&world).await;
        let mut io = world.network.dial(server.authority()).await.unwrap();
        io.write_all(b"GET / HTTP/1.1\r\nHost:").await.unwrap();
        let mut answer = Vec::new();
        io.read_to_end(&mut answer).await.unwrap();
        assert_eq!(world.clock.now(), Moment::from_millis(60_000));
    })
    .unwrap();
}

#[test]
fn an_upgraded_connection_belongs_to_its_handler() {
    in_both_worlds(async |world| {
        let listener = world.network.listen(ANYWHERE).await.unwrap();
        let tasks = world.tasks.clone();
        let echo = Router::new().fallback(async move |request: Request<Body>| {
            let echoing = async move {
                let mut io = TokioIo::new(hyper::upgrade::on(request).await.unwrap());
                let mut heard = [0; 4];
                io.read_exact(&mut heard).await.unwrap();
                io.write_all(&heard).await.unwrap();
            };
            tasks.spawn("echo", echoing).detach();
            (StatusCode::SWITCHING_PROTOCOLS, [(header::CONNECTION, "upgrade"), (header::UPGRADE, "echo")])
        });
        let server = serve(&world, listener, echo);
        let mut io = world.network.dial(server.authority()).await.unwrap();
        let head = b"GET / HTTP/1.1\r\nHost: echo\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\nping";
        io.write_all(head).await.unwrap();
        let mut answer = Vec::new();
        io.read_to_end(&mut answer).await.unwrap();
        assert!(
            answer.starts_with(b"HTTP/1.1 101 ") && answer.ends_with(b"\r\n\r\nping"),
            "{}",
            answer.escape_ascii()
        );
    });
}

#[test]
fn dialing_takes_five_seconds_at_most() {
    run_virtual(1, async |world| {
        let _listener = world.network.listen("far.mock").await.unwrap();
        for (latency, expected) in [(2_499, Ok(ms(4_998))), (2_501, Err((ErrorKind::TimedOut, ms(5_000))))] {
            let began = world.clock.now();
            world.network.fault("far.mock", LinkFaults { latency: ms(latency), ..LinkFaults::default() });
            let dialed = Connector::new(&world).dial(&"http://far.mock".parse().unwrap()).await;
            let took = world.clock.now().since(began);
            let outcome = dialed.map(|_| took).map_err(|error| (error.kind(), took));
            assert_eq!(outcome, expected);
        }
    })
    .unwrap();
}

#[test]
fn a_uri_says_where_to_dial_and_in_memory_nothing_is_encrypted() {
    run_virtual(1, async |world| {
        let connector = Connector::new(&world);
        for (uri, authority) in [
            ("http://vendor.mock/v1", "vendor.mock:80"),
            ("ws://vendor.mock/v1", "vendor.mock:80"),
            ("http://VENDOR.mock:8080", "vendor.mock:8080"),
            ("https://vendor.mock/v1", "vendor.mock:443"),
            ("wss://vendor.mock", "vendor.mock:443"),
        ] {
            let _listener = world.network.listen(authority).await.unwrap();
            connector.dial(&uri.parse().unwrap()).await.unwrap();
        }
        for uri in ["ftp://vendor.mock", "/v1", "vendor.mock:80"] {
            let error = connector.dial(&uri.parse().unwrap()).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{uri}");
        }
    })
    .unwrap();
}

//! Servers of strangers: clients that close their side, and clients that do not read.

use std::convert::Infallible;

use axum::Router;
use axum::body::Body;
use axum::extract::Extension;
use axum::routing::post;
use bargein_net::{ClientEnd, Io, ServerHandle, World, run_virtual, serve, serve_with};
use bytes::Bytes;
use futures_util::stream::{self, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::{ANYWHERE, in_both_worlds, ms};

/// Answers an echo when the client has closed its side, or after an hour.
async fn at_the_end(Extension(end): Extension<ClientEnd>, clock: bargein_net::Clock, body: Bytes) -> Bytes {
    let held = end.hold();
    // The answer comes later than the end.
    tokio::select! {
        biased;
        () = end.ended() => {}
        () = clock.sleep(ms(3_600_000)) => {}
    }
    drop(held);
    body
}

fn router(world: &World) -> Router {
    let clock = world.clock.clone();
    Router::new()
        .route("/end", post(async move |end, body| at_the_end(end, clock, body).await))
        .route("/drop", post(async || std::future::pending::<()>().await))
        .route(
            "/endless",
            post(async || {
                let chunk = Bytes::from(vec![7; 16 * 1024]);
                Body::from_stream(stream::repeat(chunk).map(Ok::<_, Infallible>))
            }),
        )
}

async fn asked(world: &World, server: &ServerHandle, path: &str) -> Io {
    let mut io = world.network.dial(server.authority()).await.unwrap();
    let ask = format!("POST {path} HTTP/1.1\r\nHost: any\r\nContent-Length: 4\r\n\r\necho");
    io.write_all(ask.as_bytes()).await.unwrap();
    io
}

async fn patient(world: &World) -> ServerHandle {
    let listener = world.network.listen(ANYWHERE).await.unwrap();
    serve_with(world, listener, router(world), ms(400))
}

#[test]
fn who_closes_his_side_is_answered_by_a_service_that_holds_the_connection() {
    in_both_worlds(async |world| {
        let server = patient(&world).await;
        for path in ["/end", "/drop"] {
            let mut io = asked(&world, &server, path).await;
            io.shutdown().await.unwrap();
            let mut answer = String::new();
            world.clock.timeout(ms(5_000), io.read_to_string(&mut answer)).await.unwrap().unwrap();
            if path == "/end" {
                assert!(
                    answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("\r\n\r\necho"),
                    "{answer}"
                );
            } else {
                assert_eq!(answer, "", "a service that does not hold it is dropped with its connection");
            }
        }
    });
}

#[test]
fn who_takes_no_byte_loses_the_connection() {
    in_both_worlds(async |world| {
        let server = patient(&world).await;
        let io = asked(&world, &server, "/endless").await;
        world.clock.sleep(ms(100)).await;
        assert_eq!(server.connections(), 1);
        world.clock.sleep(ms(400)).await;
        crate::eventually(&world, || server.connections() == 0).await;
        drop(io);
    });
}

#[test]
fn who_reads_slowly_but_reads_keeps_the_connection() {
    run_virtual(1, async |world| {
        let server = patient(&world).await;
        let mut io = asked(&world, &server, "/endless").await;
        let mut some = vec![0; 512 * 1024];
        for _ in 0..6 {
            world.clock.sleep(ms(150)).await;
            io.read_exact(&mut some).await.unwrap();
        }
        assert_eq!(server.connections(), 1);
    })
    .unwrap();
}

#[test]
fn a_plain_server_waits_for_who_takes_no_byte() {
    in_both_worlds(async |world| {
        let listener = world.network.listen(ANYWHERE).await.unwrap();
        let server = serve(&world, listener, router(&world));
        let io = asked(&world, &server, "/endless").await;
        world.clock.sleep(ms(900)).await;
        assert_eq!(server.connections(), 1);
        drop(io);
    });
}

//! A busy run, twice.

use std::convert::Infallible;
use std::fmt::Write;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use bargein_net::{Cut, CutAt, CutHow, LinkFaults, World, http_client, run_virtual, serve};
use bytes::Bytes;
use futures_util::stream;
use http::Request;
use http_body_util::{BodyExt, Empty};
use rand::Rng;

use crate::ms;

/// Eight clients that stream answers at random paces over a bad link, some cut short; everything they see, in order.
fn log_of_a_busy_run(seed: u64) -> String {
    let log = Arc::new(Mutex::new(String::new()));
    let seen = Arc::clone(&log);
    run_virtual(seed, async move |world| {
        let listener = world.network.listen("stream.mock").await.unwrap();
        let service = streams(&world);
        let server = serve(&world, listener, service);
        let faults = LinkFaults {
            latency: ms(5),
            jitter: ms(9),
            cut: Some(Cut { at: CutAt::Byte(9_000), how: CutHow::Reset }),
            ..LinkFaults::default()
        };
        world.network.fault("stream.mock", faults);
        let clients = world.tasks.child();
        let client = http_client(&world);
        for n in 0..8 {
            let (client, log, clock, id) =
                (client.clone(), Arc::clone(&log), world.clock.clone(), world.ids.uuid());
            let say =
                move |what: String| writeln!(log.lock().unwrap(), "{} {n} {id} {what}", clock.now()).unwrap();
            let reading = async move {
                let request = Request::get("http://stream.mock/").body(Empty::<Bytes>::new()).unwrap();
                let mut body = match client.request(request).await {
                    Ok(response) => response.into_body(),
                    Err(error) => return say(error.to_string()),
                };
                loop {
                    match body.frame().await {
                        Some(Ok(frame)) => say(format!("{:?}", frame.data_ref().map(Bytes::len))),
                        Some(Err(error)) => return say(error.to_string()),
                        None => return say("the end".to_owned()),
                    }
                }
            };
            clients.spawn("client", reading).detach();
        }
        let stopped = clients.stop(ms(60_000)).await;
        assert!(stopped.leftover.is_empty());
        assert!(server.stop(ms(1_000)).await.leftover.is_empty());
    })
    .unwrap();
    Arc::into_inner(seen).unwrap().into_inner().unwrap()
}

/// A server of answers of 60 chunks.
fn streams(world: &World) -> axum::Router {
    let (clock, ids) = (world.clock.clone(), world.ids.clone());
    axum::Router::new().fallback(async move || {
        let random = ids.rng(&ids.nonce().to_string());
        Body::from_stream(stream::unfold((random, 60), move |(mut random, left)| {
            let clock = clock.clone();
            async move {
                let left = u32::checked_sub(left, 1)?;
                clock.sleep(ms(random.random_range(0..30))).await;
                let chunk = vec![7; random.random_range(1..400)];
                Some((Ok::<_, Infallible>(chunk), (random, left)))
            }
        }))
    })
}

#[test]
fn the_same_seed_gives_the_same_log_also_beside_other_runs() {
    let first = log_of_a_busy_run(7);
    assert!(first.lines().count() > 300, "{first}");
    assert!(first.contains("the end") || first.contains("error"), "{first}");
    let beside = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..6).map(|n| scope.spawn(move || log_of_a_busy_run(7 + n % 2))).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect::<Vec<_>>()
    });
    for (n, log) in beside.iter().enumerate() {
        assert_eq!(*log == first, n % 2 == 0, "run {n}");
    }
    assert_eq!(beside[1], beside[3]);
}

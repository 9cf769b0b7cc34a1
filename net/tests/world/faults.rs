//! Links that delay, slow and cut.

use std::io::{Error, ErrorKind};
use std::num::NonZeroU64;
use std::time::Duration;

use bargein_net::{Cut, CutAt, CutHow, Io, LinkFaults, Moment, World, run_virtual};
use proptest::prelude::{ProptestConfig, Strategy, prop_assert_eq, proptest};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::{ANYWHERE, in_both_worlds, ms};

/// Both ends of a new connection over a faulty link: the one that dialed, the one that accepted.
async fn connected(world: &World, faults: LinkFaults) -> (Io, Io) {
    let mut listener = world.network.listen(ANYWHERE).await.unwrap();
    world.network.fault(listener.authority(), faults);
    let dialed = world.network.dial(listener.authority()).await.unwrap();
    (dialed, listener.accept().await.unwrap())
}

/// Reads to the end: what came when, and how it ended.
async fn heard(world: &World, io: &mut Io) -> (Vec<(Moment, usize)>, Result<(), Error>) {
    let mut heard = Vec::new();
    let mut buffer = [0; 4_096];
    loop {
        match io.read(&mut buffer).await {
            Ok(0) => return (heard, Ok(())),
            Ok(length) => heard.push((world.clock.now(), length)),
            Err(error) => return (heard, Err(error)),
        }
    }
}

fn bytes(heard: &[(Moment, usize)]) -> usize {
    heard.iter().map(|(_, length)| length).sum()
}

#[test]
fn latency_delays_the_connection_each_direction_and_the_end() {
    run_virtual(1, async |world| {
        let (mut a, mut b) = connected(&world, LinkFaults { latency: ms(40), ..LinkFaults::default() }).await;
        assert_eq!(world.clock.now(), Moment::from_millis(80), "one round trip to connect");
        b.write_all(b"answer").await.unwrap();
        drop(b);
        let (heard, end) = heard(&world, &mut a).await;
        assert_eq!(heard, [(Moment::from_millis(120), 6)]);
        assert!(end.is_ok());
        assert_eq!(world.clock.now(), Moment::from_millis(120));
    })
    .unwrap();
}

#[test]
fn bandwidth_spreads_packets_over_time() {
    run_virtual(1, async |world| {
        let faults = LinkFaults { bandwidth: NonZeroU64::new(14_600), ..LinkFaults::default() };
        let (mut a, mut b) = connected(&world, faults).await;
        a.write_all(&[7; 4 * 1_460]).await.unwrap();
        drop(a);
        let (heard, _) = heard(&world, &mut b).await;
        let expected = [100, 200, 300, 400].map(|millis| (Moment::from_millis(millis), 1_460));
        assert_eq!(heard, expected);
    })
    .unwrap();
}

#[test]
fn jitter_keeps_the_order_and_is_the_same_for_the_same_seed() {
    let run = |seed| {
        run_virtual(seed, async |world| {
            let faults = LinkFaults { latency: ms(20), jitter: ms(30), ..LinkFaults::default() };
            let (mut a, mut b) = connected(&world, faults).await;
            let clock = world.clock.clone();
            let _writer = world.tasks.spawn("writer", async move {
                for n in 0..50_u8 {
                    b.write_all(&[n]).await.unwrap();
                    clock.sleep(ms(10)).await;
                }
            });
            let mut arrivals = Vec::new();
            for n in 0..50_u8 {
                assert_eq!(a.read_u8().await.unwrap(), n);
                arrivals.push(world.clock.now().as_millis());
            }
            arrivals
        })
        .unwrap()
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
    for (n, arrival) in (0..).zip(run(1)) {
        // The connection took 40 ms; each byte was written 10 ms after the one before.
        let latest = 40 + n * 10 + 20 + 30;
        assert!((latest - 30..=latest).contains(&arrival), "byte {n} came at {arrival} ms");
    }
}

#[test]
fn a_link_is_cut_at_its_byte_in_its_way() {
    const CASES: [(u64, CutHow); 5] = [
        (0, CutHow::Clean),
        (1, CutHow::Reset),
        (1_460, CutHow::Clean),
        (4_000, CutHow::Clean),
        (4_000, CutHow::Reset),
    ];
    in_both_worlds(async |world| {
        for (at, how) in CASES {
            let cut = Some(Cut { at: CutAt::Byte(at), how });
            let (mut a, mut b) = connected(&world, LinkFaults { cut, ..LinkFaults::default() }).await;
            a.write_all(b"the other direction has no limit").await.unwrap();
            let _ = b.write_all(&[7; 10_000]).await;
            let (heard, end) = heard(&world, &mut a).await;
            assert_eq!(bytes(&heard) as u64, at);
            match how {
                CutHow::Clean => assert!(end.is_ok(), "{end:?}"),
                CutHow::Reset => assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset),
            }
            let error = loop {
                if let Err(error) = b.write_all(&[7; 1_000]).await {
                    break error;
                }
            };
            assert!(matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset), "{error:?}");
        }
    });
}

#[test]
fn a_link_is_cut_at_its_time() {
    in_both_worlds(async |world| {
        let cut = Some(Cut { at: CutAt::Time(ms(70)), how: CutHow::Reset });
        let (mut a, mut b) = connected(&world, LinkFaults { cut, ..LinkFaults::default() }).await;
        let began = world.clock.now();
        b.write_all(b"first").await.unwrap();
        let (heard, end) = heard(&world, &mut a).await;
        assert_eq!(bytes(&heard), 5);
        assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);
        let lasted = world.clock.now().since(began);
        assert!(lasted >= ms(69), "{lasted:?}");
        if world.network.is_memory() {
            assert_eq!(lasted, ms(70));
        }
        assert_eq!(b.read(&mut [0; 8]).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
    });
}

#[test]
fn only_connections_dialed_later_to_that_authority_are_faulty() {
    run_virtual(1, async |world| {
        let faults = LinkFaults { latency: Duration::from_secs(1), ..LinkFaults::default() };
        let _here = world.network.listen("here.mock").await.unwrap();
        let _there = world.network.listen("there.mock").await.unwrap();
        world.network.fault("here.mock", faults);
        world.network.dial("there.mock:80").await.unwrap();
        assert_eq!(world.clock.now(), Moment::ZERO);
        world.network.dial("here.mock:80").await.unwrap();
        assert_eq!(world.clock.now(), Moment::from_millis(2_000));
        world.network.fault("here.mock", LinkFaults::default());
        world.network.dial("here.mock:80").await.unwrap();
        assert_eq!(world.clock.now(), Moment::from_millis(2_000));
    })
    .unwrap();
}

fn faults() -> impl Strategy<Value = LinkFaults> {
    (0..50_u64, 0..50_u64, proptest::option::of(1_000..1_000_000_u64)).prop_map(
        |(latency, jitter, bandwidth)| LinkFaults {
            latency: ms(latency),
            jitter: ms(jitter),
            bandwidth: bandwidth.and_then(NonZeroU64::new),
            cut: None,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_not_cut_arrives_whole_and_in_order(
        seed: u64,
        faults in faults(),
        writes in proptest::collection::vec((0..20_u64, 1..5_000_usize), 0..20),
    ) {
        let expected: Vec<u8> = (0..writes.iter().map(|(_, size)| size).sum()).map(|n: usize| n as u8).collect();
        let arrived = run_virtual(seed, async |world| {
            let (mut a, mut b) = connected(&world, faults.clone()).await;
            let write = async {
                let mut left = &expected[..];
                for (pause, size) in &writes {
                    world.clock.sleep(ms(*pause)).await;
                    let (next, rest) = left.split_at(*size);
                    a.write_all(next).await.unwrap();
                    left = rest;
                }
                drop(a);
            };
            let mut arrived = Vec::new();
            let (read, ()) = tokio::join!(b.read_to_end(&mut arrived), write);
            read.map(|_| arrived).unwrap()
        });
        prop_assert_eq!(arrived.unwrap(), expected);
    }
}

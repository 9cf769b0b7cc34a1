//! Servers that are none: each ends a run within its budget, with the right verdict, and holds little memory.

use std::time::Duration;

use bargein::check::raw::Head;
use bargein::check::{self, Checked, Profile, Run, Selection, Settings, Target, Verdict, tts};
use bargein_net::{Io, World, run_real, run_virtual};
use futures_util::future::BoxFuture;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// How a server treats a connection.
type Serve = fn(World, Io) -> BoxFuture<'static, ()>;

/// Plays a server in which every connection is treated by `serve`, and checks it.
async fn against(world: &World, url: fn(&str) -> String, at: &str, serve: Serve) -> Run {
    let mut listener = world.network.listen(at).await.unwrap();
    let url = url(listener.authority());
    let (inner, tasks) = (world.clone(), world.tasks.clone());
    let accepting = world.tasks.spawn("server", async move {
        while let Ok(io) = listener.accept().await {
            tasks.spawn("connection", serve(inner.clone(), io)).detach();
        }
    });
    let run = checked(world, &url).await;
    drop(accepting);
    run
}

async fn checked(world: &World, url: &str) -> Run {
    let checks = Selection::default().of(&tts::SUITE).unwrap();
    let target = Target::read(url).unwrap();
    check::run(world, &tts::SUITE, &checks, &target, &Settings::of(Profile::Lan), &[], |_| {}).await
}

fn of<'r>(run: &'r Run, id: &str) -> &'r Checked {
    run.checks.iter().find(|checked| checked.entry.id == id).unwrap()
}

/// Reads the head of a request, so that the answer comes after it.
async fn asked(io: &mut Io) {
    let mut buffer = [0; 4_096];
    let _ = io.read(&mut buffer).await;
}

const AUDIO: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: audio/wav\r\nTransfer-Encoding: chunked\r\n\r\n";

#[test]
fn who_is_not_there_is_not_judged() {
    let run = run_virtual(1, async |world| checked(&world, "http://nobody.mock/").await).unwrap();
    assert!(run.is_unjudged() && !run.has_failed());
    assert_eq!(run.totals.pass, 0);
    let seen = &of(&run, "PCM-04").seen;
    assert!(seen.contains("expected a connection to nobody.mock:80"), "{seen}");
    assert!(run.took_ms < 1_000, "{}", run.took_ms);
}

#[test]
fn a_server_that_knows_no_tls_is_not_judged() {
    let run = run_real(1, async |world: World| {
        let url = |authority: &str| format!("https://{}/", authority.replace("127.0.0.1", "localhost"));
        let serve: Serve = |_, mut io| {
            Box::pin(async move {
                let _ = io.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await;
            })
        };
        against(&world, url, "127.0.0.1:0", serve).await
    })
    .unwrap();
    let seen = &of(&run, "HTTP-01").seen;
    assert!(run.is_unjudged() && seen.starts_with("expected TLS with localhost"), "{seen}");
}

/// Runs against a server in memory that answers each connection so.
fn judged(serve: Serve) -> Run {
    run_virtual(1, async |world: World| {
        against(&world, |authority| format!("http://{authority}/"), "tts.mock:80", serve).await
    })
    .unwrap()
}

/// The base case fails with these words, the others are skipped, and it took at most so long.
#[track_caller]
fn fails(run: &Run, says: &str, within: Duration) {
    let base = of(run, "HTTP-01");
    assert_eq!(base.verdict, Verdict::Fail, "{}", base.seen);
    assert!(base.seen.contains(says), "{}", base.seen);
    assert_eq!(of(run, "PCM-04").verdict, Verdict::Skip, "{}", of(run, "PCM-04").seen);
    assert_eq!((run.totals.pass, run.has_failed()), (0, true));
    assert!(run.took_ms <= u64::try_from(within.as_millis()).unwrap(), "{} ms", run.took_ms);
}

#[test]
fn a_redirect_is_told_with_where_it_leads() {
    let run = judged(|_, mut io| {
        Box::pin(async move {
            asked(&mut io).await;
            let answer = b"HTTP/1.1 307 Temporary Redirect\r\nLocation: /v2\r\nContent-Length: 0\r\n\r\n";
            let _ = io.write_all(answer).await;
        })
    });
    fails(&run, "it redirects to /v2", Duration::from_secs(1));
}

#[test]
fn a_server_of_http2_alone_is_told() {
    let run = judged(|_, mut io| {
        Box::pin(async move {
            let _ = io.write_all(b"\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x64").await;
            asked(&mut io).await;
        })
    });
    fails(&run, "got the frames of HTTP/2", Duration::from_secs(2));
}

#[test]
fn a_body_that_drips_for_ever_ends_in_time() {
    let run = judged(|world, mut io| {
        Box::pin(async move {
            asked(&mut io).await;
            if io.write_all(AUDIO).await.is_err() {
                return;
            }
            while io.write_all(b"1\r\nx\r\n").await.is_ok() {
                world.clock.sleep(Duration::from_secs(1)).await;
            }
        })
    });
    fails(&run, "not over after 15000 ms", Duration::from_secs(20));
}

#[test]
fn a_head_that_drips_for_ever_ends_in_time() {
    let run = judged(|world, mut io| {
        Box::pin(async move {
            asked(&mut io).await;
            let _ = io.write_all(b"HTTP/1.1 200 OK\r\nX-Drip: ").await;
            while io.write_all(b"x").await.is_ok() {
                world.clock.sleep(Duration::from_secs(1)).await;
            }
        })
    });
    fails(&run, "no answer: not over after 15000 ms", Duration::from_secs(20));
}

#[test]
fn a_gigabyte_is_broken_off_and_not_kept() {
    let run = judged(|_, mut io| {
        Box::pin(async move {
            asked(&mut io).await;
            let block = [b"100000\r\n".to_vec(), vec![7; 1 << 20], b"\r\n".to_vec()].concat();
            let _ = io.write_all(AUDIO).await;
            for _ in 0..1_024 {
                if io.write_all(&block).await.is_err() {
                    return;
                }
            }
            let _ = io.write_all(b"0\r\n\r\n").await;
        })
    });
    fails(&run, "more than 33554432 bytes", Duration::from_secs(20));
    let kept = of(&run, "HTTP-01").evidence[0].body_bytes;
    assert!(kept <= 32 << 20, "{kept}");
}

#[test]
fn a_head_without_end_is_broken_off() {
    let endless = [b"HTTP/1.1 200 OK\r\n".to_vec(), b"X-More: of the same\r\n".repeat(10_000)].concat();
    assert!(Head::read(&endless).is_err());
    let run = judged(|_, mut io| {
        Box::pin(async move {
            asked(&mut io).await;
            let _ = io.write_all(b"HTTP/1.1 200 OK\r\n").await;
            while io.write_all(b"X-More: of the same\r\n").await.is_ok() {}
        })
    });
    fails(&run, "expected a head of at most 65536 bytes", Duration::from_secs(1));
}

/// A second of something, as a whole answer.
fn spoken() -> Vec<u8> {
    let samples: Vec<u8> =
        (0..16_000_i32).flat_map(|at| ((at % 100 - 50) as i16 * 200).to_le_bytes()).collect();
    let head = b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\x01\0\x01\0\x80\x3e\0\0\0\x7d\0\0\x02\0\x10\0data\xff\xff\xff\xff";
    let body = [&head[..], &samples].concat();
    [AUDIO, format!("{:x}\r\n", body.len()).as_bytes(), &body, b"\r\n0\r\n\r\n"].concat()
}

#[test]
fn a_server_that_falls_silent_is_noticed_and_not_waited_for() {
    let run = judged(|world, mut io| {
        Box::pin(async move {
            asked(&mut io).await;
            if world.clock.now().as_millis() < 100 {
                let _ = io.write_all(&spoken()).await;
                world.clock.sleep(Duration::from_millis(100)).await;
            }
            // It takes requests, and says nothing any more.
            let mut buffer = [0; 4_096];
            while io.read(&mut buffer).await.is_ok_and(|length| length > 0) {}
        })
    });
    let silent =
        |checked: &&Checked| checked.seen.contains("the server answers no more: the base case HTTP-01 fails");
    let silent = run.checks.iter().filter(silent).count();
    assert!(silent > 60, "{silent} checks know why");
    assert!(run.is_unjudged());
    assert!(run.took_ms < 300_000, "{} ms", run.took_ms);
}

#[test]
fn a_run_ends_when_its_time_is_used_up() {
    let run = run_virtual(1, async |world: World| {
        let vendor = crate::matrix::vendor("custom");
        let server = (vendor.serve)(&world, world.network.listen("tts.mock:80").await.unwrap(), None);
        let target = Target::read(server.url()).unwrap().with_key(Some(server.key().clone()));
        let checks = Selection::default().of(&tts::SUITE).unwrap();
        let mut settings = Settings::of(Profile::Lan);
        settings.budgets = settings.budgets.changed("run_s=10").unwrap();
        check::run(&world, &tts::SUITE, &checks, &target, &settings, &[], |_| {}).await
    })
    .unwrap();
    assert!(run.took_ms <= 10_000, "{} ms", run.took_ms);
    assert!(run.is_unjudged() && run.totals.pass > 0);
    assert!(of(&run, "PCM-04").seen.contains("the run had used up its 10 s"), "{}", of(&run, "PCM-04").seen);
}

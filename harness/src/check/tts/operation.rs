//! Operation: what a server shows of itself, how it is stopped, and what it refuses.

use std::time::Duration;

use futures_util::FutureExt as _;

use super::measure::{is_refusal, seconds};
use super::speak::{Format, Say};
use crate::check::catalogue::{Check, Entry, Level};
use crate::check::raw::{Ask, Connection, End, Limits};
use crate::check::{Context, Judged, Outcome, Pace, Target};

/// The checks of the group.
pub(super) const CHECKS: &[Check] = &[
    Check {
        entry: Entry::new("OPS-01", Level::Should, "TLS can be trusted")
            .rule("a connection to the https URL", "a valid chain, the server's name in it, TLS 1.2 or later")
            .advice(
                "a bad chain shows only in production",
                "the intermediate certificate is missing, or the name is another",
                "serve the whole chain; renew it by a job",
            ),
        judge: |cx| Box::pin(tls(cx)),
    },
    Check {
        entry: Entry::new("OPS-02", Level::May, "the server says whether it is well")
            .rule("GET of the health page", "reported")
            .advice("start-up in CI waits for it", "", ""),
        judge: |cx| Box::pin(health(cx)),
    },
    Check {
        entry: Entry::new("OPS-03", Level::Should, "a stop does not cut words in silence")
            .rule(
                "T-300 as pcm, and the server told to stop after its first audio",
                "the whole audio, or a body without its end",
            )
            .advice(
                "deploys happen in the middle of calls",
                "the framework ends all bodies in order, however much was sent",
                "finish running bodies, then exit; or break the connection",
            )
            .pace(Pace::Last)
            .limit(120),
        judge: |cx| Box::pin(stopped(cx)),
    },
    Check {
        entry: Entry::new("OPS-04", Level::Should, "a huge body is refused early")
            .rule("a body of 10 MiB", "413 or the end of the connection within 2 s")
            .advice("memory", "the framework reads any body into memory", "limit bodies to 1 MiB"),
        judge: |cx| Box::pin(huge(cx)),
    },
    Check {
        entry: Entry::new("OPS-05", Level::Should, "answers are dated")
            .rule("T-ZH as pcm", "`Date`, within 5 s of this machine's clock")
            .advice(
                "logs of both sides are joined by time",
                "a server that writes no Date, or a clock that is off",
                "run a time service",
            ),
        judge: |cx| Box::pin(date(cx)),
    },
    Check {
        entry: Entry::new("OPS-06", Level::May, "the server is there over IPv6")
            .rule("a health request to an IPv6 address of the host", "reported")
            .advice("some regions have IPv6 alone", "", ""),
        judge: |cx| Box::pin(version_six(cx)),
    },
];

/// What the server tells of itself; `None` where it does not.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Own {
    /// How many texts are being spoken.
    pub(super) active: Option<u64>,
    /// How many texts were taken.
    pub(super) served: Option<u64>,
    /// Resident memory in bytes.
    pub(super) memory: Option<u64>,
    /// Open descriptors.
    pub(super) descriptors: Option<u64>,
}

/// Asks the server's pages about itself, and the system when the server's process is known.
pub(super) async fn own(cx: &Context) -> Own {
    let pages = &cx.settings().pages;
    let stats = page(cx, &pages.stats).await.unwrap_or_default();
    let stats: serde_json::Value = serde_json::from_str(&stats).unwrap_or_default();
    let metrics = page(cx, &pages.metrics).await.unwrap_or_default();
    let metric = |name: &str| {
        let line =
            metrics.lines().find_map(|line| line.strip_prefix(name).filter(|rest| rest.starts_with(' ')));
        let value: f64 = line?.trim().parse().ok()?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a count of bytes or descriptors"
        )]
        let value = (value >= 0.0).then_some(value as u64);
        value
    };
    let process = cx.settings().pid.map(of_process).unwrap_or_default();
    Own {
        active: stats["active"].as_u64(),
        served: stats["served"].as_u64(),
        memory: process.memory.or_else(|| metric("process_resident_memory_bytes")),
        descriptors: process.descriptors.or_else(|| metric("process_open_fds")),
    }
}

/// What the system says of a process of this machine.
fn of_process(pid: u32) -> Own {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|rest| rest.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    let descriptors = std::fs::read_dir(format!("/proc/{pid}/fd")).ok().map(|all| all.count() as u64);
    Own { memory: kib.map(|kib| kib * 1_024), descriptors, ..Own::default() }
}

/// A page of the server, when it is answered with 200.
async fn page(cx: &Context, path: &str) -> Option<String> {
    let exchange = cx.ask(&get(cx.target(), path), Limits::seconds(2)).await;
    let is_there = exchange.is_complete() && exchange.status() == 200;
    is_there.then(|| String::from_utf8_lossy(&exchange.body).into_owned())
}

fn get(target: &Target, path: &str) -> Ask {
    Ask::new(format!("GET {path}"), "GET", target).path(path)
}

async fn tls(cx: &Context) -> Judged {
    if !cx.target().is_tls {
        return Ok(Outcome::skip("the URL is not https"));
    }
    match cx.connect().await {
        Ok(_) => Ok(Outcome::pass("the chain, the name and the version are right")),
        Err(why) if why.is_tls => Ok(cx.broken(why.to_string())),
        Err(why) => Ok(Outcome::error(why.to_string())),
    }
}

async fn health(cx: &Context) -> Judged {
    let path = &cx.settings().pages.health;
    let exchange = cx.ask(&get(cx.target(), path), Limits::seconds(5)).await;
    Ok(Outcome::info(format!("GET {path}: {}", exchange.head.as_ref().map_or(0, |head| head.status))))
}

async fn stopped(cx: &Context) -> Judged {
    let Some(owned) = &cx.settings().owned else {
        return Ok(Outcome::skip("the server is not the checker's to stop"));
    };
    let full = Say::format("T-300", Format::Pcm).said_once(cx).await;
    let wanted = seconds(&full.audio()?);
    let ask = Say::format("T-300", Format::Pcm).ask(cx);
    let stopping = async {
        cx.sleep(Duration::from_secs(1)).await;
        owned.stop().await;
    };
    let (exchange, ()) = futures_util::future::join(cx.ask(&ask, Limits::seconds(100)), stopping).await;
    if exchange.first_audio_ms().is_none() {
        return Ok(Outcome::error(format!("expected audio before the stop, got: {}", exchange.summary())));
    }
    let got = seconds(&exchange.audio()?);
    let seen = format!("{got:.1} s of {wanted:.1} s, {}", exchange.end);
    match exchange.end {
        End::Complete if got < wanted * 0.9 => Ok(cx.broken(seen).with(&exchange)),
        End::Complete | End::Closed | End::Broken(_) => Ok(Outcome::pass(seen)),
        _ => Ok(cx.broken(seen).with(&exchange)),
    }
}

async fn huge(cx: &Context) -> Judged {
    let text = "a".repeat(10 << 20);
    let ask = Say::new("T-1").ask(cx).body(format!("{{\"Text\":\"{text}\"}}")).label("a body of 10 MiB");
    let exchange = cx.ask(&ask, Limits::seconds(10)).await;
    // Ten megabytes are no evidence to keep.
    let exchange = crate::check::raw::Exchange { ask: ask.body("{\"Text\":\"aaaa...\"}"), ..exchange };
    let took = crate::check::raw::millis(exchange.ended.since(exchange.began));
    let seen = format!("{} after {took:.0} ms", exchange.summary());
    let is_told = is_refusal(&exchange) && matches!(exchange.status(), 400 | 413);
    let is_closed = matches!(exchange.end, End::Closed | End::Broken(_)) || exchange.status() == 413;
    if (is_told || is_closed) && took <= 2_000.0 {
        Ok(Outcome::pass(seen))
    } else {
        Ok(cx.broken(seen).with(&exchange))
    }
}

async fn date(cx: &Context) -> Judged {
    let before = cx.clock().unix_millis();
    let exchange = Say::format("T-1", Format::Pcm).said(cx).await;
    let after = cx.clock().unix_millis();
    let Some(date) = exchange.head.as_ref().and_then(|head| head.value("date")) else {
        return Ok(cx.broken("no Date").with(&exchange));
    };
    let read =
        jiff::fmt::strtime::parse("%a, %d %b %Y %H:%M:%S GMT", date).and_then(|time| time.to_datetime());
    let read = read.and_then(|time| time.to_zoned(jiff::tz::TimeZone::UTC));
    let Ok(read) = read else {
        return Ok(cx
            .broken(format!("Date: {date}"))
            .expected("a date as `Wed, 01 Jan 2025 00:00:00 GMT`")
            .with(&exchange));
    };
    let read = u64::try_from(read.timestamp().as_millisecond()).unwrap_or_default();
    let off = if read < before { before - read } else { read.saturating_sub(after) };
    // A date has whole seconds.
    if off <= 6_000 {
        return Ok(Outcome::pass(format!("Date: {date}")));
    }
    Ok(cx.broken(format!("Date: {date}, {} s off", off / 1_000)).with(&exchange))
}

async fn version_six(cx: &Context) -> Judged {
    let target = cx.target();
    let (host, port) = target.authority.rsplit_once(':').unwrap_or((&target.authority, "80"));
    if host.starts_with('[') {
        return Ok(Outcome::info("the URL is one of IPv6"));
    }
    let authority = match host {
        // The machine itself has one address of each kind.
        "localhost" | "127.0.0.1" => Some(format!("[::1]:{port}")),
        _ => {
            let all = cx.world().network.addresses(&target.authority).await.unwrap_or_default();
            all.into_iter().find(std::net::SocketAddr::is_ipv6).map(|address| address.to_string())
        }
    };
    let Some(authority) = authority else { return Ok(Outcome::info("the host has no IPv6 address")) };
    // Only whether an answer comes, for a certificate has no name for a number.
    let there = Target { authority, is_tls: false, ..target.clone() };
    let answered = async {
        let mut connection = Connection::open(cx.world(), &there, Duration::from_secs(3)).await.ok()?;
        if target.is_tls {
            return Some(());
        }
        let ask = get(&there, &cx.settings().pages.health);
        connection.exchange(&ask, Limits::seconds(3)).await.head.map(drop)
    };
    let words = match answered.boxed_local().await {
        Some(()) => "there too",
        None => "not there",
    };
    Ok(Outcome::info(format!("over IPv6: {words}")))
}

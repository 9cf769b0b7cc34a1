//! What a server must make of requests that are not the plain one.

use std::time::Duration;

use crate::check::raw::{Ask, Connection, End, Framing, Limits, Writing};
use crate::check::tts::refusal::{answered, refusal};
use crate::check::tts::speak::{Format, Say, same_length};
use crate::check::{Context, Judged, Outcome};

/// How soon what is no synthesis is answered.
const SOON: Duration = Duration::from_secs(1);

fn plain(cx: &Context) -> Ask {
    Say::format("T-ZH", Format::plain(cx)).ask(cx)
}

pub(super) async fn methods(cx: &Context) -> Judged {
    let limits = Limits { total: SOON, ..Limits::default() };
    let mut seen = Vec::new();
    for method in ["GET", "PUT", "DELETE"] {
        let body = if method == "PUT" { Say::new("T-1").json() } else { String::new() };
        let ask = Ask { method: method.to_owned(), ..Say::new("T-1").ask(cx) }
            .body(body)
            .label(format!("T-1 by {method}"));
        let framing = if method == "PUT" { Framing::Length } else { Framing::None };
        let exchange = cx.ask(&ask.framing(framing), limits).await;
        answered(&exchange)?;
        let head = exchange.head.as_ref();
        let media_type = head.map(|head| head.media_type()).unwrap_or_default();
        let is_plain = exchange.body.is_empty() || media_type == "application/json";
        if !matches!(exchange.status(), 404 | 405) || !is_plain {
            return Ok(cx.broken(format!("{method}: {}", exchange.summary())).with(&exchange));
        }
        seen.push(format!("{method} {}", exchange.status()));
    }
    Ok(Outcome::pass(seen.join(", ")))
}

pub(super) async fn wrong_path(cx: &Context) -> Judged {
    let path = cx.target().path.split('?').next().unwrap_or_default().trim_end_matches('/').to_owned();
    let ask = Say::new("T-1").ask(cx).path(path + "/nope").label("T-1 to a wrong path");
    let exchange = cx.ask(&ask, Limits::seconds(5)).await;
    answered(&exchange)?;
    if exchange.status() == 404 {
        Ok(Outcome::pass("404"))
    } else {
        Ok(cx.broken(exchange.summary()).with(&exchange))
    }
}

pub(super) async fn expects_continue(cx: &Context) -> Judged {
    let ask = plain(cx).and_header("Expect", "100-continue").label("T-ZH with Expect");
    let mut connection = cx.connected().await?;
    let began = cx.clock().now();
    let wrote = connection.write_ask(&ask.clone().writing(Writing::HeadOnly)).await;
    wrote.map_err(|error| Outcome::error(error.to_string()))?;
    let first = connection.interim(SOON).await;
    let ms = cx.clock().now().since(began).as_millis();
    match first {
        None => Ok(cx.broken(format!("nothing within {ms} ms"))),
        Some(100) => {
            let wrote = connection.write(&ask.body_bytes()).await;
            wrote.map_err(|error| Outcome::error(error.to_string()))?;
            let exchange = connection.next_answer(&ask, Limits::seconds(15)).await;
            if exchange.status() == 200 {
                return Ok(Outcome::pass(format!("100 after {ms} ms, then 200")));
            }
            Ok(cx.broken(format!("100, then {}", exchange.summary())).with(&exchange))
        }
        Some(status) => Ok(Outcome::pass(format!("{status} after {ms} ms, without the body"))),
    }
}

pub(super) async fn in_pieces(cx: &Context) -> Judged {
    let whole = Say::format("T-ZH", Format::plain(cx)).said_once(cx).await;
    let wanted = whole.audio()?.seconds();
    let later = Writing::BodyLater(Duration::from_millis(300));
    let mut seen = vec![format!("in one write {wanted:.2} s")];
    for (name, writing) in [("the body 300 ms later", later), ("byte by byte", Writing::ByteByByte)] {
        let ask = plain(cx).writing(writing).label(format!("T-ZH, {name}"));
        let exchange = cx.ask(&ask, Limits::seconds(20)).await;
        answered(&exchange)?;
        match exchange.audio() {
            Ok(audio) if same_length(audio.seconds(), wanted, 0.05) => {
                seen.push(format!("{name} {:.2} s", audio.seconds()));
            }
            Ok(audio) => {
                return Ok(cx
                    .broken(format!("{name}: {:.2} s, in one write {wanted:.2} s", audio.seconds()))
                    .with(&exchange));
            }
            Err(_) => return Ok(cx.broken(format!("{name}: {}", exchange.summary())).with(&exchange)),
        }
    }
    Ok(Outcome::pass(seen.join(", ")))
}

pub(super) async fn chunked_request(cx: &Context) -> Judged {
    let ask = plain(cx).framing(Framing::Chunked(24)).label("T-ZH, the request chunked");
    let exchange = cx.ask(&ask, Limits::seconds(15)).await;
    answered(&exchange)?;
    let head_ms = exchange.head_ms().unwrap_or(f64::INFINITY);
    match exchange.status() {
        200 if exchange.audio().is_ok() => Ok(Outcome::pass(exchange.summary())),
        400 | 411 | 415 | 501 if head_ms <= 1_000.0 => Ok(Outcome::pass(exchange.summary())),
        _ => Ok(cx.broken(exchange.summary()).with(&exchange)),
    }
}

pub(super) async fn other_headers(cx: &Context) -> Judged {
    let base = Say::format("T-ZH", Format::plain(cx)).said_once(cx).await;
    let wanted = base.audio()?.seconds();
    let mut lower = plain(cx);
    lower.headers.iter_mut().for_each(|(name, _)| name.make_ascii_lowercase());
    // The length too: it is written out by hand.
    let length = lower.body.len().to_string();
    let lower = lower.framing(Framing::None).and_header("content-length", &length);
    let unknown = plain(cx)
        .and_header("X-Unknown", "1")
        .and_header("Priority", "u=1, i")
        .and_header("Accept-Language", "zh");
    let many = (0..40).fold(plain(cx), |ask, at| ask.and_header(&format!("X-Padding-{at}"), &"p".repeat(88)));
    for (name, ask) in [("in lower case", lower), ("unknown ones", unknown), ("4 KiB of them", many)] {
        let exchange = cx.ask(&ask.label(format!("T-ZH, headers {name}")), Limits::seconds(15)).await;
        answered(&exchange)?;
        let is_same = exchange.audio().is_ok_and(|audio| same_length(audio.seconds(), wanted, 0.05));
        if !is_same {
            return Ok(cx.broken(format!("headers {name}: {}", exchange.summary())).with(&exchange));
        }
    }
    Ok(Outcome::pass("lower case, unknown ones, 4 KiB: the same"))
}

/// The preface of a client, and an empty SETTINGS frame (RFC 9113, 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

pub(super) async fn http2(cx: &Context) -> Judged {
    let mut connection = cx.connected().await?;
    let wrote = connection.write(PREFACE).await;
    wrote.map_err(|error| Outcome::error(error.to_string()))?;
    let mut came = [0; 64];
    let length = match cx.clock().timeout(SOON, connection.read(&mut came)).await {
        Ok(Ok(length)) => length,
        Ok(Err(_)) | Err(_) => 0,
    };
    let is_settings = length >= 9 && came[3] == 4 && !came.starts_with(b"HTTP/");
    Ok(Outcome::info(if is_settings {
        "HTTP/2 is spoken with prior knowledge"
    } else {
        "HTTP/2 is not spoken with prior knowledge"
    }))
}

pub(super) async fn false_lengths(cx: &Context) -> Judged {
    let ask = plain(cx);
    let length = ask.body.len();
    let twice =
        ask.clone().framing(Framing::Lengths(vec![length, length + 7])).label("T-ZH with two lengths");
    let exchange = cx.ask(&twice, Limits::seconds(8)).await;
    answered(&exchange)?;
    let is_refused = exchange.status() >= 400
        || exchange.head.is_none() && exchange.end != End::TimedOut(Duration::from_secs(8));
    if !is_refused {
        return Ok(cx.broken(format!("two lengths that differ: {}", exchange.summary())).with(&exchange));
    }
    let longer = ask.framing(Framing::Lengths(vec![length + 100])).label("T-ZH with a length too large");
    let mut connection: Connection = cx.connected().await?;
    let wrote = connection.write_ask(&longer).await;
    wrote.map_err(|error| Outcome::error(error.to_string()))?;
    let beside = Say::format("T-ZH", Format::plain(cx)).said(cx).await;
    if beside.audio().is_err() {
        return Ok(cx
            .broken(format!("while a request waits for its body, the next one gets: {}", beside.summary()))
            .with(&beside));
    }
    let silence = Limits { total: Duration::from_secs(5), ..Limits::default() };
    let late = connection.next_answer(&longer, silence).await;
    let spoke = late.head.as_ref().is_some_and(|head| head.media_type().starts_with("audio/"));
    if spoke {
        return Ok(cx.broken(format!("a body that never came was spoken: {}", late.summary())).with(&late));
    }
    let end = match &late.end {
        _ if refusal(&late).is_ok() => format!("refused with {}", late.status()),
        End::TimedOut(_) => "still awaited after 5 s".to_owned(),
        other => other.to_string(),
    };
    Ok(Outcome::pass(format!("two lengths: {}; one too large: {end}; others are served", exchange.status())))
}

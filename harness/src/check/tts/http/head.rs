//! What the head of an answer must say.

use bargein_wire::custom_tts::ContentType;
use serde_json::json;

use crate::check::raw::{BodyFraming, End, Exchange, Head};
use crate::check::tts::speak::{Format, Say};
use crate::check::{Context, Judged, Outcome};

/// The head of an answer, or the outcome that there is none.
fn head_of(exchange: &Exchange) -> Result<&Head, Outcome> {
    exchange.head.as_ref().ok_or_else(|| Outcome::error(exchange.summary()).with(exchange))
}

pub(super) async fn status(cx: &Context) -> Judged {
    let exchange = Say::new("T-ZH").said_once(cx).await;
    let has_end = matches!(exchange.end, End::Complete | End::Closed | End::Malformed(_));
    if exchange.status() == 200 && has_end {
        return Ok(Outcome::pass(exchange.summary()));
    }
    let location = exchange.head.as_ref().and_then(|head| head.value("location"));
    let to = location.map(|to| format!("; it redirects to {to}")).unwrap_or_default();
    Ok(cx.broken(exchange.summary() + &to).with(&exchange))
}

pub(super) async fn version(cx: &Context) -> Judged {
    let exchange = Say::new("T-ZH").said_once(cx).await;
    let head = head_of(&exchange)?;
    if head.version == "HTTP/1.1" {
        return Ok(Outcome::pass(&head.version));
    }
    Ok(cx.broken(&head.version).with(&exchange))
}

pub(super) async fn chunked(cx: &Context) -> Judged {
    let exchange = Say::new("T-ZH").said_once(cx).await;
    let values: Vec<_> = head_of(&exchange)?.values("transfer-encoding").collect();
    match values.as_slice() {
        [one] if one.eq_ignore_ascii_case("chunked") => Ok(Outcome::pass("Transfer-Encoding: chunked")),
        [] => Ok(cx.broken("no Transfer-Encoding").with(&exchange)),
        several => Ok(cx.broken(format!("Transfer-Encoding: {}", several.join(" and "))).with(&exchange)),
    }
}

pub(super) async fn no_length(cx: &Context) -> Judged {
    let exchange = Say::new("T-ZH").said_once(cx).await;
    let head = head_of(&exchange)?;
    match head.value("content-length") {
        _ if exchange.framing != BodyFraming::Chunked => {
            Ok(Outcome::skip("the answer is not chunked: see HTTP-03"))
        }
        Some(length) => {
            Ok(cx.broken(format!("Transfer-Encoding: chunked and Content-Length: {length}")).with(&exchange))
        }
        None => Ok(Outcome::pass("none")),
    }
}

pub(super) async fn one_type(cx: &Context) -> Judged {
    let exchange = Say::new("T-ZH").said_once(cx).await;
    let types: Vec<_> = head_of(&exchange)?.values("content-type").collect();
    match types.as_slice() {
        [one] => Ok(Outcome::pass(*one)),
        [] => Ok(cx.broken("none").with(&exchange)),
        several => Ok(cx.broken(several.join(" and ")).with(&exchange)),
    }
}

pub(super) async fn wav_type(cx: &Context) -> Judged {
    media_type(cx, Format::Wav, "audio/wav", &["audio/x-wav", "audio/wave", "audio/vnd.wave"]).await
}

pub(super) async fn pcm_type(cx: &Context) -> Judged {
    media_type(cx, Format::Pcm, "audio/l16", &[]).await
}

async fn media_type(cx: &Context, format: Format, wanted: &str, near: &[&str]) -> Judged {
    format.offered(cx)?;
    let exchange = Say::format("T-ZH", format).said_once(cx).await;
    let head = head_of(&exchange)?;
    let got = head.media_type();
    let seen = head.value("content-type").unwrap_or("none").to_owned();
    match got.as_str() {
        "application/json" => Err(Outcome::skip(format!("{format} is refused: {}", exchange.summary()))),
        got if got == wanted => Ok(Outcome::pass(seen)),
        got if near.contains(&got) => Ok(Outcome::warn(seen).expected("audio/wav").with(&exchange)),
        _ => Ok(cx.broken(seen).with(&exchange)),
    }
}

pub(super) async fn type_parameters(cx: &Context) -> Judged {
    Format::Pcm.offered(cx)?;
    let exchange = Say::format("T-ZH", Format::Pcm).with("SampleRate", json!(24_000)).said_once(cx).await;
    exchange.audio()?;
    let value = head_of(&exchange)?.value("content-type").unwrap_or_default();
    let ContentType { rate, channels, .. } = ContentType::read(value);
    let is_true = rate.is_none_or(|rate| rate == 24_000) && channels.is_none_or(|channels| channels == 1);
    if is_true {
        Ok(Outcome::pass(value))
    } else {
        Ok(cx.broken(value).expected("rate=24000, channels=1, or neither").with(&exchange))
    }
}

#[expect(clippy::unused_async, reason = "a judgement is async")]
pub(super) async fn never_empty(cx: &Context) -> Judged {
    let (answers, empty) = cx.answers();
    match empty {
        None => Ok(Outcome::pass(format!("none of {} answers", answers.all))),
        Some(first) => {
            let seen =
                format!("{} of {} answers, the first for {}", answers.empty, answers.all, first.ask.label);
            Ok(cx.broken(seen).with(&first))
        }
    }
}

pub(super) async fn no_encoding(cx: &Context) -> Judged {
    let ask =
        Say::new("T-ZH").ask(cx).and_header("Accept-Encoding", "gzip, br").label("T-ZH with Accept-Encoding");
    let exchange = cx.shared_ask(ask, Say::new("T-ZH").limits()).await;
    match head_of(&exchange)?.value("content-encoding") {
        None => Ok(Outcome::pass("no Content-Encoding")),
        Some(encoding) if encoding.eq_ignore_ascii_case("identity") => Ok(Outcome::pass("identity")),
        Some(encoding) => Ok(cx.broken(format!("Content-Encoding: {encoding}")).with(&exchange)),
    }
}

pub(super) async fn keeps_connection(cx: &Context) -> Judged {
    let exchange = Say::new("T-ZH").said_once(cx).await;
    if head_of(&exchange)?.lists("connection", "close") {
        return Ok(cx.broken("Connection: close").with(&exchange));
    }
    Ok(Outcome::pass("kept open"))
}

pub(super) async fn no_cache(cx: &Context) -> Judged {
    let exchange = Say::new("T-ZH").said_once(cx).await;
    let head = head_of(&exchange)?;
    let caching = ["public", "max-age", "s-maxage", "immutable"];
    let allows = |value: &&str| {
        let value = value.to_ascii_lowercase();
        !value.contains("no-store")
            && !value.contains("max-age=0")
            && caching.iter().any(|word| value.contains(word))
    };
    if let Some(value) = head.values("cache-control").find(allows) {
        return Ok(cx.broken(format!("Cache-Control: {value}")).with(&exchange));
    }
    let buffering = head.value("x-accel-buffering").unwrap_or("none");
    let is_proxied = head.value("server").is_some_and(|server| server.to_ascii_lowercase().contains("nginx"));
    if is_proxied && !buffering.eq_ignore_ascii_case("no") || buffering.eq_ignore_ascii_case("yes") {
        return Ok(cx.broken(format!("behind nginx, X-Accel-Buffering: {buffering}")).with(&exchange));
    }
    Ok(Outcome::pass(format!("Cache-Control: {}", head.value("cache-control").unwrap_or("none"))))
}

pub(super) async fn echo(cx: &Context) -> Judged {
    let exchange = Say::new("T-ZH").said_once(cx).await;
    let sent = exchange.ask.value("x-request-id").unwrap_or_default();
    match head_of(&exchange)?.value("x-request-id") {
        Some(echoed) if echoed == sent => Ok(Outcome::pass("echoed")),
        Some(other) => Ok(cx.broken(format!("another value: {other}")).with(&exchange)),
        None => Ok(cx.broken("not echoed").with(&exchange)),
    }
}

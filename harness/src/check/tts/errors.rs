//! Errors: told in the protocol's form, with a status that fits, without costing a connection or leaking a secret.

use std::sync::Arc;

use futures_util::future::join_all;

use super::refusal::{Refused, answered, refusal, refused};
use super::speak::{Format, Say};
use crate::check::catalogue::{Check, Entry, Level, Pace};
use crate::check::raw::{BodyFraming, End, Exchange, Limits};
use crate::check::{Context, Judged, Outcome};

/// The checks of the group.
pub(super) const CHECKS: &[Check] = &[
    Check {
        entry: Entry::new("ERR-01", Level::Must, "an error is told by its type")
            .rule("{} and a request without Text", "Content-Type: application/json, and never audio")
            .advice(
                "the type is the only sign of a failure that the platform looks at",
                "an error page of the framework, or the audio type set before the check",
                "answer errors as application/json",
            )
            .quick(),
        judge: |cx| Box::pin(is_told(cx)),
    },
    Check {
        entry: Entry::new("ERR-02", Level::Must, "an error has its form")
            .rule(
                "{} and a request without Text",
                "{\"error\":{\"code\":text,\"message\":text}}, neither empty",
            )
            .advice(
                "typed clients cannot read anything else",
                "numbers for codes, or the framework's own `detail`",
                "write both as texts under `error`",
            )
            .quick(),
        judge: |cx| Box::pin(has_form(cx)),
    },
    Check {
        entry: Entry::new("ERR-03", Level::Must, "a body that is no request is an error too")
            .rule("broken JSON, [], \"x\", null, nothing", "an error of this form within a second")
            .advice(
                "the framework's page for a parse error is HTML, which the client cannot read",
                "the parse happens before the handler",
                "handle the framework's parse errors",
            )
            .quick(),
        judge: |cx| Box::pin(of_no_request(cx)),
    },
    Check {
        entry: Entry::new("ERR-04", Level::Should, "a wrong request has a status of its own")
            .rule("{}, a request without Text, broken JSON", "a status from 400 to 499")
            .advice("proxies and dashboards count by status", "errors are sent with 200", "answer 400"),
        judge: |cx| Box::pin(has_status(cx)),
    },
    Check {
        entry: Entry::new("ERR-05", Level::Should, "an error does not cost the connection")
            .rule("{} and then T-1 on the same connection", "a whole error, then audio")
            .advice(
                "a new connection costs the time to the first audio",
                "the connection is closed on every exception",
                "answer with a length, and keep the connection",
            ),
        judge: |cx| Box::pin(keeps_connection(cx)),
    },
    Check {
        entry: Entry::new("ERR-06", Level::Must, "an error's words give nothing away")
            .rule(
                "all errors of this group, and a wrong key",
                "no stack trace, no path of a file, no key in `message`",
            )
            .advice(
                "the words are copied into messages of the room",
                "the exception's text is sent as it is",
                "send words of your own, and log the exception",
            ),
        judge: |cx| Box::pin(gives_nothing_away(cx)),
    },
    Check {
        entry: Entry::new("ERR-07", Level::Should, "too many at once are refused at once")
            .rule(
                "20 requests more than `streams`, at once",
                "429 or 503 with an error within 300 ms for those that are not served",
            )
            .advice(
                "the platform reports a limit and not a timeout",
                "requests wait in a queue without end",
                "refuse with 429 and Retry-After when all places are taken",
            )
            .pace(Pace::Alone),
        judge: |cx| Box::pin(too_many(cx)),
    },
    Check {
        entry: Entry::new("ERR-08", Level::Must, "a failure in the middle breaks the connection")
            .rule(
                "T-ZH with the header of --fault-header, which makes the server fail in the middle",
                "the end of the connection without the last chunk, and no JSON in the audio",
            )
            .advice(
                "there is no error within audio: JSON is noise, and a proper end says that all is well",
                "an exception handler that writes its error into the open stream",
                "abort the connection",
            ),
        judge: |cx| Box::pin(breaks_off(cx)),
    },
    Check {
        entry: Entry::new("ERR-09", Level::Should, "the same mistake has the same code")
            .rule("a request without Text, twice", "the same error.code")
            .advice(
                "codes are for machines",
                "an id or a time in the code",
                "take codes from a list, and put ids into the message",
            ),
        judge: |cx| Box::pin(same_code(cx)),
    },
    Check {
        entry: Entry::new("ERR-10", Level::Should, "an error's words are short UTF-8")
            .rule("all errors of this group", "error.message is UTF-8 of at most 512 bytes")
            .advice(
                "it is copied into messages of the room, which are small",
                "the request or a page of validation errors is quoted",
                "cut the message",
            ),
        judge: |cx| Box::pin(short_words(cx)),
    },
];

/// Requests that are wrong: a name, and the body.
const NO_TEXT: [(&str, &str); 2] =
    [("an empty object", "{}"), ("no Text", r#"{"Format":"wav","SampleRate":16000,"Channel":1}"#)];
const NO_REQUEST: [(&str, &str); 5] = [
    ("broken JSON", r#"{"Text": "a"#),
    ("a list", "[]"),
    ("a string", "\"x\""),
    ("null", "null"),
    ("nothing", ""),
];

/// The answer to a wrong body, once in a run.
async fn wrong(cx: &Context, (name, body): (&str, &str)) -> Result<Arc<Exchange>, Outcome> {
    let ask = Say::new("T-1").ask(cx).body(body).label(name);
    let exchange = cx.shared_ask(ask, Limits::seconds(10)).await;
    answered(&exchange)?;
    Ok(exchange)
}

async fn is_told(cx: &Context) -> Judged {
    for case in NO_TEXT {
        let exchange = wrong(cx, case).await?;
        let media_type = exchange.head.as_ref().map(|head| head.media_type()).unwrap_or_default();
        if media_type != "application/json" {
            return Ok(cx.broken(format!("{}: {}", case.0, exchange.summary())).with(&exchange));
        }
    }
    Ok(Outcome::pass("application/json"))
}

async fn has_form(cx: &Context) -> Judged {
    let mut seen = Vec::new();
    for case in NO_TEXT {
        let exchange = wrong(cx, case).await?;
        if !super::refusal::is_json(&exchange) {
            return Err(Outcome::skip(format!("{}: see ERR-01", exchange.summary())));
        }
        seen.push(refused(cx, &exchange)?.code);
    }
    Ok(Outcome::pass(seen.join(", ")))
}

async fn of_no_request(cx: &Context) -> Judged {
    for case in NO_REQUEST {
        let exchange = wrong(cx, case).await?;
        refused(cx, &exchange)?;
        if exchange.end_ms() > cx.budgets().refusal_ms {
            return Ok(cx.broken(format!("{}: after {:.0} ms", case.0, exchange.end_ms())).with(&exchange));
        }
    }
    Ok(Outcome::pass("broken JSON, [], \"x\", null, nothing: an error each"))
}

async fn has_status(cx: &Context) -> Judged {
    let mut seen = Vec::new();
    for case in [NO_TEXT[0], NO_TEXT[1], NO_REQUEST[0]] {
        let exchange = wrong(cx, case).await?;
        if !(400..500).contains(&exchange.status()) {
            return Ok(cx.broken(format!("{}: {}", case.0, exchange.summary())).with(&exchange));
        }
        seen.push(exchange.status().to_string());
    }
    Ok(Outcome::pass(seen.join(", ")))
}

async fn keeps_connection(cx: &Context) -> Judged {
    let mut connection = cx.connected().await?;
    let ask = Say::new("T-1").ask(cx).body("{}").label("an empty object");
    let error = connection.exchange(&ask, Limits::seconds(10)).await;
    let has_length =
        matches!(error.framing, BodyFraming::Chunked | BodyFraming::Length(_)) && error.is_complete();
    let says_close = error.head.as_ref().is_some_and(|head| head.lists("connection", "close"));
    if !has_length || says_close {
        let how = if says_close { "with Connection: close" } else { "without an end of its own" };
        return Ok(cx.broken(format!("{}, {how}", error.summary())).with(&error));
    }
    let good = connection.exchange(&Say::format("T-1", Format::plain(cx)).ask(cx), Limits::seconds(15)).await;
    if good.audio().is_ok() {
        return Ok(Outcome::pass(format!("{}, then {}", error.status(), good.status())));
    }
    Ok(cx.broken(format!("after the error: {}", good.summary())).with(&error).with(&good))
}

/// Every error the server was asked for, as far as it has the form of one.
async fn all(cx: &Context) -> Result<Vec<(Arc<Exchange>, Refused)>, Outcome> {
    let mut errors = Vec::new();
    for case in NO_TEXT.into_iter().chain(NO_REQUEST) {
        errors.push(wrong(cx, case).await?);
    }
    if cx.target().key.is_some() {
        let ask =
            Say::new("T-1").ask(cx).header("Authorization", "Bearer bargein-wrong-key").label("a wrong key");
        errors.push(cx.shared_ask(ask, Limits::seconds(10)).await);
    }
    let errors: Vec<_> = errors
        .into_iter()
        .filter_map(|exchange| refusal(&exchange).ok().map(|refused| (exchange, refused)))
        .collect();
    if errors.is_empty() {
        Err(Outcome::skip("no error has the protocol's form: see ERR-02"))
    } else {
        Ok(errors)
    }
}

/// What gives away how the server is built.
const LEAKS: [&str; 15] = [
    "Traceback",
    "File \"",
    "site-packages",
    "node_modules",
    "/usr/",
    concat!("/ho", "me/"),
    "/app/",
    "/opt/",
    "/var/",
    "C:\\",
    ".py\"",
    "panicked at",
    "goroutine ",
    "    at ",
    "\tat ",
];

async fn gives_nothing_away(cx: &Context) -> Judged {
    let errors = all(cx).await?;
    for (exchange, refused) in &errors {
        let leak = LEAKS.iter().find(|leak| refused.message.contains(**leak)).copied();
        let key = cx.target().key.as_ref().map(|key| key.expose()).filter(|key| key.len() >= 4);
        let key = key.filter(|key| refused.message.contains(key)).map(|_| "the key");
        let sent = refused.message.contains("bargein-wrong-key").then_some("the key that was sent");
        if let Some(leak) = leak.or(key).or(sent) {
            return Ok(cx
                .broken(format!("{}: {leak:?} in {:?}", exchange.ask.label, refused.message))
                .with(exchange));
        }
    }
    Ok(Outcome::pass(format!("nothing in {} errors", errors.len())))
}

async fn too_many(cx: &Context) -> Judged {
    let count = cx.budgets().streams + 20;
    let asks = (0..count).map(|at| {
        Say::format("T-ZH", Format::plain(cx)).ask(cx).label(format!("T-ZH, one of {count} at once: {at}"))
    });
    let answers = join_all(asks.map(|ask| async move { cx.ask(&ask, Limits::seconds(40)).await })).await;
    let served = answers.iter().filter(|exchange| exchange.audio().is_ok()).count();
    let others = answers.iter().filter(|exchange| exchange.audio().is_err());
    for exchange in others.clone() {
        let ms = exchange.head_ms().unwrap_or(f64::INFINITY);
        let is_refused = refusal(exchange).is_ok() && matches!(exchange.status(), 429 | 503);
        if !is_refused || ms > 300.0 {
            return Ok(cx
                .broken(format!(
                    "of {count} at once {served} are served, and one gets {} at {ms:.0} ms",
                    exchange.summary()
                ))
                .with(exchange));
        }
    }
    match others.count() {
        0 => Err(Outcome::skip(format!("all of {count} at once are served: no limit was found"))),
        refused => Ok(Outcome::pass(format!("of {count} at once {served} are served and {refused} refused"))),
    }
}

async fn breaks_off(cx: &Context) -> Judged {
    let Some((name, value)) = &cx.settings().fault_header else {
        return Err(Outcome::skip("no --fault-header that makes the server fail in the middle"));
    };
    let ask = Say::format("T-ZH", Format::plain(cx)).ask(cx).header(name, value).label("T-ZH with a fault");
    let exchange = cx.ask(&ask, Limits::seconds(15)).await;
    answered(&exchange)?;
    let has_json = exchange.body.windows(8).any(|window| window == b"{\"error\"");
    match &exchange.end {
        _ if super::refusal::is_json(&exchange) => {
            Err(Outcome::skip(format!("it failed before the audio: {}", exchange.summary())))
        }
        _ if has_json => {
            Ok(cx.broken(format!("JSON within the audio: {}", exchange.summary())).with(&exchange))
        }
        End::Closed | End::Broken(_) => Ok(Outcome::pass(exchange.end.to_string())),
        _ => Ok(cx.broken(format!("it ends as if it were whole: {}", exchange.summary())).with(&exchange)),
    }
}

async fn same_code(cx: &Context) -> Judged {
    let once = wrong(cx, NO_TEXT[1]).await?;
    let ask = Say::new("T-1").ask(cx).body(NO_TEXT[1].1).label("no Text, again");
    let again = cx.ask(&ask, Limits::seconds(10)).await;
    answered(&again)?;
    let (Ok(one), Ok(other)) = (refusal(&once), refusal(&again)) else {
        return Err(Outcome::skip("the error has not the protocol's form: see ERR-02"));
    };
    if one.code == other.code {
        return Ok(Outcome::pass(one.code));
    }
    Ok(cx.broken(format!("{}, then {}", one.code, other.code)).with(&once).with(&again))
}

async fn short_words(cx: &Context) -> Judged {
    let errors = all(cx).await?;
    for (exchange, refused) in &errors {
        let length = refused.message.len();
        if length > 512 || std::str::from_utf8(&exchange.body).is_err() {
            return Ok(cx.broken(format!("{}: {length} bytes", exchange.ask.label)).with(exchange));
        }
    }
    let longest = errors.iter().map(|(_, refused)| refused.message.len()).max().unwrap_or(0);
    Ok(Outcome::pass(format!("the longest of {} has {longest} bytes", errors.len())))
}

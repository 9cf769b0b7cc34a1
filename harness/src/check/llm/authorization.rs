//! Authorization: the key decides, before anything is generated.

use serde_json::Value;

use super::chat::{Chat, HELLO, is_answered, said, unanswered};
use super::errors::shape;
use crate::check::catalogue::{Check, Entry, Level};
use crate::check::raw::Exchange;
use crate::check::{Context, Judged, Outcome};

/// The checks of the group.
pub(super) const CHECKS: &[Check] = &[
    Check {
        entry: Entry::new("AUT-01", Level::Must, "without a key nothing is answered")
            .rule("no `Authorization`", "401 (or 403) with an error as JSON")
            .advice(
                "an open service is somebody else's bill",
                "the check was left to a gateway that is not there",
                "refuse in the service too",
            )
            .quick(),
        judge: |cx| Box::pin(missing(cx)),
    },
    Check {
        entry: Entry::new("AUT-02", Level::Must, "a wrong key is refused")
            .rule(
                "the key and one letter more, the key without its last letter, an empty key",
                "401 (or 403) with an error as JSON",
            )
            .advice(
                "comparing prefixes, or taking the empty key for \"none needed\"",
                "a comparison that stops too early",
                "compare whole keys, in constant time",
            ),
        judge: |cx| Box::pin(wrong(cx)),
    },
    Check {
        entry: Entry::new("AUT-03", Level::Should, "the scheme is known in any letter case")
            .rule("`bearer` with the right key", "status 200")
            .advice(
                "the scheme is case-insensitive (RFC 9110)",
                "the text `Bearer ` is compared",
                "compare the scheme without case",
            ),
        judge: |cx| Box::pin(lower_case(cx)),
    },
    Check {
        entry: Entry::new("AUT-04", Level::Should, "the refusal has a code")
            .rule("a wrong key", "`error.code` is a text, such as `invalid_api_key`")
            .advice(
                "clients tell a wrong key from a wrong request by it",
                "codes were left out",
                "send `invalid_api_key`",
            ),
        judge: |cx| Box::pin(code(cx)),
    },
];

fn key(cx: &Context) -> Result<&str, Outcome> {
    let key = cx.target().key.as_ref().map(|key| key.expose());
    key.ok_or_else(|| Outcome::skip("no key was given: `--key`"))
}

async fn with_key(cx: &Context, label: &str, value: Option<&str>) -> Exchange {
    let ask = Chat::new(label, HELLO).ask(cx).await.without("Authorization");
    let ask = match value {
        Some(value) => ask.and_header("Authorization", value),
        None => ask,
    };
    cx.ask(&ask, super::chat::limits()).await
}

fn is_refused(exchange: &Exchange) -> bool {
    matches!(exchange.status(), 401 | 403) && shape(exchange).is_ok()
}

async fn missing(cx: &Context) -> Judged {
    key(cx)?;
    let exchange = with_key(cx, "hello without a key", None).await;
    Ok(if is_refused(&exchange) {
        Outcome::pass(said(&exchange))
    } else {
        cx.broken(said(&exchange)).with(&exchange)
    })
}

async fn wrong(cx: &Context) -> Judged {
    let key = key(cx)?;
    let mut shorter = key.to_owned();
    shorter.pop();
    let values = [
        ("a key with one letter more", format!("Bearer {key}x")),
        ("a key without its last letter", format!("Bearer {shorter}")),
        ("an empty key", "Bearer ".to_owned()),
    ];
    for (label, value) in values {
        let exchange = with_key(cx, label, Some(&value)).await;
        if !is_refused(&exchange) {
            return Ok(cx.broken(format!("{label}: {}", said(&exchange))).with(&exchange));
        }
    }
    Ok(Outcome::pass("refused each time"))
}

async fn lower_case(cx: &Context) -> Judged {
    let value = format!("bearer {}", key(cx)?);
    let exchange = with_key(cx, "hello with `bearer`", Some(&value)).await;
    Ok(if is_answered(&exchange) { Outcome::pass(exchange.summary()) } else { unanswered(cx, &exchange) })
}

async fn code(cx: &Context) -> Judged {
    key(cx)?;
    let exchange = with_key(cx, "hello with a wrong key", Some("Bearer wrong")).await;
    let Ok(error) = shape(&exchange) else { return Ok(Outcome::skip("the refusal has no shape: AUT-02")) };
    match error.get("code").and_then(Value::as_str).filter(|code| !code.is_empty()) {
        Some(code) => Ok(Outcome::pass(code)),
        None => Ok(cx
            .broken(format!("`error.code` is {}", error.get("code").unwrap_or(&Value::Null)))
            .with(&exchange)),
    }
}

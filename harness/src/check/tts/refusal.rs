//! Errors in the protocol's form.

use serde_json::Value;

use crate::check::raw::{End, Exchange};
use crate::check::{Context, Outcome};

/// An error in the protocol's form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Refused {
    pub(super) code: String,
    pub(super) message: String,
}

/// The error of an answer, or what is wrong with it as one.
pub(super) fn refusal(exchange: &Exchange) -> Result<Refused, String> {
    if !is_json(exchange) {
        return Err(exchange.summary());
    }
    let body: Value = serde_json::from_slice(&exchange.body)
        .map_err(|error| format!("{}: the body is no JSON: {error}", exchange.summary()))?;
    let error = body.get("error").filter(|error| error.is_object());
    let error = error.ok_or_else(|| format!("no object under `error` in {}", shown(&body)))?;
    let text = |key: &str| {
        let value = error.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        value.map(str::to_owned).ok_or_else(|| format!("no text under `error.{key}` in {}", shown(&body)))
    };
    Ok(Refused { code: text("code")?, message: text("message")? })
}

/// Whether the type of an answer says that it is an error.
pub(super) fn is_json(exchange: &Exchange) -> bool {
    exchange.head.as_ref().is_some_and(|head| head.media_type() == "application/json")
}

/// The outcome when no answer came at all, because there was no connection.
pub(super) fn answered(exchange: &Exchange) -> Result<(), Outcome> {
    match &exchange.end {
        End::Unreached(why) => Err(Outcome::error(why.to_string())),
        _ => Ok(()),
    }
}

/// The outcome when an answer is no error in the protocol's form.
pub(super) fn refused(cx: &Context, exchange: &Exchange) -> Result<Refused, Outcome> {
    answered(exchange)?;
    refusal(exchange).map_err(|why| cx.broken(format!("{}: {why}", exchange.ask.label)).with(exchange))
}

fn shown(body: &Value) -> String {
    body.to_string().chars().take(160).collect()
}

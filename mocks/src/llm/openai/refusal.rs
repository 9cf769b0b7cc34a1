//! How this vendor says no.

use bargein_wire::units::Dur;
use serde_json::json;

use crate::answer::{Answer, Head};

/// A refusal in the vendor's own shape.
pub(super) struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The vendor's code; `None`: the usual one of the status.
    pub code: Option<String>,
    /// The member of the request at fault.
    pub param: Option<&'static str>,
    /// In place of the usual words of the status.
    pub message: Option<String>,
    /// When to come again.
    pub retry_after: Option<Dur>,
}

impl Refusal {
    pub(super) const fn new(status: u16) -> Self {
        Self { status, code: None, param: None, message: None, retry_after: None }
    }

    /// The error as JSON.
    pub(super) fn body(&self) -> serde_json::Value {
        let (kind, code, words) = usual(self.status);
        let code = self.code.as_deref().or(code);
        let kind = if code == Some("insufficient_quota") { "insufficient_quota" } else { kind };
        let message = self.message.as_deref().unwrap_or(words);
        json!({ "error": { "message": message, "type": kind, "param": self.param, "code": code } })
    }

    /// The head of the answer, without a type of the body.
    pub(super) fn head(&self) -> Head {
        let mut head = Head::new(self.status);
        if let Some(retry_after) = self.retry_after {
            let millis = retry_after.get().as_millis();
            head.set("retry-after", millis.div_ceil(1000).to_string());
            head.set("retry-after-ms", millis.to_string());
        }
        head
    }

    /// The whole answer.
    pub(super) fn answer(&self) -> Answer {
        Answer::whole(self.head().with("content-type", "application/json"), self.body().to_string())
    }
}

/// Type, code and words of an error by its status, as the vendor uses them.
const fn usual(status: u16) -> (&'static str, Option<&'static str>, &'static str) {
    match status {
        401 => (
            "invalid_request_error",
            Some("invalid_api_key"),
            "Incorrect API key provided. You can find your API key in your account settings.",
        ),
        402 => ("insufficient_quota", Some("insufficient_quota"), "Insufficient balance."),
        403 => (
            "request_forbidden",
            Some("unsupported_country_region_territory"),
            "Country, region, or territory not supported",
        ),
        404 => (
            "invalid_request_error",
            Some("model_not_found"),
            "The model does not exist or you do not have access to it.",
        ),
        429 => ("requests", Some("rate_limit_exceeded"), "Rate limit reached for requests."),
        503 => (
            "server_error",
            Some("engine_overloaded"),
            "The engine is currently overloaded, please try again later.",
        ),
        500.. => {
            ("server_error", None, "The server had an error while processing your request. Sorry about that!")
        }
        _ => ("invalid_request_error", None, "The request could not be processed."),
    }
}

//! Refusals in JSON, wherever a vendor puts its code and its words.

use std::borrow::Cow;

use bargein_core::{FaultKind, VendorFault};
use http::StatusCode;
use serde_json::Value;

use crate::fault::{capped, kind_of_status};

/// Where a vendor's refusals say what, and what their codes mean.
pub(super) struct Shape {
    /// JSON pointers to the code; the first that leads to a text or a number counts.
    pub(super) code: &'static [&'static str],
    /// JSON pointers to the words.
    pub(super) words: &'static [&'static str],
    /// What a code means, whatever the status; `None`: as the status has it.
    pub(super) kind: fn(&str, StatusCode) -> Option<FaultKind>,
}

impl Shape {
    /// The fault of an answer with this status and body.
    pub(super) fn fault(&self, status: StatusCode, body: &str) -> VendorFault {
        let told: Value = serde_json::from_str(body).unwrap_or_default();
        self.read(status, &told, body)
    }

    /// The fault of a message that stands in the midst of an answer.
    pub(super) fn of_message(&self, message: &Value) -> VendorFault {
        self.read(StatusCode::OK, message, &message.to_string())
    }

    fn read(&self, status: StatusCode, told: &Value, body: &str) -> VendorFault {
        let code = find(told, self.code);
        let kind = code.as_deref().and_then(|code| (self.kind)(code, status));
        let kind = kind.unwrap_or_else(|| match status {
            status if status.is_success() => FaultKind::Unavailable,
            status => kind_of_status(status),
        });
        let words = match (find(told, self.words), body.trim()) {
            (Some(words), _) => words,
            (None, "") => format!("expected audio, got the status {status} without a word").into(),
            (None, body) => format!("expected audio, got the status {status} and `{body}`").into(),
        };
        let code = code.unwrap_or_else(|| status.as_u16().to_string().into());
        VendorFault::new(kind, capped(&words)).with_code(code)
    }
}

/// The first text that is not empty, or number, at these places.
fn find<'a>(told: &'a Value, places: &[&str]) -> Option<Cow<'a, str>> {
    places.iter().find_map(|place| match told.pointer(place)? {
        Value::String(text) if !text.is_empty() => Some(text.into()),
        Value::Number(number) => Some(number.to_string().into()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: Shape = Shape {
        code: &["/error/code", "/code"],
        words: &["/error/message"],
        kind: |code, _| (code == "quota").then_some(FaultKind::Quota),
    };

    #[test]
    fn a_refusal_is_told_by_its_code_then_by_its_status() {
        for (status, body, kind, code, words) in [
            (429, r#"{"error":{"code":"quota","message":"empty"}}"#, FaultKind::Quota, "quota", "empty"),
            (429, r#"{"error":{"code":"","message":"slow"},"code":7}"#, FaultKind::RateLimited, "7", "slow"),
            (
                200,
                r#"{"code":9}"#,
                FaultKind::Unavailable,
                "9",
                r#"expected audio, got the status 200 OK and `{"code":9}`"#,
            ),
            (
                502,
                "<html>",
                FaultKind::Unavailable,
                "502",
                "expected audio, got the status 502 Bad Gateway and `<html>`",
            ),
            (
                401,
                " ",
                FaultKind::Auth,
                "401",
                "expected audio, got the status 401 Unauthorized without a word",
            ),
        ] {
            let status = StatusCode::from_u16(status).expect("a status");
            assert_eq!(
                SHAPE.fault(status, body),
                VendorFault::new(kind, words).with_code(code),
                "{status} {body}"
            );
        }
    }
}

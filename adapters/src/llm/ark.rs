//! Volcano Ark, where Doubao lives: the model may be an endpoint's id, `ep-…`.
//!
//! Source: its SDK (volcengine-ark-runtime 5.0.54) and its table of errors; see `fixtures/wire/ark/SOURCE.md`.

use bargein_core::FaultKind;
use serde_json::json;

use super::openai::{Dialect, Speaks};

/// The vendor.
#[derive(Clone, Copy, Debug)]
pub struct Ark;

impl Speaks for Ark {
    const DIALECT: Dialect = Dialect {
        url: "https://ark.cn-beijing.volces.com/api/v3/chat/completions",
        request_id: Some("x-client-request-id"),
        without_thinking: |body| {
            body.insert("thinking".to_owned(), json!({ "type": "disabled" }));
        },
        codes: &[
            // All of them come with status 429 or 403.
            ("ServerOverloaded", FaultKind::Unavailable),
            ("SetLimitExceeded", FaultKind::Quota),
            ("QuotaExceeded", FaultKind::Quota),
            ("AccountOverdueError", FaultKind::Quota),
            ("SensitiveContentDetected", FaultKind::BadRequest),
        ],
    };
}

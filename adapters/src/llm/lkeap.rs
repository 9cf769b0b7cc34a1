//! DeepSeek's models on Tencent's LKEAP, in its OpenAI mode. Few requests at a time are allowed by default.
//!
//! Source: its documents and SDK (tencentcloud-sdk-python-lkeap 3.1.173); see `fixtures/wire/lkeap/SOURCE.md`.

use bargein_core::FaultKind;

use super::openai::{Dialect, REFERENCE, Speaks};

/// The vendor.
#[derive(Clone, Copy, Debug)]
pub struct Lkeap;

impl Speaks for Lkeap {
    const DIALECT: Dialect = Dialect {
        url: "https://api.lkeap.cloud.tencent.com/v1/chat/completions",
        request_id: None,
        codes: &[
            ("LimitExceeded", FaultKind::RateLimited),
            ("FailedOperation.EngineServerLimitExceeded", FaultKind::RateLimited),
            ("ResourceUnavailable.InArrears", FaultKind::Quota),
        ],
        ..REFERENCE
    };
}

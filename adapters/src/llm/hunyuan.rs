//! Tencent's Hunyuan in its OpenAI mode.
//!
//! Source: its documents of the compatible interface and the codes of its SDK; see `fixtures/wire/hunyuan/SOURCE.md`.
//! Deliberately out: the native interface with its own signature and words.

use bargein_core::FaultKind;

use super::openai::{Dialect, REFERENCE, Speaks};

/// The vendor.
#[derive(Clone, Copy, Debug)]
pub struct Hunyuan;

impl Speaks for Hunyuan {
    const DIALECT: Dialect = Dialect {
        url: "https://api.hunyuan.cloud.tencent.com/v1/chat/completions",
        request_id: None,
        codes: &[
            ("LimitExceeded", FaultKind::RateLimited),
            ("FailedOperation.EngineServerLimitExceeded", FaultKind::RateLimited),
            ("FailedOperation.EngineRequestTimeout", FaultKind::Timeout),
            ("FailedOperation.EngineServerError", FaultKind::Unavailable),
            ("FailedOperation.ResourcePackExhausted", FaultKind::Quota),
            ("ResourceUnavailable.InArrears", FaultKind::Quota),
            ("OperationDenied.TextIllegalDetected", FaultKind::BadRequest),
        ],
        ..REFERENCE
    };
}

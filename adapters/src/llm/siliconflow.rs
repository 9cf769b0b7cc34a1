//! SiliconFlow: chat completions, and refusals without an `error` member.
//!
//! Source: its page of error codes; see `fixtures/wire/siliconflow/SOURCE.md`. Thinking is not switched off here: models that
//! have no switch refuse the member.

use bargein_core::FaultKind;

use super::openai::{Dialect, REFERENCE, Speaks};

/// The vendor.
#[derive(Clone, Copy, Debug)]
pub struct SiliconFlow;

impl Speaks for SiliconFlow {
    const DIALECT: Dialect = Dialect {
        url: "https://api.siliconflow.cn/v1/chat/completions",
        request_id: None,
        codes: &[
            ("20012", FaultKind::BadRequest),
            // Said with status 403, as if the key were wrong.
            ("30001", FaultKind::Quota),
            ("50505", FaultKind::Unavailable),
        ],
        ..REFERENCE
    };
}

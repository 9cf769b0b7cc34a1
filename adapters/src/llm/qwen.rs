//! Qwen behind the compatible mode of Alibaba's Model Studio.
//!
//! Source: its documents of the compatible mode and its table of errors; see `fixtures/wire/qwen/SOURCE.md`.
//! Deliberately out: the native interface.

use bargein_core::FaultKind;

use super::openai::{Dialect, Speaks};

/// The vendor.
#[derive(Clone, Copy, Debug)]
pub struct Qwen;

impl Speaks for Qwen {
    const DIALECT: Dialect = Dialect {
        url: "https://dashscope.aliyuncs.com/compatible-mode/v1/chat/completions",
        request_id: None,
        without_thinking: |body| {
            body.insert("enable_thinking".to_owned(), false.into());
        },
        codes: &[
            // Said with status 400, as if the request were wrong.
            ("Arrearage", FaultKind::Quota),
            ("insufficient_quota", FaultKind::Quota),
            ("data_inspection_failed", FaultKind::BadRequest),
        ],
    };
}

//! StepFun: usage and an empty role on every chunk, an empty finish reason until the end.
//!
//! Source: its API reference; see `fixtures/wire/stepfun/SOURCE.md`.

use bargein_core::FaultKind;

use super::openai::{Dialect, REFERENCE, Speaks};

/// The vendor.
#[derive(Clone, Copy, Debug)]
pub struct StepFun;

impl Speaks for StepFun {
    const DIALECT: Dialect = Dialect {
        url: "https://api.stepfun.com/v1/chat/completions",
        request_id: None,
        codes: &[
            ("engine_overloaded", FaultKind::Unavailable),
            ("quota_exceeded", FaultKind::Quota),
            ("censorship_blocked", FaultKind::BadRequest),
        ],
        ..REFERENCE
    };
}

//! MiniMax: `chatcompletion_v2`, whose failures come with status 200 and a `base_resp`, and whose last frame says everything
//! once more.
//!
//! Source: its API reference and reports; see `fixtures/wire/minimax/SOURCE.md`. Its numbers are in the table that all
//! dialects share, because they are met behind other vendors' addresses too.

use bargein_core::FaultKind;

use super::openai::{Dialect, REFERENCE, Speaks};

/// The vendor.
#[derive(Clone, Copy, Debug)]
pub struct MiniMax;

impl Speaks for MiniMax {
    const DIALECT: Dialect = Dialect {
        url: "https://api.minimaxi.com/v1/text/chatcompletion_v2",
        request_id: None,
        codes: &[
            ("1028", FaultKind::Quota),
            ("1030", FaultKind::Quota),
            ("2056", FaultKind::Quota),
            ("2061", FaultKind::Quota),
        ],
        ..REFERENCE
    };
}

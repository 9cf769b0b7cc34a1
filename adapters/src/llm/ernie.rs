//! Ernie on Baidu's Qianfan, version 2 of its interface; version 1's failures are understood too.
//!
//! Source: its SDK (qianfan 0.4.12.3) and reports; see `fixtures/wire/ernie/SOURCE.md`.

use bargein_core::FaultKind;

use super::openai::{Dialect, REFERENCE, Speaks};

/// The vendor.
#[derive(Clone, Copy, Debug)]
pub struct Ernie;

impl Speaks for Ernie {
    const DIALECT: Dialect = Dialect {
        url: "https://qianfan.baidubce.com/v2/chat/completions",
        request_id: None,
        codes: &[
            ("invalid_iam_token", FaultKind::Auth),
            ("system_unsafe", FaultKind::BadRequest),
            ("user_setting_unsafe", FaultKind::BadRequest),
            ("4", FaultKind::RateLimited),
            ("17", FaultKind::Quota),
            ("18", FaultKind::RateLimited),
            ("19", FaultKind::RateLimited),
            ("336000", FaultKind::Unavailable),
            ("336001", FaultKind::BadRequest),
            ("336002", FaultKind::BadRequest),
            ("336003", FaultKind::BadRequest),
        ],
        ..REFERENCE
    };
}

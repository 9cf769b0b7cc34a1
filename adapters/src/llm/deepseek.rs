//! DeepSeek: chat completions, with a model that thinks unless it is asked not to.
//!
//! Source: its API reference (switch `thinking`, status 402 and 422, keep-alive comments); see
//! `fixtures/wire/deepseek/SOURCE.md`. Its comments and blank lines are read by the shared decoder.

use serde_json::json;

use super::openai::{Dialect, REFERENCE, Speaks};

/// The vendor.
#[derive(Clone, Copy, Debug)]
pub struct DeepSeek;

impl Speaks for DeepSeek {
    const DIALECT: Dialect = Dialect {
        url: "https://api.deepseek.com/v1/chat/completions",
        request_id: None,
        without_thinking: |body| {
            body.insert("thinking".to_owned(), json!({ "type": "disabled" }));
        },
        ..REFERENCE
    };
}

//! What vendors that speak chat completions do differently, as values: one for each vendor, in its own file.

use bargein_wire::units::Secret;
use serde_json::{Map, Value, json};

use super::stream::Part;
use crate::answer::Answer;
use crate::llm::quirk::Quirk;
use crate::llm::refusal::{Refusal, Usual, usual};

/// What one vendor does differently from the service whose protocol it speaks.
pub(crate) struct Dialect {
    /// The paths that are chat completions; the first is the one that clients are given.
    pub(crate) paths: &'static [&'static str],
    /// Whether the same are served below any other base, as behind a proxy.
    pub(crate) any_base: bool,
    /// The one model of the catalogue. Any name is answered all the same.
    pub(crate) model: &'static str,
    /// When a stream tells its usage.
    pub(crate) usage: UsageIn,
    /// The peculiarities that every stream of this vendor shows.
    pub(crate) always: &'static [Quirk],
    /// The header that names the answer.
    pub(crate) request_id: &'static str,
    /// Whether a wait is told in milliseconds too.
    pub(crate) retry_after_ms: bool,
    /// Gives a chunk of a stream, or the whole answer, the vendor's own members.
    pub(crate) dress: fn(Part, &mut Map<String, Value>),
    /// How the vendor says no: the status that is really sent, and the body.
    pub(crate) refuse: fn(&Refusal) -> (u16, Value),
}

/// When a stream tells its usage.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum UsageIn {
    /// In a chunk of its own, when asked for.
    AskedChunk,
    /// In a chunk of its own when asked for, else in the last one.
    LastChunk,
}

/// The service that made the protocol.
pub(crate) const REFERENCE: Dialect = Dialect {
    paths: &["/v1/chat/completions"],
    any_base: true,
    model: "mock-1",
    usage: UsageIn::AskedChunk,
    always: &[],
    request_id: "x-request-id",
    retry_after_ms: true,
    dress: |_, _| {},
    refuse: |refusal| {
        let said = refusal.said(USUAL);
        let error =
            json!({ "message": said.message, "type": said.kind, "param": refusal.param, "code": said.code });
        (refusal.status, json!({ "error": error }))
    },
};

/// Every vendor but the reference serves its own paths only, and tells waits in seconds.
pub(crate) const VENDOR: Dialect = Dialect { any_base: false, retry_after_ms: false, ..REFERENCE };

impl Dialect {
    /// How this vendor says that something is wrong.
    pub(super) fn failure(&self, refusal: &Refusal) -> Value {
        (self.refuse)(refusal).1
    }

    /// A refusal of this vendor's.
    pub(super) fn answer(&self, refusal: &Refusal) -> Answer {
        refusal.answer_as((self.refuse)(refusal), self.retry_after_ms)
    }

    /// Whether a path is one of chat completions.
    pub(super) fn is_chat(&self, path: &str) -> bool {
        self.paths.contains(&path) || self.any_base && path.ends_with("/chat/completions")
    }

    /// Whether a path is this vendor's at all.
    pub(crate) fn takes(&self, path: &str) -> bool {
        self.is_chat(path) || path.contains("/models")
    }

    /// The address of chat completions at an authority.
    pub(crate) fn url(&self, authority: &str) -> String {
        format!("http://{authority}{}", self.paths.first().unwrap_or(&"/"))
    }

    /// What people set OpenAI's client to.
    pub(crate) fn base_url(&self, authority: &str) -> String {
        let path = self.paths.iter().find_map(|path| path.strip_suffix("/chat/completions"));
        format!("base_url = http://{authority}{}", path.unwrap_or_default())
    }

    /// What our own client is set to.
    pub(crate) fn settings(&self, authority: &str, key: &Secret) -> Value {
        json!({ "url": self.url(authority), "key": key.expose(), "model": self.model })
    }
}

/// The line of the registry for a vendor that speaks chat completions: its id and its dialect.
macro_rules! chat_vendor {
    ($id:literal, $dialect:expr) => {
        /// The vendor.
        pub(crate) const VENDOR: $crate::registry::Vendor<$crate::registry::LlmRouter> =
            $crate::registry::Vendor {
                id: $id,
                router: |script, ledger| $crate::llm::openai::router(script, ledger, &$dialect),
                settings: |authority, key| $dialect.settings(authority, key),
                door: $crate::registry::Door {
                    is_web_socket: false,
                    takes: |path| $dialect.takes(path),
                    client: |authority| $dialect.base_url(authority),
                },
            };
    };
}
pub(crate) use chat_vendor;

/// As the service that made the protocol says it; in order of the statuses.
const USUAL: &[Usual] = &[
    usual(400, "invalid_request_error", "", "The request could not be processed."),
    usual(
        401,
        "invalid_request_error",
        "invalid_api_key",
        "Incorrect API key provided. You can find your API key in your account settings.",
    ),
    usual(402, "insufficient_quota", "insufficient_quota", "Insufficient balance."),
    usual(
        403,
        "request_forbidden",
        "unsupported_country_region_territory",
        "Country, region, or territory not supported",
    ),
    usual(
        404,
        "invalid_request_error",
        "model_not_found",
        "The model does not exist or you do not have access to it.",
    ),
    usual(429, "requests", "rate_limit_exceeded", "Rate limit reached for requests."),
    usual(
        500,
        "server_error",
        "",
        "The server had an error while processing your request. Sorry about that!",
    ),
    usual(
        503,
        "server_error",
        "engine_overloaded",
        "The engine is currently overloaded, please try again later.",
    ),
];

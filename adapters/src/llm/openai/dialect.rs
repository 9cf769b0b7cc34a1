//! What vendors that speak chat completions do differently, as values: one for each vendor, in its own file.

use bargein_core::FaultKind;
use serde_json::{Map, Value};

/// What one vendor does differently from the service whose protocol it speaks.
#[derive(Clone, Copy, Debug)]
pub struct Dialect {
    /// The vendor's own address, with the path. Asked when the settings name no other.
    pub url: &'static str,
    /// A header of the vendor's own for the name of a request, in lower case. It carries the same over retries.
    pub request_id: Option<&'static str>,
    /// Sets the members of a request that keep the model from thinking before it speaks.
    pub without_thinking: fn(&mut Map<String, Value>),
    /// What the vendor's codes mean where neither the status nor the words of a refusal say so.
    pub codes: &'static [(&'static str, FaultKind)],
}

/// The service that made the protocol, and every vendor that does nothing differently.
pub const REFERENCE: Dialect = Dialect {
    url: "https://api.openai.com/v1/chat/completions",
    request_id: Some("x-client-request-id"),
    without_thinking: |_| {},
    codes: &[],
};

/// A vendor that speaks chat completions in its own way.
pub trait Speaks: Send + Sync + 'static {
    /// Its way.
    const DIALECT: Dialect;
}

//! How much a vendor allows.

use bargein_wire::units::{Rate, Secret};
use schemars::JsonSchema;
use serde::Deserialize;

/// What each key may use at most. Default: as much as it likes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Limits {
    /// So many requests within any stretch of time of the given length.
    pub rate: Option<Rate>,
    /// So many requests at once, each counted until its answer has been sent or dropped.
    pub concurrent: Option<u32>,
}

/// The keys of a script that concern the account and not a request.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Account {
    /// Whose protocol is spoken.
    pub vendor: Option<String>,
    /// The only key that is let in; without it everyone is.
    pub key: Option<Secret>,
    /// Requests a key may make, such as `20 per minute`, within any such stretch of time; without it any number.
    pub rate: Option<Rate>,
    /// Requests a key may have in progress; without it any number.
    pub concurrent: Option<u32>,
}

//! The labels of the counters, and the names that may be one.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use prometheus_client::encoding::EncodeLabelSet;

/// How many names there are at most; all further ones are [`OTHER`].
const MOST_NAMES: usize = 256;
const OTHER: &str = "other";

/// The names of routes and targets that were seen.
#[derive(Debug, Default)]
pub(super) struct Names(Mutex<BTreeSet<String>>);

impl Names {
    /// The name, or [`OTHER`] when there are too many.
    pub(super) fn known(&self, name: &str) -> String {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if names.contains(name) {
            return name.to_owned();
        }
        if names.len() >= MOST_NAMES {
            return OTHER.to_owned();
        }
        names.insert(name.to_owned());
        name.to_owned()
    }
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
pub(super) struct Door {
    pub(super) door: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
pub(super) struct Requests {
    pub(super) door: &'static str,
    pub(super) status: u16,
    pub(super) end: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
pub(super) struct Asked {
    pub(super) door: &'static str,
    pub(super) route: String,
    pub(super) target: String,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
pub(super) struct Tokens {
    pub(super) route: String,
    pub(super) direction: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
pub(super) struct Failed {
    pub(super) door: &'static str,
    pub(super) route: String,
    pub(super) target: String,
    pub(super) kind: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
pub(super) struct Sources {
    pub(super) source: &'static str,
}

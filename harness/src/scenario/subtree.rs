//! A part of a file that someone else understands: its value, and where each key of it stands.

use std::sync::Arc;

use indexmap::IndexMap;

use super::diagnostic::Diagnostic;
use super::source::{Place, Source};

/// The value of `agent`, `asr`, `llm`, `tts` or an `update`, as JSON in the order of the file.
///
/// Whoever reads it reports mistakes by key path, written as `serde_path_to_error` writes it:
/// `endpointing.silence`, `request 1.status`, `initial[0].role`. [`Subtree::diagnostic`] finds the place.
#[derive(Clone, Debug)]
pub struct Subtree {
    /// The value; an empty map when the key is absent.
    pub value: serde_json::Value,
    source: Arc<Source>,
    place: Place,
    places: IndexMap<String, KeyPlaces>,
}

/// Where one entry of a subtree stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct KeyPlaces {
    /// Its key; the item itself in a list.
    pub(super) key: Place,
    /// Its value.
    pub(super) value: Place,
}

impl Subtree {
    /// A mistake which the reader of the value found at a key path. The caret stands under the value; for a key that
    /// is not known, under the key; for a path that is not in the file, under the nearest thing above it.
    #[must_use]
    pub fn diagnostic(&self, key_path: &str, message: impl Into<String>) -> Diagnostic {
        let message = message.into();
        let place = named_key(&message)
            .and_then(|key| self.places.get(&join(key_path, key)))
            .map_or_else(|| self.place_of(key_path), |places| places.key);
        Diagnostic::new(&self.source, place, message)
    }

    /// Where the value of a key path stands, or the nearest thing above it.
    #[must_use]
    pub fn place_of(&self, key_path: &str) -> Place {
        let mut path = key_path;
        loop {
            if let Some(places) = self.places.get(path) {
                return places.value;
            }
            match path.rfind(['.', '[']) {
                Some(end) => path = &path[..end],
                None => return self.place,
            }
        }
    }
}

/// The path of a key in the map at `path`.
pub(super) fn join(path: &str, key: &str) -> String {
    if path.is_empty() || path == "." { key.to_owned() } else { format!("{path}.{key}") }
}

/// The key which serde's "unknown field `x`, expected …" names.
fn named_key(message: &str) -> Option<&str> {
    message.split_once("unknown field `")?.1.split_once('`').map(|(key, _)| key)
}

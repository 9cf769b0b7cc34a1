//! A part of a file that someone else understands: its value, and where each key of it stands.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::decode::Decoder;
use super::diagnostic::Diagnostic;
use super::fixtures::Fixtures;
use super::source::{Place, Source};
use super::yaml::{Node, NodeKind, Plain, Scalar, Style};

/// The value of `agent`, `asr`, `llm`, `tts` or an `update`, as JSON in the order of the file.
///
/// In it, `{ file: NAME }` has become the text of that file and `tape NAME` the list of its lines. Whoever reads the
/// value reports mistakes by the path of keys that leads there; [`Subtree::diagnostic`] finds the place.
#[derive(Clone, Debug)]
pub struct Subtree {
    /// The value; an empty map when the key is absent.
    pub value: Value,
    source: Arc<Source>,
    place: Place,
    places: BTreeMap<Vec<String>, KeyPlaces>,
}

/// Where one entry of a subtree stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct KeyPlaces {
    /// Its key; the item itself in a list.
    key: Place,
    /// Its value.
    value: Place,
}

impl Subtree {
    /// A mistake which the reader of the value found at a path: keys, and positions as `0` or `[0]`. The caret stands
    /// under the value; for a key that is not known, under the key; for a path that is not in the file, under the
    /// nearest thing above it.
    #[must_use]
    pub fn diagnostic<S: AsRef<str>>(
        &self,
        path: impl IntoIterator<Item = S>,
        message: impl Into<String>,
    ) -> Diagnostic {
        let message = message.into();
        let mut path: Vec<String> =
            path.into_iter().map(|segment| position(segment.as_ref()).to_owned()).collect();
        let is_about_key = message.starts_with("unknown key");
        let unknown = unknown_field(&message);
        if let Some(key) = unknown.filter(|key| path.last().is_none_or(|last| last != key)) {
            path.push(key.to_owned());
        }
        let place = match self.places.get(&path) {
            Some(places) if is_about_key || unknown.is_some() => places.key,
            _ => self.place_of(path),
        };
        match without_proposal(&message) {
            Some((message, proposal)) => Diagnostic::new(&self.source, place, message).with_help(proposal),
            None => Diagnostic::new(&self.source, place, message),
        }
    }

    /// Where the value of a path stands, or of the nearest thing above it.
    fn place_of(&self, mut path: Vec<String>) -> Place {
        loop {
            if let Some(places) = self.places.get(&path) {
                return places.value;
            }
            if path.pop().is_none() {
                return self.place;
            }
        }
    }

    /// An absent key: an empty map, which mistakes are shown for at `place`.
    pub(super) fn absent(source: &Arc<Source>, place: Place) -> Self {
        let value = Value::Object(serde_json::Map::new());
        Self { value, source: Arc::clone(source), place, places: BTreeMap::new() }
    }

    /// The value of a key, with the files it names.
    pub(super) fn of(decoder: &mut Decoder<'_>, fixtures: &dyn Fixtures, key: Place, node: &Node) -> Self {
        let mut subtree = Self::absent(decoder.source, key);
        decoder.entries(node, "keys and values");
        subtree.value = subtree.json(decoder, fixtures, node, &mut Vec::new());
        subtree
    }

    fn json(
        &mut self,
        decoder: &mut Decoder<'_>,
        fixtures: &dyn Fixtures,
        node: &Node,
        path: &mut Vec<String>,
    ) -> Value {
        match &node.kind {
            NodeKind::Scalar(scalar) => match scalar.text.strip_prefix("tape ") {
                Some(name) => file(decoder, fixtures, name.trim(), node.place).map_or(Value::Null, |text| {
                    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect()
                }),
                None => scalar_value(scalar),
            },
            NodeKind::List { items, .. } => {
                let mut values = Vec::new();
                for (index, item) in items.iter().enumerate() {
                    path.push(index.to_string());
                    self.places.insert(path.clone(), KeyPlaces { key: item.place, value: item.place });
                    values.push(self.json(decoder, fixtures, item, path));
                    path.pop();
                }
                Value::Array(values)
            }
            NodeKind::Map { entries, .. } => {
                if let [only] = entries.as_slice()
                    && only.key.text == "file"
                    && let Some(name) = only.value.as_scalar()
                {
                    return file(decoder, fixtures, &name.text, name.place)
                        .map_or(Value::Null, Value::String);
                }
                let mut map = serde_json::Map::new();
                for entry in entries {
                    path.push(entry.key.text.clone());
                    let places = KeyPlaces { key: entry.key.place, value: entry.value.place };
                    self.places.insert(path.clone(), places);
                    map.insert(entry.key.text.clone(), self.json(decoder, fixtures, &entry.value, path));
                    path.pop();
                }
                Value::Object(map)
            }
        }
    }
}

fn scalar_value(scalar: &Scalar) -> Value {
    let plain = if scalar.style == Style::Plain { Plain::of(&scalar.text) } else { Plain::Text };
    match plain {
        Plain::Number(number) => Value::Number(number),
        Plain::Bool(truth) => Value::Bool(truth),
        Plain::Text | Plain::Refused { .. } => Value::String(scalar.text.clone()),
    }
}

fn file(decoder: &mut Decoder<'_>, fixtures: &dyn Fixtures, name: &str, place: Place) -> Option<String> {
    match fixtures.text(name) {
        Ok(text) => Some(text.trim_end().to_owned()),
        Err(error) => {
            decoder.refuse(place, error.to_string(), None);
            None
        }
    }
}

/// `[0]` is the position `0`.
fn position(segment: &str) -> &str {
    segment.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(segment)
}

/// A message that proposes another name, and the proposal, which belongs on a line of its own.
fn without_proposal(message: &str) -> Option<(String, &str)> {
    let at = message.find("did you mean `")?;
    let end = at + message[at..].find('?')? + 1;
    let before = message[..at].trim_end_matches([' ', ',', ';']);
    Some((format!("{before}{}", &message[end..]), &message[at..end]))
}

/// The key which serde's "unknown field `x`, expected …" names.
fn unknown_field(message: &str) -> Option<&str> {
    message.strip_prefix("unknown field `")?.split_once('`').map(|(key, _)| key)
}

//! The vendors' part of a scenario, in a file of its own.

use std::path::Path;
use std::sync::Arc;

use super::decode::Decoder;
use super::diagnostic::Diagnostics;
use super::fixtures::{FixtureFolders, Fixtures};
use super::load::{LoadError, source};
use super::source::Source;
use super::subtree::Subtree;
use super::yaml;

/// The keys of such a file, which are a scenario's.
const KEYS: [&str; 3] = ["asr", "llm", "tts"];

/// What vendors do: the keys `asr`, `llm` and `tts` as in a scenario, and no others. All may be absent.
#[derive(Clone, Debug)]
pub struct VendorBehaviour {
    /// The file, for errors.
    pub source: Arc<Source>,
    /// The recogniser and what it does.
    pub asr: Subtree,
    /// The model and what it does.
    pub llm: Subtree,
    /// The synthesiser and what it does.
    pub tts: Subtree,
}

impl VendorBehaviour {
    /// Loads a file, with the texts it names from beside it or from the `fixtures` folder above it.
    ///
    /// # Errors
    /// When the file cannot be read, or with everything that is wrong with it.
    pub fn load(path: &Path) -> Result<Self, LoadError> {
        let bytes =
            std::fs::read(path).map_err(|error| LoadError::Unreadable { path: path.to_owned(), error })?;
        let source = source(&path.display().to_string(), &bytes)?;
        let mut decoder = Decoder::new(&source);
        let read = read(&mut decoder, &FixtureFolders::near(path));
        match read {
            Some(behaviour) if decoder.found.is_empty() => Ok(behaviour),
            _ => Err(Diagnostics::of(decoder.found).into()),
        }
    }
}

fn read(decoder: &mut Decoder<'_>, fixtures: &dyn Fixtures) -> Option<VendorBehaviour> {
    let root = yaml::read(decoder.source, &mut decoder.found)?;
    let keys = decoder.keys(&root, "a vendors' behaviour", &KEYS)?;
    let mut subtree = |key: &str| match keys.entry(key) {
        Some(entry) => Subtree::of(decoder, fixtures, entry.key.place, &entry.value),
        None => Subtree::absent(decoder.source, root.place),
    };
    let [asr, llm, tts] = KEYS.map(&mut subtree);
    Some(VendorBehaviour { source: Arc::clone(decoder.source), asr, llm, tts })
}

//! From bytes to a scenario, or to everything that is wrong with the file.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::cases::Table;
use super::decode::{Decoder, Keys};
use super::diagnostic::{Diagnostic, Diagnostics};
use super::expectation::{QUIET, expectations};
use super::fixtures::{FixtureFolders, Fixtures};
use super::sentence::Surroundings;
use super::source::Source;
use super::step::{known_steps, step};
use super::subtree::Subtree;
use super::yaml::{self, MAX_BYTES, Node};
use super::{Case, Dialect, Scenario};

/// The keys of a scenario, in the order of a well-kept file.
pub(super) const KEYS: [&str; 17] = [
    "version",
    "name",
    "about",
    "dialect",
    "agent",
    "asr",
    "llm",
    "tts",
    "cases",
    "steps",
    "expect",
    "order",
    "never",
    "count",
    "nothing_else",
    "repeat",
    "limit",
];
/// The words of `dialect`.
pub(super) const DIALECTS: [(&str, Dialect); 1] = [("neutral", Dialect::Neutral)];
/// The most seeds of a `repeat`.
pub(super) const MAX_REPEAT: u32 = 100_000;
const LIMIT: Duration = Duration::from_secs(30);

/// Why a scenario could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file could not be read.
    #[error("{}: {error}", path.display())]
    Unreadable {
        /// The file.
        path: std::path::PathBuf,
        /// Why not.
        error: std::io::Error,
    },
    /// It was read, and is wrong.
    #[error(transparent)]
    Wrong(#[from] Diagnostics),
}

impl Scenario {
    /// Loads a file, with the recordings and texts it names from beside it or from the `fixtures` folder above it.
    ///
    /// # Errors
    /// When the file cannot be read, or with everything that is wrong with it.
    pub fn load(path: &Path) -> Result<Self, LoadError> {
        let bytes =
            std::fs::read(path).map_err(|error| LoadError::Unreadable { path: path.to_owned(), error })?;
        Ok(Self::read(&path.display().to_string(), &bytes, &FixtureFolders::near(path))?)
    }

    /// Reads a file's bytes. `name` is what errors call the file.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read(name: &str, bytes: &[u8], fixtures: &dyn Fixtures) -> Result<Self, Diagnostics> {
        let source = source(name, bytes)?;
        let mut decoder = Decoder::new(&source);
        let scenario =
            yaml::read(&source, &mut decoder.found).and_then(|root| scenario(&mut decoder, fixtures, &root));
        match scenario {
            Some(scenario) if decoder.found.is_empty() => Ok(scenario),
            _ => Err(Diagnostics::of(decoder.found)),
        }
    }
}

/// The text of a file.
pub(super) fn source(name: &str, bytes: &[u8]) -> Result<Arc<Source>, Diagnostics> {
    let refuse = |text: &str, at: usize, message: String| {
        let source = Arc::new(Source::new(name, text));
        let place = source.place(at..at + 1);
        Diagnostics(vec![Diagnostic::new(&source, place, message)])
    };
    if bytes.len() > MAX_BYTES {
        return Err(refuse("", 0, format!("the file is longer than {MAX_BYTES} bytes")));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Arc::new(Source::new(name, text.strip_prefix('\u{feff}').unwrap_or(text)))),
        Err(error) => {
            let text = String::from_utf8_lossy(bytes);
            Err(refuse(&text, error.valid_up_to(), "the file is not UTF-8 from here on".to_owned()))
        }
    }
}

fn scenario(decoder: &mut Decoder<'_>, fixtures: &dyn Fixtures, root: &Node) -> Option<Scenario> {
    let keys = decoder.keys(root, "a scenario", &KEYS)?;
    version(decoder, root, &keys);
    let name = keys.get("name").and_then(|node| decoder.text(node, "a name"));
    if keys.get("name").is_none() {
        let start = start(root, decoder);
        decoder.lacks(&Keys { place: start, ..keys }, "a scenario has a `name`", None);
    }
    let about = keys.get("about").and_then(|node| decoder.text(node, "a text"));
    let dialect = keys.get("dialect").map_or(Some(Dialect::Neutral), |node| decoder.word(node, &DIALECTS));
    let before = decoder.found.len();
    let trees = match keys.get("cases") {
        None => vec![(None, root.clone())],
        Some(node) => {
            let table = Table::read(decoder, node)?;
            if decoder.found.len() > before {
                return None;
            }
            table.expand(decoder, root).into_iter().map(|(title, tree)| (Some(title), tree)).collect()
        }
    };
    let cases: Vec<_> =
        trees.into_iter().filter_map(|(title, tree)| case(decoder, fixtures, title, &tree)).collect();
    Some(Scenario { source: Arc::clone(decoder.source), name: name?, about, dialect: dialect?, cases })
}

fn version(decoder: &mut Decoder<'_>, root: &Node, keys: &Keys<'_>) {
    let help = || Some("write `version: 1` as the first line".to_owned());
    let Some(entry) = keys.entry("version") else {
        decoder.refuse(start(root, decoder), "a scenario begins with its `version`", help());
        return;
    };
    if entry.key.place.start != root.place.start {
        decoder.refuse(entry.key.place, "`version` is the first key", help());
    }
    if entry.value.as_scalar().is_none_or(|scalar| scalar.text != "1") {
        decoder.refuse(entry.value.place, "the only version there is, is 1", None);
    }
}

/// The first character of the file's map.
fn start(root: &Node, decoder: &Decoder<'_>) -> super::Place {
    decoder.source.place(root.place.start..root.place.start + 1)
}

fn case(
    decoder: &mut Decoder<'_>,
    fixtures: &dyn Fixtures,
    title: Option<String>,
    tree: &Node,
) -> Option<Case> {
    let keys = Decoder::new(decoder.source).keys(tree, "a scenario", &KEYS)?;
    let subtree = |decoder: &mut Decoder<'_>, key: &str| match keys.entry(key) {
        Some(entry) => Subtree::of(decoder, fixtures, entry.key.place, &entry.value),
        None => Subtree::absent(decoder.source, start(tree, decoder)),
    };
    let (agent, asr) = (subtree(decoder, "agent"), subtree(decoder, "asr"));
    let (llm, tts) = (subtree(decoder, "llm"), subtree(decoder, "tts"));
    let repeat = keys.get("repeat").map_or(Some(1), |node| decoder.count(node, 1..=MAX_REPEAT));
    let limit = keys.get("limit").map_or(Some(LIMIT), |node| decoder.duration(node));
    let nodes = keys.get("steps").and_then(|node| decoder.list(node, "of steps")).unwrap_or_default();
    let known = known_steps(decoder, nodes);
    let around = Surroundings {
        steps: &known,
        // What is wrong with `repeat` is told once.
        repeats: repeat != Some(1),
        text_file: &|name| fixtures.text(name).map_err(|error| error.to_string()),
    };
    let steps: Vec<_> = nodes
        .iter()
        .enumerate()
        .filter_map(|(index, node)| step(decoder, fixtures, &around, index, node))
        .collect();
    let expectations = expectations(decoder, &around, &keys);
    let quiet = expectations.nothing_else.as_ref().map_or(QUIET, |nothing_else| nothing_else.quiet);
    Some(Case { title, agent, asr, llm, tts, steps, expectations, repeat: repeat?, limit: limit?, quiet })
}

//! The vendors' scripts, read and checked.

use std::io;
use std::path::Path;

use bargein_mocks::Scripts;
use bargein_mocks::script::{AsrScript, LlmScript, ScriptError, TtsScript};

use crate::scenario::{
    Diagnostic, Diagnostics, FixtureFolders, Fixtures as _, LoadError, Source, Subtree, VendorBehaviour,
};

/// Loads what vendors do from a file of its own.
///
/// # Errors
/// When the file cannot be read, or is wrong: with the place of the mistake.
pub fn load_scripts(path: &Path) -> Result<Scripts, LoadError> {
    let VendorBehaviour { source, asr, llm, tts } = VendorBehaviour::load(path)?;
    scripts(&source, &asr, &llm, &tts).map_err(|found| Diagnostics(found).into())
}

/// Reads what a file says of its vendors.
pub(super) fn scripts(
    source: &Source,
    asr: &Subtree,
    llm: &Subtree,
    tts: &Subtree,
) -> Result<Scripts, Vec<Diagnostic>> {
    let fixtures = FixtureFolders::near(Path::new(source.name()));
    let speech = |file: &str| std::fs::read(fixtures.speech(file).map_err(io::Error::other)?);
    let asr = AsrScript::parse(&asr.value).map_err(|error| wrong(asr, &error));
    let llm = LlmScript::parse(&llm.value).map_err(|error| wrong(llm, &error));
    let tts = TtsScript::parse(&tts.value, speech).map_err(|error| wrong(tts, &error));
    match (asr, llm, tts) {
        (Ok(asr), Ok(llm), Ok(tts)) => Ok(Scripts { asr, llm, tts }),
        (asr, llm, tts) => Err([asr.err(), llm.err(), tts.err()].into_iter().flatten().collect()),
    }
}

fn wrong(subtree: &Subtree, error: &ScriptError) -> Diagnostic {
    subtree.diagnostic(&error.path, error.problem.to_string())
}

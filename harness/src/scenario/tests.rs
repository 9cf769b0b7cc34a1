//! What loads, and what every mistake looks like.

mod bytes;
mod cases;
mod examples;
mod format;
mod mistakes;
mod sentences;
mod subtrees;

use std::path::PathBuf;

use super::{FixtureError, Fixtures, Scenario};

/// Every recording exists; one text does.
pub(crate) struct Shelf;

impl Fixtures for Shelf {
    fn speech(&self, name: &str) -> Result<PathBuf, FixtureError> {
        if name.starts_with("no-") { Err(not_found(name)) } else { Ok(PathBuf::from("speech").join(name)) }
    }

    fn text(&self, name: &str) -> Result<String, FixtureError> {
        match name {
            "story-200.txt" => Ok("从前，海边的小镇上住着一位老人。他修钟。\n".to_owned()),
            "gaps.txt" => Ok("20ms\n35ms\n\n20ms\n".to_owned()),
            _ => Err(not_found(name)),
        }
    }
}

fn not_found(name: &str) -> FixtureError {
    FixtureError::NotFound { name: name.to_owned(), looked: vec!["scenarios".into(), "fixtures/text".into()] }
}

/// The scenario of a text that is right.
pub(crate) fn load(text: &str) -> Scenario {
    match Scenario::read("a.yaml", text.as_bytes(), &Shelf) {
        Ok(scenario) => scenario,
        Err(wrong) => panic!("{wrong}"),
    }
}

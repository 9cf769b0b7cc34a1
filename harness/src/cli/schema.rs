//! `bargein schema`: prints the JSON Schema of scenarios.

use std::io::Write as _;

use super::{Exit, Surroundings};
use crate::scenario;

pub(super) fn run(surroundings: &mut Surroundings) -> Exit {
    match writeln!(surroundings.out, "{:#}", scenario::schema()) {
        Ok(()) => Exit::Passed,
        Err(error) => {
            surroundings.complain(format_args!("expected to write the schema: {error}"));
            Exit::NotJudged
        }
    }
}

//! What a single answer can have wrong: head, chunks, samples, parameters, errors, keys.

use super::row;
use crate::raw::Mutant;

pub(super) const ROWS: &[Mutant] = &[row("CHK-02", "ends the body without the zero chunk", &[])];

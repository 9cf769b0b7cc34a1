//! The table of mutants: one a check, with what it breaks and what must fail with it.

use crate::raw::Mutant;

const fn row(id: &'static str, breaks: &'static str, followers: &'static [&'static str]) -> Mutant {
    Mutant { id, breaks, followers }
}

/// All mutants, in the order of their checks.
pub const MUTANTS: &[Mutant] = &[row("CHK-02", "ends the body without the zero chunk", &[])];

//! The table of mutants: one a check, with what it breaks and what must fail with it.

mod answer;
mod service;

use crate::raw::Mutant;

const fn row(id: &'static str, breaks: &'static str, followers: &'static [&'static str]) -> Mutant {
    Mutant { id, breaks, followers }
}

/// All mutants, in the order of their checks.
pub static MUTANTS: &[Mutant] = &ALL;

const ALL: [Mutant; answer::ROWS.len() + service::ROWS.len()] = {
    let mut all = [answer::ROWS[0]; answer::ROWS.len() + service::ROWS.len()];
    let mut at = 0;
    while at < all.len() {
        all[at] =
            if at < answer::ROWS.len() { answer::ROWS[at] } else { service::ROWS[at - answer::ROWS.len()] };
        at += 1;
    }
    all
};

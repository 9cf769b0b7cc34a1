//! Which rule is broken, if any.

use crate::raw::Mutant;

/// The switch that is on. Asked at the place where the rule is otherwise kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Broken(Option<&'static str>);

impl Broken {
    pub(super) fn by(mutant: Option<&'static Mutant>) -> Self {
        Self(mutant.map(|mutant| mutant.id))
    }

    /// Whether the rule of this check is broken.
    pub(super) fn is(self, id: &str) -> bool {
        self.0 == Some(id)
    }

    /// The check whose rule is broken.
    pub(super) const fn id(self) -> Option<&'static str> {
        self.0
    }
}

//! Whether the server is still there while a run goes on, and whether there is time left.
//!
//! A server that answers the base case and then no more would take every check's own limit, one after the other. So when
//! several checks in a row go wrong, the base case is asked for again.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use bargein_net::{Moment, World};

use super::{Context, Gate, Settings, Suite, Target, Verdict};

/// How many checks in a row must go wrong before the base case is asked for again.
const IN_A_ROW: u32 = 3;

/// What a run knows of its server.
#[derive(Debug)]
pub(super) struct Watch<'r> {
    world: &'r World,
    suite: &'static Suite,
    target: &'r Target,
    settings: &'r Settings,
    gate: RefCell<Gate>,
    wrong_in_a_row: Cell<u32>,
    is_asking: Cell<bool>,
    until: Moment,
    budget: Duration,
}

impl<'r> Watch<'r> {
    /// Asks for the base case, in the run's own context: checks use the same answer.
    pub(super) async fn begin(
        world: &'r World,
        suite: &'static Suite,
        target: &'r Target,
        settings: &'r Settings,
        cx: &Context,
    ) -> Self {
        let budget = Duration::from_secs_f64(settings.budgets.run_s.clamp(1.0, 86_400.0));
        let until = world.clock.now() + budget;
        let gate = RefCell::new((suite.gate)(cx).await);
        let (wrong_in_a_row, is_asking) = (Cell::new(0), Cell::new(false));
        Self { world, suite, target, settings, gate, wrong_in_a_row, is_asking, until, budget }
    }

    /// Whether the server answers, as far as is known.
    pub(super) fn gate(&self) -> Gate {
        self.gate.borrow().clone()
    }

    /// How much time the run has left, or why there is none.
    pub(super) fn left(&self) -> Result<Duration, String> {
        let left = self.until.since(self.world.clock.now());
        if left.is_zero() {
            Err(format!("the run had used up its {} s", self.budget.as_secs()))
        } else {
            Ok(left)
        }
    }

    /// A check came to its end.
    pub(super) async fn ended(&self, id: &str, verdict: Verdict) {
        if !matches!(verdict, Verdict::Fail | Verdict::Warn | Verdict::Error) {
            self.wrong_in_a_row.set(0);
            return;
        }
        self.wrong_in_a_row.set(self.wrong_in_a_row.get() + 1);
        let is_in_doubt =
            self.wrong_in_a_row.get() >= IN_A_ROW && self.gate() == Gate::Open && self.left().is_ok();
        if !is_in_doubt || self.is_asking.replace(true) {
            return;
        }
        // A fresh context: the answers of the run's own one are remembered.
        let fresh = Context::new(self.world, self.target, self.settings);
        let gate = (self.suite.gate)(&fresh).await;
        self.is_asking.set(false);
        self.wrong_in_a_row.set(0);
        if let Gate::Unreached(why) | Gate::Broken(why) = gate {
            self.gate.replace(Gate::Unreached(format!("since {id} the server answers no more: {why}")));
        }
    }
}

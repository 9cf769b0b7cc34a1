//! One run of one case, from an empty world to an empty world.

use bargein_agent::Journal;
use bargein_core::Config;
use bargein_net::{RunError, World, run_real, run_virtual};

use super::case::Case;
use super::director::{Director, Ended};
use super::grace::with_grace;
use super::outcome::Run;
use crate::expect::{Evaluator, Verdict};
use crate::world::{Recorder, Stage, StageError, Struck};

/// Over what a case is played.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// A network in memory, and a clock that jumps.
    Virtual,
    /// Sockets, and the machine's clock.
    Real,
}

/// A run that went to its end.
#[derive(Clone, Debug)]
pub struct Played {
    /// What happened.
    pub run: Run,
    /// The session's journal, with the commands it led to.
    pub journal: Journal,
    /// The rules it happened under: the scenario's, with what its voice itself decides.
    pub config: Config,
    /// The step that could not begin or did not end, and why.
    pub(super) stuck: Option<(usize, String)>,
    /// The verdict on each line.
    pub(super) verdicts: Vec<Verdict>,
    /// The verdict on `nothing_else`.
    pub(super) nothing_else: Option<Verdict>,
    /// What was still there when everything had been stopped, each in a few words.
    pub(super) leftovers: Vec<String>,
}

/// A run without value.
#[derive(Debug, thiserror::Error)]
pub enum PlayError {
    /// The world could not be built.
    #[error(transparent)]
    Stage(#[from] StageError),
    /// The world came to a standstill, or a part of it panicked.
    #[error(transparent)]
    Run(#[from] RunError),
}

/// Plays a case with one seed. `recorder` is new; it can be read meanwhile from outside.
///
/// # Errors
/// When the world cannot be built, stands still or panics. An expectation that is not met is no error.
pub fn play(case: &Case, seed: u64, mode: Mode, recorder: &Recorder) -> Result<Played, PlayError> {
    let mut played = None;
    let scene = async |world: World| played = Some(Box::pin(scene(case, seed, &world, recorder)).await);
    let ended = match mode {
        Mode::Virtual => run_virtual(seed, scene),
        Mode::Real => run_real(seed, scene),
    };
    match (ended, played) {
        (Ok(()), Some(played)) => Ok(played?),
        (Err(RunError::Leftover(tasks)), Some(played)) => {
            let mut played = played?;
            played.leftovers.extend(tasks.iter().map(|task| format!("the task `{task}`")));
            Ok(played)
        }
        (Err(error), _) => Err(error.into()),
        (Ok(()), None) => Err(RunError::Leftover(Vec::new()).into()),
    }
}

async fn scene(case: &Case, seed: u64, world: &World, recorder: &Recorder) -> Result<Played, StageError> {
    let stage = Stage::set(world, case.cast(), recorder).await?;
    let mut evaluator = if world.network.is_memory() {
        Evaluator::new(case.judged())
    } else {
        Evaluator::new(&with_grace(case.judged()))
    };
    let Ended { at, stuck } = Box::pin(Director::new(case, &stage, recorder, &mut evaluator).direct()).await;
    evaluator.finish(at);
    let timeline = recorder.timeline();
    let run = Run { seed, talk: at.since(bargein_core::Time::ZERO), timeline };
    let Struck { journal, config, leftovers } = stage.strike().await;
    Ok(Played {
        run,
        journal,
        config,
        stuck,
        verdicts: evaluator.verdicts().into_iter().cloned().collect(),
        nothing_else: evaluator.nothing_else().cloned(),
        leftovers,
    })
}

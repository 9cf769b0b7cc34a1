//! The two ways to run: one makes a virtual world, the other a real one, and both account for every task.

use std::io;
use std::time::Duration;

use tokio::runtime::Builder;

use crate::tasks::Stopped;
use crate::time::Paused;
use crate::{Clock, Ids, Moment, Network, Panicked, Tasks, World};

/// How long tasks may take to end when the scenario has ended.
const GRACE: Duration = Duration::from_secs(5);

/// Why a run has no value.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The machine refused a runtime or a thread.
    #[error("expected a runtime, got none")]
    Runtime(#[from] io::Error),
    /// Virtual world only: every task waits, and no timer is pending.
    #[error("expected something to happen after {at}, got no timer and only idle tasks; waiting: {}", .waiting.join(", "))]
    Stuck {
        /// When the last thing happened.
        at: Moment,
        /// Names of the tasks that wait, in the order of their spawn.
        waiting: Vec<&'static str>,
    },
    /// Tasks went on after a stop and a grace of five seconds of the world's time.
    #[error("expected every task to end within {GRACE:?} of a stop, got leftover: {}", .0.join(", "))]
    Leftover(Vec<&'static str>),
    /// Tasks panicked.
    #[error("expected no panic, got: {}", list(.0))]
    Panicked(Vec<Panicked>),
}

/// Runs `scenario` in a virtual world: a network in memory, and a clock that jumps to the next timer whenever every
/// task is idle. With the same seed and the same code, the same things happen in the same order at the same moments.
///
/// Any number of runs may go on in parallel, each on a thread of its own; they share nothing. A panic of the scenario
/// itself goes through to the caller.
///
/// ```
/// let waited = bargein_net::run_virtual(7, async |world| {
///     world.clock.sleep(std::time::Duration::from_secs(3_600)).await;
///     world.clock.now().as_millis()
/// })?;
/// assert_eq!(waited, 3_600_000);
/// # Ok::<(), bargein_net::RunError>(())
/// ```
///
/// # Errors
///
/// When the scenario waits for something that cannot happen, and when it ended but a task panicked or did not end
/// after a stop and a grace of five virtual seconds.
pub fn run_virtual<T, F>(seed: u64, scenario: F) -> Result<T, RunError>
where
    F: AsyncFnOnce(World) -> T,
{
    // No IO driver: a socket panics here instead of timing out falsely. Deferred tasks are resumed only when all
    // others are idle, which the driver of virtual time relies on.
    let runtime =
        Builder::new_current_thread().enable_time().start_paused(true).event_interval(u32::MAX).build()?;
    let entered = runtime.enter();
    let (clock, driver) = Clock::paused();
    let world = World::new(Network::memory, seed, clock);
    drop(entered);
    runtime.block_on(drive(driver, world, scenario))
}

/// Runs `main` in the real world: sockets, and the machine's clock.
///
/// All tasks share the thread that calls this: a session needs a thousandth of a core, and threads that share so little
/// work spend more time waking one another than doing it.
///
/// The seed decides what [`Ids`] gives; [`Ids::fresh_seed`] is one that no other run has.
///
/// # Errors
///
/// As [`run_virtual`], without [`RunError::Stuck`].
pub fn run_real<T, F>(seed: u64, main: F) -> Result<T, RunError>
where
    F: AsyncFnOnce(World) -> T,
{
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let ended = {
        let _entered = runtime.enter();
        let world = World::new(Network::sockets, seed, Clock::machine()?);
        runtime.block_on(conclude(world, main))
    };
    // Blocking calls of the system, such as a resolver's, are not waited for.
    runtime.shutdown_background();
    ended
}

impl World {
    fn new(network: impl FnOnce(&Clock, &Ids, &Tasks) -> Network, seed: u64, clock: Clock) -> Self {
        let ids = Ids::new(seed, clock.clone());
        let tasks = Tasks::new(clock.clone());
        let network = network(&clock, &ids, &tasks);
        Self { network, clock, ids, tasks }
    }
}

async fn drive<T, F>(driver: Paused, world: World, scenario: F) -> Result<T, RunError>
where
    F: AsyncFnOnce(World) -> T,
{
    let watched = world.clone();
    match driver.run(Box::pin(conclude(world, scenario))).await {
        Ok(ended) => ended,
        Err(stuck) => Err(RunError::Stuck { at: stuck.since, waiting: watched.tasks.names() }),
    }
}

/// Runs the scenario, stops its tasks and judges how they ended.
async fn conclude<T, F>(world: World, scenario: F) -> Result<T, RunError>
where
    F: AsyncFnOnce(World) -> T,
{
    let tasks = world.tasks.clone();
    let value = scenario(world).await;
    let Stopped { leftover, panicked } = tasks.stop(GRACE).await;
    if !panicked.is_empty() {
        return Err(RunError::Panicked(panicked));
    }
    if !leftover.is_empty() {
        return Err(RunError::Leftover(leftover));
    }
    Ok(value)
}

fn list(panicked: &[Panicked]) -> String {
    panicked
        .iter()
        .map(|panicked| format!("{}: {}", panicked.name, panicked.message))
        .collect::<Vec<_>>()
        .join(", ")
}

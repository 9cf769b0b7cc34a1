//! All cases, several at a time, results in the order of the cases; and the watchdog over them.
//!
//! Each worker is a thread with worlds of its own, which share nothing. A world that spins cannot be stopped from
//! outside: its thread is given up, and another one takes its place.

use std::collections::BTreeMap;
use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use super::case::Case;
use super::outcome::{CaseResult, Run, Verdict};
use super::outside::{Stopwatch, start_thread};
use super::play::Mode;
use super::seeds::play_seeds;
use crate::report::Spoken;
use crate::world::Recorder;

/// How long the machine may take for one run.
const WATCHDOG: Duration = Duration::from_secs(60);
/// How much of a timeline is shown of a run that was given up.
const LAST_LINES: usize = 20;
/// What each worker may have told and the collector not yet read: that a run began, and that it is done.
const NEWS: usize = 2;

/// How cases are played.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Plan {
    /// In which world.
    pub mode: Mode,
    /// The first of each case's seeds.
    pub seed: u64,
    /// How many at a time.
    pub jobs: NonZeroUsize,
    /// Whether the timeline of every run is wanted. Else only the first run of a case and those that fail keep theirs:
    /// a `repeat` may have a hundred thousand.
    pub every_timeline: bool,
}

/// Plays all cases and hands on each result, in the order of the cases.
///
/// # Errors
/// No thread could be started, or the first error of `take`; nothing more is handed on then.
pub fn play_all(
    cases: Vec<Case>,
    plan: Plan,
    take: impl FnMut(CaseResult) -> io::Result<()>,
) -> io::Result<()> {
    let player: Player = Box::new(move |case, began| play_seeds(case, plan, began));
    Pool::new(cases, plan, player, WATCHDOG).play(take)
}

/// Plays a case. Tells of each run that begins, and stops with `None` when nobody wants to know.
type Player = Box<dyn Fn(&Case, &dyn Fn(&Recorder) -> bool) -> Option<CaseResult> + Send + Sync>;

/// What the workers share.
struct Work {
    cases: Vec<Case>,
    player: Player,
    next: AtomicUsize,
}

/// What a worker tells.
enum News {
    /// A run of a case begins.
    Began { worker: usize, case: usize, recorder: Recorder },
    /// All runs of a case are over.
    Done { worker: usize, case: usize, result: Box<CaseResult> },
}

/// The workers and what they are at.
struct Pool {
    work: Arc<Work>,
    plan: Plan,
    watchdog: Duration,
    news: SyncSender<News>,
    told: Receiver<News>,
    /// By worker.
    running: BTreeMap<usize, Watched>,
    hired: usize,
}

/// A run under watch.
struct Watched {
    case: usize,
    since: Stopwatch,
    recorder: Recorder,
}

impl Pool {
    fn new(cases: Vec<Case>, plan: Plan, player: Player, watchdog: Duration) -> Self {
        let (news, told) = sync_channel(plan.jobs.get() * NEWS);
        let work = Arc::new(Work { cases, player, next: AtomicUsize::new(0) });
        Self { work, plan, watchdog, news, told, running: BTreeMap::new(), hired: 0 }
    }

    fn play(mut self, mut take: impl FnMut(CaseResult) -> io::Result<()>) -> io::Result<()> {
        let count = self.work.cases.len();
        (0..self.plan.jobs.get().min(count)).try_for_each(|_| self.hire())?;
        let mut early = BTreeMap::new();
        for index in 0..count {
            while !early.contains_key(&index) {
                let (case, result) = self.next()?;
                early.insert(case, result);
            }
            early.remove(&index).map_or(Ok(()), &mut take)?;
        }
        Ok(())
    }

    /// The next result, whichever case it is of.
    fn next(&mut self) -> io::Result<(usize, CaseResult)> {
        loop {
            let left = |watched: &Watched| self.watchdog.saturating_sub(watched.since.elapsed());
            let patience = self.running.values().map(left).min().unwrap_or(self.watchdog);
            match self.told.recv_timeout(patience) {
                Ok(News::Began { worker, case, recorder }) => {
                    self.running.insert(worker, Watched { case, since: Stopwatch::start(), recorder });
                }
                // What a worker tells that had been given up is too late.
                Ok(News::Done { worker, case, result }) => {
                    if self.running.remove(&worker).is_some() {
                        return Ok((case, *result));
                    }
                }
                Err(_) => {
                    let mut overdue = self.running.iter().filter(|(_, run)| left(run).is_zero());
                    let Some(worker) = overdue.next().map(|(worker, _)| *worker) else { continue };
                    let Some(watched) = self.running.remove(&worker) else { continue };
                    self.hire()?;
                    return Ok((watched.case, self.given_up(&watched)));
                }
            }
        }
    }

    /// Starts one more worker.
    fn hire(&mut self) -> io::Result<()> {
        let (worker, work, news) = (self.hired, Arc::clone(&self.work), self.news.clone());
        self.hired += 1;
        start_thread(format!("case worker {worker}"), move || labour(worker, &work, &news))
    }

    fn given_up(&self, watched: &Watched) -> CaseResult {
        let case = &self.work.cases[watched.case];
        let lines = watched.recorder.last_lines(LAST_LINES);
        let why = format!("expected an end within {} of the machine's time, got none", Spoken(self.watchdog));
        let timeline = watched.recorder.timeline();
        CaseResult {
            name: case.name().clone(),
            source: Arc::clone(case.source()),
            runs: vec![Run { seed: self.plan.seed, talk: Duration::ZERO, timeline }],
            took: watched.since.elapsed(),
            verdict: Verdict::NotJudged(format!("{why}; last of it:\n{}", lines.join("\n"))),
        }
    }
}

/// Plays cases until there is none left, or nobody wants to know.
fn labour(worker: usize, work: &Work, news: &SyncSender<News>) {
    loop {
        let case = work.next.fetch_add(1, Ordering::Relaxed);
        let Some(ready) = work.cases.get(case) else { return };
        let began = |recorder: &Recorder| {
            let recorder = recorder.clone();
            news.send(News::Began { worker, case, recorder }).is_ok()
        };
        let Some(result) = (work.player)(ready, &began) else { return };
        if news.send(News::Done { worker, case, result: Box::new(result) }).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{FixtureFolders, Scenario};
    use crate::timeline::Entry;
    use crate::vocabulary::Observed;

    fn cases(count: usize) -> Vec<Case> {
        let rows: String = (0..count).map(|row| format!("    - [row {row}]\n")).collect();
        let text = format!(
            "version: 1\nname: a table\ncases:\n  columns: [n]\n  rows:\n{rows}steps:\n  - user: {{ text: $n }}\n"
        );
        let fixtures = FixtureFolders::near(std::path::Path::new("table.yaml"));
        Case::all_of(&Scenario::read("table.yaml", text.as_bytes(), &fixtures).unwrap()).unwrap()
    }

    fn result(case: &Case) -> CaseResult {
        CaseResult {
            name: case.name().clone(),
            source: Arc::clone(case.source()),
            runs: Vec::new(),
            took: Duration::ZERO,
            verdict: Verdict::Passed,
        }
    }

    /// Names and verdicts in the order in which they are handed on.
    fn play(count: usize, jobs: usize, watchdog: Duration, player: Player) -> Vec<(String, Verdict)> {
        let jobs = NonZeroUsize::new(jobs).unwrap();
        let plan = Plan { mode: Mode::Virtual, seed: 1, jobs, every_timeline: true };
        let mut taken = Vec::new();
        let pool = Pool::new(cases(count), plan, player, watchdog);
        pool.play(|result| {
            taken.push((result.name.to_string(), result.verdict));
            Ok(())
        })
        .unwrap();
        taken
    }

    #[test]
    fn results_come_in_the_order_of_the_cases_whichever_is_first() {
        // Nobody is done before the last case has begun.
        let begun = std::sync::Barrier::new(5);
        let player: Player = Box::new(move |case, began| {
            began(&Recorder::default());
            begun.wait();
            Some(result(case))
        });
        let names: Vec<_> = play(5, 5, WATCHDOG, player).into_iter().map(|(name, _)| name).collect();
        assert_eq!(
            names,
            ["table [row 0]", "table [row 1]", "table [row 2]", "table [row 3]", "table [row 4]"]
        );
    }

    #[test]
    fn a_run_that_spins_is_given_up_and_the_others_go_on() {
        let player: Player = Box::new(|case, began| {
            let recorder = Recorder::default();
            recorder.record(Entry::new(bargein_core::Time::ZERO, Observed::AgentSpeaks));
            began(&recorder);
            while case.name().title() == Some("[row 1]") {
                std::thread::park();
            }
            Some(result(case))
        });
        let verdicts: Vec<_> =
            play(3, 1, Duration::from_millis(50), player).into_iter().map(|(_, it)| it).collect();
        let [Verdict::Passed, Verdict::NotJudged(why), Verdict::Passed] = &verdicts[..] else {
            panic!("{verdicts:?}")
        };
        assert_eq!(
            why,
            "expected an end within 50 ms of the machine's time, got none; last of it:\n      0 ms  agent.speaks"
        );
    }

    #[test]
    fn the_first_error_of_the_taker_ends_it() {
        let player: Player = Box::new(|case, began| began(&Recorder::default()).then(|| result(case)));
        let plan = Plan { mode: Mode::Virtual, seed: 1, jobs: NonZeroUsize::MIN, every_timeline: true };
        let mut taken = 0;
        let ended = Pool::new(cases(3), plan, player, WATCHDOG).play(|_| {
            taken += 1;
            Err(io::Error::other("the disk is full"))
        });
        assert_eq!((ended.unwrap_err().to_string().as_str(), taken), ("the disk is full", 1));
    }
}

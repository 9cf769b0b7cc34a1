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
use crate::world::Recorder;

/// How long the machine may take for one run.
const WATCHDOG: Duration = Duration::from_secs(60);
/// How much of a timeline is shown of a run that was given up.
const LAST_LINES: usize = 20;
/// What each worker may have told and the collector not yet read: that a run began, and that it is done.
const NEWS: usize = 2;

/// Plays all cases and hands on each result, in the order of the cases. `seed` is the first of each case's seeds.
///
/// # Errors
/// No thread could be started, or the first error of `take`; nothing more is handed on then.
pub fn play_all(
    cases: Vec<Case>,
    mode: Mode,
    seed: u64,
    jobs: NonZeroUsize,
    mut take: impl FnMut(CaseResult) -> io::Result<()>,
) -> io::Result<()> {
    let (count, workers) = (cases.len(), jobs.get().min(cases.len()));
    let (news, told) = sync_channel((workers * NEWS).max(1));
    let work = Arc::new(Work { cases, mode, seed, next: AtomicUsize::new(0) });
    let mut pool = Pool { work, news, told, running: BTreeMap::new(), hired: 0 };
    (0..workers).try_for_each(|_| pool.hire())?;
    let mut early = BTreeMap::new();
    for index in 0..count {
        while !early.contains_key(&index) {
            let (case, result) = pool.next()?;
            early.insert(case, result);
        }
        early.remove(&index).map_or(Ok(()), &mut take)?;
    }
    Ok(())
}

/// What the workers share.
struct Work {
    cases: Vec<Case>,
    mode: Mode,
    seed: u64,
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
    /// The next result, whichever case it is of.
    fn next(&mut self) -> io::Result<(usize, CaseResult)> {
        loop {
            let left =
                self.running.values().map(|watched| WATCHDOG.saturating_sub(watched.since.elapsed())).min();
            match self.told.recv_timeout(left.unwrap_or(WATCHDOG)) {
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
                    let mut overdue = self.running.iter().filter(|(_, run)| run.since.elapsed() >= WATCHDOG);
                    let Some(worker) = overdue.next().map(|(worker, _)| *worker) else { continue };
                    let Some(watched) = self.running.remove(&worker) else { continue };
                    self.hire()?;
                    return Ok((watched.case, given_up(&self.work, &watched)));
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
        let Some(result) = play_seeds(ready, work.mode, work.seed, began) else { return };
        if news.send(News::Done { worker, case, result: Box::new(result) }).is_err() {
            return;
        }
    }
}

fn given_up(work: &Work, watched: &Watched) -> CaseResult {
    let case = &work.cases[watched.case];
    let lines = watched.recorder.last_lines(LAST_LINES);
    let why = format!("expected an end within {} s of the machine's time, got none", WATCHDOG.as_secs());
    let timeline = watched.recorder.timeline();
    CaseResult {
        name: case.name().clone(),
        source: Arc::clone(case.source()),
        runs: vec![Run { seed: work.seed, talk: Duration::ZERO, timeline }],
        took: watched.since.elapsed(),
        verdict: Verdict::NotJudged(format!("{why}; last of it:\n{}", lines.join("\n"))),
    }
}

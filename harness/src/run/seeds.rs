//! All seeds of one case, one after the other.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bargein_core::Time;

use super::case::Case;
use super::outcome::{CaseResult, Run, Verdict};
use super::outside::Stopwatch;
use super::play::play;
use super::pool::Plan;
use super::verdict::{has_failed, verdict};
use crate::timeline::Timeline;
use crate::world::Recorder;

/// Plays a case with each of its seeds, from the plan's on. `began` hears of each run, and says whether to go on; `None`
/// when not.
pub(super) fn play_seeds(case: &Case, plan: Plan, began: &dyn Fn(&Recorder) -> bool) -> Option<CaseResult> {
    let watch = Stopwatch::start();
    let mut played = Vec::new();
    for seed in (plan.seed..).take(case.repeat() as usize) {
        let recorder = Recorder::default();
        if !began(&recorder) {
            return None;
        }
        // A panic of one case is told of that case; the others go on.
        let run = catch_unwind(AssertUnwindSafe(|| play(case, seed, plan.mode, &recorder)));
        let why = match run {
            Ok(Ok(mut run)) => {
                if !(plan.every_timeline || played.is_empty() || has_failed(case, &run)) {
                    run.run.timeline = Timeline::default();
                }
                played.push(run);
                continue;
            }
            Ok(Err(error)) => error.to_string(),
            Err(panic) => format!("expected no panic, got: {}", panic_message(&*panic)),
        };
        let timeline = recorder.timeline();
        let end = timeline.entries().last().map_or(Time::ZERO, |entry| entry.at);
        let run = Run { seed, talk: end.since(Time::ZERO), timeline };
        return Some(result(case, vec![run], &watch, Verdict::NotJudged(why)));
    }
    let verdict = verdict(case, &played);
    let runs = played.into_iter().map(|played| played.run).collect();
    Some(result(case, runs, &watch, verdict))
}

fn result(case: &Case, runs: Vec<Run>, watch: &Stopwatch, verdict: Verdict) -> CaseResult {
    let (name, source) = (case.name().clone(), Arc::clone(case.source()));
    CaseResult { name, source, runs, took: watch.elapsed(), verdict }
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("a panic that is no text")
}

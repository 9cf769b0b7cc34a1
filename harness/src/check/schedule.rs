//! The order of things: the gate, what runs alone, what runs beside each other, what comes last.

use bargein_net::World;
use futures_util::future::LocalBoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use tokio::sync::Semaphore;

use super::raw::millis;
use super::watch::Watch;
use super::{
    Check, Checked, Context, Evidence, Level, Outcome, Pace, Run, Settings, Suite, Target, Totals, Verdict,
    Waiver,
};

/// Whether the server answers the base case, which all other checks need.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Gate {
    /// It does.
    Open,
    /// It answers, and wrongly: the checks of the base case say how, all others are skipped for this reason.
    Broken(String),
    /// It is not there: nothing can be judged, for this reason.
    Unreached(String),
}

/// Runs checks of a suite against a target and tells each result when it is known, in the order of their ends.
pub async fn run(
    world: &World,
    suite: &'static Suite,
    checks: &[&'static Check],
    target: &Target,
    settings: &Settings,
    waivers: &[Waiver],
    mut tell: impl FnMut(&Checked),
) -> Run {
    let cx = Context::new(world, target, settings);
    let began = world.clock.now();
    let started_unix_ms = world.clock.unix_millis();
    let watch = Watch::begin(world, suite, target, settings, &cx).await;
    let mut done = Vec::new();
    let mut keep = |checked: Checked| {
        tell(&checked);
        done.push(checked);
    };
    let of_pace = |pace: Pace| checks.iter().copied().filter(move |check| check.entry.pace == pace);
    let one = |check: &'static Check| one(&cx, suite, check, &watch, waivers).boxed_local();
    for check in of_pace(Pace::Alone) {
        keep(one(check).await);
    }
    // A check takes a place when it begins; one that mostly waits needs none.
    let places = Semaphore::new(settings.beside.max(1));
    let placed = |check: &'static Check| -> LocalBoxFuture<'_, Checked> {
        let places = &places;
        let running = one(check);
        async move {
            // The semaphore is never closed.
            let _place = places.acquire().await;
            running.await
        }
        .boxed_local()
    };
    if settings.one_by_one {
        for check in of_pace(Pace::Together).chain(of_pace(Pace::Waits)) {
            keep(one(check).await);
        }
    }
    let beside = |pace: Pace| of_pace(pace).filter(|_| !settings.one_by_one);
    let mut running: FuturesUnordered<_> =
        beside(Pace::Waits).map(one).chain(beside(Pace::Together).map(placed)).collect();
    while let Some(checked) = running.next().await {
        keep(checked);
    }
    for check in of_pace(Pace::Last) {
        keep(one(check).await);
    }
    let place = |checked: &Checked| suite.all().position(|check| check.entry.id == checked.entry.id);
    done.sort_by_key(place);
    let mut line = vec![suite.name.to_owned()];
    line.extend([Level::Must, Level::Should].map(|level| Run::kept(&done, level)));
    line.extend((suite.figures)(&cx));
    Run {
        tool: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
        suite: suite.name,
        groups: suite.groups.to_vec(),
        target: target.url(),
        started_unix_ms,
        took_ms: whole_ms(millis(world.clock.now().since(began))),
        profile: settings.profile,
        budgets: settings.budgets,
        strict: settings.strict,
        totals: Totals::of(&done),
        checks: done,
        measured: cx.all_series(),
        line: line.join(" · "),
    }
}

async fn one(
    cx: &Context,
    suite: &Suite,
    check: &'static Check,
    watch: &Watch<'_>,
    waivers: &[Waiver],
) -> Checked {
    let cx = cx.of(&check.entry);
    let began = cx.clock().now();
    let id = check.entry.id;
    let outcome = match (watch.gate(), watch.left()) {
        // A handshake that fails is what the check of TLS is about.
        (Gate::Unreached(why), _) if !suite.reach.contains(&id) => Outcome::error(why),
        (Gate::Broken(why), _) if !suite.base.contains(&id) => Outcome::skip(why),
        (_, Err(why)) => Outcome::error(why),
        (_, Ok(left)) => {
            let limit = check.entry.limit.min(left);
            match cx.clock().timeout(limit, (check.judge)(&cx)).await {
                Ok(Ok(outcome) | Err(outcome)) => outcome,
                Err(_) => Outcome::error(format!("not judged within {} s", limit.as_secs())),
            }
        }
    };
    let ms = whole_ms(millis(cx.clock().now().since(began)));
    watch.ended(id, outcome.verdict).await;
    checked(&cx, suite, outcome, ms, waivers)
}

fn checked(cx: &Context, suite: &Suite, outcome: Outcome, ms: u64, waivers: &[Waiver]) -> Checked {
    let entry = *cx.entry();
    let Outcome { mut verdict, mut seen, expected, evidence, keeps_evidence } = outcome;
    let mut waived = None;
    if let Some(waiver) = waivers.iter().find(|waiver| waiver.id.eq_ignore_ascii_case(entry.id))
        && matches!(verdict, Verdict::Fail | Verdict::Warn)
    {
        if waiver.holds_at(cx.clock().unix_millis()) {
            verdict = Verdict::Waived;
            waived = Some(format!("{} (until {})", waiver.reason, waiver.until));
        } else {
            seen += &format!("; its waiver ended with {}", waiver.until);
        }
    }
    let is_shown = keeps_evidence || !matches!(verdict, Verdict::Pass | Verdict::Skip);
    let evidence = evidence.iter().filter(|_| is_shown);
    Checked {
        entry,
        group: entry.group(),
        verdict,
        ms,
        seen: cx.target().redacted(&seen),
        expected: expected.map(|expected| cx.target().redacted(&expected)),
        waiver: waived,
        evidence: evidence
            .map(|exchange| Evidence::of(exchange, cx.target(), (suite.heard)(exchange)))
            .collect(),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a run lasts minutes, and no negative ones"
)]
fn whole_ms(ms: f64) -> u64 {
    ms.round() as u64
}

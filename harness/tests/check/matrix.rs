//! Every mutant against every check: the named one catches it, and no unrelated MUST fails.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::rc::Rc;
use std::time::Duration;

use bargein::check::{Check, Checked, Level, Owned, Run, Selection, Settings, Suite, Target, Verdict, run};
use bargein_mocks::{Mutant, MutantVendor};
use bargein_net::run_virtual;
use futures_util::FutureExt as _;

/// Where the server under check stands, and where its twin on IPv6 does.
const AUTHORITIES: [&str; 2] = ["localhost:80", "[::1]:80"];
/// What can only be told over sockets, because there is no TLS in memory: `sockets.rs` tells it.
pub(crate) const OVER_SOCKETS: [&str; 1] = ["OPS-01"];
/// How long a server that is told to stop lets answers go on.
const GRACE: Duration = Duration::from_secs(30);

/// Runs checks against a server of the vendor: the reference, or one of its mutants.
pub(crate) fn checked(
    suite: &'static Suite,
    vendor: &MutantVendor,
    mutant: Option<&'static Mutant>,
    checks: &[&'static Check],
    settings: &Settings,
) -> Run {
    let result = run_virtual(1, async |world| {
        let [listener, twin] = AUTHORITIES.map(|authority| world.network.listen(authority));
        let server = (vendor.serve)(&world, listener.await.unwrap(), mutant);
        let _twin = (vendor.serve)(&world, twin.await.unwrap(), mutant);
        let target = Target::read(server.url()).unwrap().with_key(Some(server.key().clone()));
        // The server is the checker's own: it may be stopped.
        let server = Rc::new(RefCell::new(Some(server)));
        let owned = Owned::new(move || {
            let server = server.borrow_mut().take();
            async move {
                if let Some(server) = server {
                    // What is left after the grace is part of what is judged.
                    let _ = server.stop(GRACE).await;
                }
            }
            .boxed_local()
        });
        let settings = Settings { owned: Some(owned), ..settings.clone() };
        run(&world, suite, checks, &target, &settings, &[], |_| {}).await
    });
    result.unwrap_or_else(|error| panic!("{}: {error}", mutant.map_or("the reference", |mutant| mutant.id)))
}

/// Runs checks against the reference of a vendor.
pub(crate) fn reference_run(
    suite: &'static Suite,
    vendor: &MutantVendor,
    checks: &[&'static Check],
    settings: &Settings,
) -> Run {
    checked(suite, vendor, None, checks, settings)
}

/// The vendor of an id that can be played with a rule broken.
pub(crate) fn vendor(id: &str) -> &'static MutantVendor {
    bargein_mocks::MUTANT_VENDORS.iter().find(|vendor| vendor.id == id).unwrap()
}

/// The reference keeps every rule, in a full run and in a strict one.
pub(crate) fn reference_is_clean(suite: &'static Suite, vendor: &MutantVendor, settings: &Settings) -> Run {
    let checks = Selection::default().of(suite).unwrap();
    let run = checked(suite, vendor, None, &checks, &Settings { strict: true, ..settings.clone() });
    let is_dirty = |check: &&Checked| matches!(check.verdict, Verdict::Fail | Verdict::Warn | Verdict::Error);
    let dirty: Vec<String> = run.checks.iter().filter(is_dirty).map(said).collect();
    assert!(dirty.is_empty(), "the reference breaks rules:\n{}", dirty.join("\n"));
    assert!(!run.has_failed() && !run.is_unjudged());
    run
}

/// Every mutant of these groups is caught by the check of its id: a MUST fails, a SHOULD warns, a MAY tells another
/// fact than of the reference. No other MUST fails but those that follow.
pub(crate) fn mutants_are_caught(
    suite: &'static Suite,
    vendor: &MutantVendor,
    groups: &[&str],
    settings: &Settings,
) {
    let named = |id: &str| suite.all().find(|check| check.entry.id == id);
    let musts: Vec<_> = suite.all().filter(|check| check.entry.level == Level::Must).collect();
    let mays: Vec<_> = suite.all().filter(|check| check.entry.level == Level::May).collect();
    let reference = checked(suite, vendor, None, &mays, settings);
    let mut wrong = String::new();
    let mut count = 0;
    for mutant in vendor.mutants {
        let Some(check) = named(mutant.id) else {
            let _ = writeln!(wrong, "{}: a mutant of no check", mutant.id);
            continue;
        };
        if !groups.contains(&check.entry.group()) || OVER_SOCKETS.contains(&mutant.id) {
            continue;
        }
        count += 1;
        let checks = suite.all().filter(|one| {
            one.entry.id == mutant.id || musts.iter().any(|must| must.entry.id == one.entry.id)
        });
        let run = checked(suite, vendor, Some(mutant), &checks.collect::<Vec<_>>(), settings);
        for complaint in complaints(mutant, check, &run, &reference) {
            let _ = writeln!(wrong, "{} ({}): {complaint}", mutant.id, mutant.breaks);
        }
    }
    assert!(count > 0, "no mutant in {groups:?}");
    assert!(wrong.is_empty(), "\n{wrong}");
}

fn complaints(mutant: &Mutant, check: &Check, run: &Run, reference: &Run) -> Vec<String> {
    let mut complaints = Vec::new();
    let of = |run: &'_ Run, id: &str| run.checks.iter().find(|checked| checked.entry.id == id).cloned();
    let Some(judged) = of(run, mutant.id) else { return vec!["not run".to_owned()] };
    let is_caught = match check.entry.level {
        Level::Must => judged.verdict == Verdict::Fail,
        Level::Should => judged.verdict == Verdict::Warn,
        Level::May => {
            judged.verdict == Verdict::Info
                && of(reference, mutant.id).is_none_or(|honest| honest.seen != judged.seen)
        }
    };
    if !is_caught {
        complaints.push(format!("not caught: {}", said(&judged)));
    }
    let failed =
        run.checks.iter().filter(|checked| checked.verdict == Verdict::Fail && checked.entry.id != mutant.id);
    let failed: Vec<&Checked> = failed.collect();
    for other in failed.iter().filter(|other| !mutant.followers.contains(&other.entry.id)) {
        complaints.push(format!("an unrelated MUST fails: {}", said(other)));
    }
    for follower in mutant.followers.iter().filter(|id| !failed.iter().any(|other| other.entry.id == **id)) {
        complaints.push(format!("{follower} is said to follow, and does not"));
    }
    complaints
}

fn said(checked: &Checked) -> String {
    format!("{} {} {}: {}", checked.entry.id, checked.entry.level, checked.verdict, checked.seen)
}

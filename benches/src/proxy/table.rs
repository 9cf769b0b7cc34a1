//! The table: every figure, its ratio to the bare proxy's, and the limit of that ratio.

use std::fmt::Write as _;

use super::figures::{Load, Way, percentile};

/// Streams or syntheses at once, as fast as they go.
pub(super) fn streams(concurrency: usize, what: &str, each: &str, loads: &[Load; 3]) -> String {
    let mut table = format!(
        "{concurrency} {what} at once, {each}\n{:<12}{:>11} {:>11} {:>11} {:>11} {:>14}\n",
        "", "streams/s", "first p50", "first p99", "added p50", "CPU ms/1000"
    );
    let [straight, bare, ours] = loads;
    let first = |load: &Load, percent| percentile(&load.firsts, percent);
    for (way, load) in Way::ALL.into_iter().zip(loads) {
        let _ = writeln!(
            table,
            "{:<12}{:>11.0} {:>8.3} ms {:>8.3} ms {:>8.3} ms {:>14.1}",
            way.name(),
            load.rate(),
            first(load, 50),
            first(load, 99),
            first(load, 50) - first(straight, 50),
            load.cpu_a_thousand(),
        );
    }
    for (what, percent) in [("added first content p50", 50), ("added first content p99", 99)] {
        let added = |load: &Load| first(load, percent) - first(straight, percent);
        ratio(&mut table, what, added(ours) / added(bare), 1.6, Bound::Most);
    }
    ratio(&mut table, "streams a second", ours.rate() / bare.rate(), 0.7, Bound::Least);
    let cpu = ours.cpu_a_thousand() / bare.cpu_a_thousand();
    ratio(&mut table, "CPU for 1,000 streams", cpu, 1.6, Bound::Most);
    table + "\n"
}

/// How many of something a second.
pub(super) fn rates(what: &str, loads: &[Load; 3], least: f64) -> String {
    let mut table = format!("{what}, 16 at once\n");
    for (way, load) in Way::ALL.into_iter().zip(loads) {
        let (rate, p50) = (load.rate(), percentile(&load.firsts, 50));
        let _ = writeln!(
            table,
            "{:<12}{rate:>9.0}/s   p50 {p50:.3} ms   CPU ms/1000 {:.1}",
            way.name(),
            load.cpu_a_thousand()
        );
    }
    let [_, bare, ours] = loads;
    ratio(&mut table, "a second", ours.rate() / bare.rate(), least, Bound::Least);
    table + "\n"
}

/// From the vendor's write of an event to the caller's read.
pub(super) fn transits(paced: usize, loads: &[Load; 3]) -> String {
    let mut table = format!("{paced} streams at once, an event every 20 ms: transit of an event\n");
    for (way, load) in Way::ALL.into_iter().zip(loads) {
        let (p50, p99) = (percentile(&load.transits, 50), percentile(&load.transits, 99));
        let _ = writeln!(table, "{:<12}p50 {p50:.3} ms   p99 {p99:.3} ms", way.name());
    }
    let [_, bare, ours] = loads;
    let more = percentile(&ours.transits, 99) - percentile(&bare.transits, 99);
    let verdict = if more <= 1.0 { "ok" } else { "MISSED" };
    let _ =
        writeln!(table, "{:<34}{more:>8.3} ms   at most 1 ms   {verdict}\n", "  p99 above the bare proxy's");
    table
}

/// The proxy's memory before the first request, and after the load above.
pub(super) fn resident([idle, loaded]: [u64; 2]) -> String {
    let (idle, loaded) = (mebibytes(idle), mebibytes(loaded));
    format!(
        "resident memory\n  {:<32}{idle:>8.1} MiB  at most 15     {}\n  {:<32}{loaded:>8.1} MiB  at most 30     {}\n\n",
        "idle",
        verdict(idle <= 15.0),
        "under the load above",
        verdict(loaded <= 30.0),
    )
}

/// Many paced streams at once; the memory with them all open, a while apart.
pub(super) fn crowd(streams: usize, load: &Load, [before, after]: [u64; 2]) -> String {
    let p99 = percentile(&load.transits, 99);
    let (before, after) = (mebibytes(before), mebibytes(after));
    format!(
        "{streams} paced streams at once for {:.0} s through ours: {} whole, none lost\n  {:<32}{p99:>8.3} ms   at most \
         5 ms   {}\n  {:<32}{before:>8.1} MiB, then {after:.1} MiB: flat   {}\n",
        load.length.as_secs_f64(),
        load.firsts.len(),
        "transit p99",
        verdict(p99 <= 5.0),
        "resident",
        verdict(after <= before * 1.1),
    )
}

fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

const fn verdict(is_met: bool) -> &'static str {
    if is_met { "ok" } else { "MISSED" }
}

#[derive(Clone, Copy)]
enum Bound {
    Most,
    Least,
}

fn ratio(table: &mut String, what: &str, got: f64, limit: f64, bound: Bound) {
    let (word, is_met) = match bound {
        Bound::Most => ("at most", got <= limit),
        Bound::Least => ("at least", got >= limit),
    };
    let verdict = if is_met { "ok" } else { "MISSED" };
    let _ = writeln!(table, "  {what:<32}{got:>8.2} x    {word} {limit:<6} {verdict}");
}

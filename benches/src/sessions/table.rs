//! The table: every figure beside its aim.

use std::fmt::Write as _;
use std::time::Duration;

use super::figures::{Measured, Spread};

/// The most that a figure should be, with 50 sessions on two cores.
struct Aims;

impl Aims {
    const TURN: Spread = Spread { p50: Duration::from_micros(500), p99: Duration::from_millis(2) };
    const CUT: Spread = Spread { p50: Duration::from_micros(200), p99: Duration::from_millis(1) };
    /// CPU seconds a session and minute.
    const CPU: f64 = 0.05;
    /// Kilobytes a silent session.
    const MEMORY: f64 = 64.0;
}

/// The table of one measurement.
pub(super) fn of(measured: &Measured) -> String {
    let Measured { sessions, detector, length, counts, busy, overheads, .. } = measured;
    let mut table = String::new();
    let mut line = |text: String| {
        table.push_str(text.trim_end());
        table.push('\n');
    };
    line(format!(
        "{sessions} sessions, {} s, detector {detector}; {} said, {} of it over the agent, {} unanswered; {} turns and \
         {} cuts measured",
        length.as_secs(),
        counts.said,
        counts.barged_in,
        counts.unanswered,
        overheads.turns.len(),
        overheads.cuts.len()
    ));
    line(format!("cores busy {:.2}, with anything else {:.2}", busy[0], busy[1]));
    line(format!("{:<46}{:>9} {:>9}   {:>13}   {:>11}", "", "p50", "p99", "aim", "of the aim"));
    let turn = "turn overhead";
    line(spread(turn, measured.turns(|turn| turn.sum()), Some(Aims::TURN)));
    line(spread("  final transcript to request to the model", measured.turns(|turn| turn.llm), None));
    line(spread("  last delta of the segment to its request", measured.turns(|turn| turn.tts), None));
    line(spread("  first audio to first frame", measured.turns(|turn| turn.frame), None));
    line(spread("cut decided to last frame released", measured.cuts(), Some(Aims::CUT)));
    let after = overheads.frames_after;
    line(format!("{:<46}{after:>9} {:>9}   {:>13}", "frames released after a cut", "", 0));
    line(number("CPU seconds a session-minute", measured.cpu_a_session_minute(), 4, Some(Aims::CPU)));
    line(number("CPU seconds a silent session-minute", measured.idle_cpu_a_session_minute(), 4, None));
    line(number("kB an idle session", measured.kilobytes_a_session(), 1, Some(Aims::MEMORY)));
    let [_, empty] = measured.resident;
    line(number("MB without sessions", empty as f64 / 1e6, 1, None));
    let _ = writeln!(table);
    table
}

fn spread(what: &str, spread: Option<Spread>, aim: Option<Spread>) -> String {
    let Some(Spread { p50, p99 }) = spread else { return format!("{what:<46}{:>9}", "none") };
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    let mut line = format!("{what:<46}{:>6.3} ms {:>6.3} ms", ms(p50), ms(p99));
    if let Some(aim) = aim {
        let ratio = |got: Duration, aim: Duration| got.as_secs_f64() / aim.as_secs_f64();
        let aims = format!("{} / {} ms", ms(aim.p50), ms(aim.p99));
        let ratios = format!("{:.2} / {:.2}", ratio(p50, aim.p50), ratio(p99, aim.p99));
        // A string takes any width.
        let _ = write!(line, "   {aims:>13}   {ratios:>11}");
    }
    line
}

fn number(what: &str, got: f64, digits: usize, aim: Option<f64>) -> String {
    let mut line = format!("{what:<46}{got:>9.digits$}");
    if let Some(aim) = aim {
        let _ = write!(line, " {:>9}   {aim:>13}   {:>11.2}", "", got / aim);
    }
    line
}

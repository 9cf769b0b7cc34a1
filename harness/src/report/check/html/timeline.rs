//! One answer in time: what had arrived, what was played of it, and where playback ran dry.

use maud::{Markup, html};

use super::plot::{Frame, Scale, axis_x, axis_y, number, px};
use crate::check::{ChunkRow, Evidence, Heard};

const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 220.0;
const FRAME: Frame = Frame { left: 52.0, right: 950.0, top: 20.0, bottom: 180.0 };

/// Playback of an answer: when it began, where it stood still.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Playout {
    /// When it began, in milliseconds since the request.
    pub(super) began: f64,
    /// From when to when there was nothing to play.
    pub(super) underruns: Vec<(f64, f64)>,
    /// Time and seconds played, at each turn.
    line: Vec<(f64, f64)>,
}

/// Plays what arrives, as a client with a buffer does.
pub(super) fn playout(arrived: &[(f64, f64)], buffer_ms: f64) -> Playout {
    let Some(first) = arrived.iter().find(|(_, seconds)| *seconds > 0.0) else { return Playout::default() };
    let began = first.0 + buffer_ms;
    let mut playout = Playout { began, underruns: Vec::new(), line: vec![(began, 0.0)] };
    let (mut now, mut played, mut have) = (began, 0.0, 0.0);
    for (at, seconds) in arrived {
        // Until this arrival, what was there before is played.
        let dry = now + (have - played) * 1_000.0;
        if *at > dry && *at > began {
            playout.underruns.push((dry, *at));
            playout.line.extend([(dry, have), (*at, have)]);
            (now, played) = (*at, have);
        }
        have = *seconds;
    }
    playout.line.push((now + (have - played) * 1_000.0, have));
    playout
}

/// How many seconds of audio had arrived when.
pub(super) fn arrived(chunks: &[ChunkRow], heard: &Heard) -> Vec<(f64, f64)> {
    let a_second = f64::from(heard.rate.max(1)) * f64::from(heard.channels.max(1)) * 2.0;
    let seconds = |end: u64| end.saturating_sub(heard.offset as u64) as f64 / a_second;
    chunks.iter().map(|row| (row.at_ms, seconds(row.offset + row.size))).collect()
}

/// The picture of an answer.
pub(super) fn timeline(evidence: &Evidence, buffer_ms: f64) -> Markup {
    match evidence.audio.as_ref().filter(|heard| !heard.samples.is_empty()) {
        Some(heard) => with_playout(evidence, heard, buffer_ms),
        None => of_bytes(evidence),
    }
}

fn with_playout(evidence: &Evidence, heard: &Heard, buffer_ms: f64) -> Markup {
    let arrived = arrived(&evidence.chunks, heard);
    let playout = playout(&arrived, buffer_ms);
    let end = evidence.end_ms.max(playout.began + 300.0) * 1.1;
    let x = Scale::new(0.0, end, FRAME.left, FRAME.right);
    let most = arrived.last().map_or(1.0, |(_, seconds)| *seconds);
    // A fast server has soon sent far more than is played: what lies high above playback is left out.
    let seen = ((end - playout.began) / 1_000.0 * 2.5).max(0.5);
    let y = Scale::new(0.0, most.min(seen), FRAME.bottom, FRAME.top);
    let dry: f64 = playout.underruns.iter().map(|(from, to)| to - from).sum();
    let words = match playout.underruns.len() {
        0 => "playback never runs dry".to_owned(),
        count => format!("playback runs dry {count} times, {dry:.0} ms in all"),
    };
    html! {
        figure {
            svg.plot.timeline viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label={ "Arrival of the audio and its playback: " (words) } {
                (axis_y(FRAME, &y, "s"))
                @for (from, to) in &playout.underruns {
                    rect.underrun x=(px(x.at(*from))) y=(px(FRAME.top)) width=(px((x.at(*to) - x.at(*from)).max(1.0))) height=(px(FRAME.bottom - FRAME.top)) {
                        title { "nothing to play from " (format!("{from:.0}")) " to " (format!("{to:.0}")) " ms" }
                    }
                }
                path.arrived d=(steps(&arrived, &x, &y)) {}
                path.played d=(line(&playout.line, &x, &y, end)) {}
                @if let Some(ms) = evidence.head_ms { (mark(&x, ms, "head")) }
                @if let Some(ms) = evidence.first_audio_ms { (mark(&x, ms, "first audio")) }
                (axis_x(FRAME, &x, "ms since the request"))
            }
            figcaption {
                span.key.arrived {} " arrived " span.key.played {} " played with a buffer of " (number(buffer_ms)) " ms " span.key.underrun {} " nothing to play: "
                (words) "."
            }
        }
    }
}

fn of_bytes(evidence: &Evidence) -> Markup {
    let arrived: Vec<(f64, f64)> =
        evidence.chunks.iter().map(|row| (row.at_ms, (row.offset + row.size) as f64)).collect();
    let most = arrived.last().map_or(1.0, |(_, bytes)| *bytes);
    let gap = arrived
        .windows(2)
        .map(|pair| (pair[1].0 - pair[0].0, pair[0].0))
        .max_by(|one, other| one.0.total_cmp(&other.0));
    let x = Scale::new(0.0, evidence.end_ms.max(1.0) * 1.05, FRAME.left, FRAME.right);
    let y = Scale::new(0.0, most, FRAME.bottom, FRAME.top);
    let words =
        gap.map_or_else(String::new, |(gap, at)| format!("the longest gap is {gap:.0} ms, at {at:.0} ms"));
    html! {
        figure {
            svg.plot.timeline viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label={ "Arrival of the answer: " (words) } {
                (axis_y(FRAME, &y, "bytes"))
                @if let Some((gap, at)) = gap {
                    rect.gap x=(px(x.at(at))) y=(px(FRAME.top)) width=(px(x.at(at + gap) - x.at(at))) height=(px(FRAME.bottom - FRAME.top)) {
                        title { (words) }
                    }
                }
                path.arrived d=(steps(&arrived, &x, &y)) {}
                @if let Some(ms) = evidence.head_ms { (mark(&x, ms, "head")) }
                (axis_x(FRAME, &x, "ms since the request"))
            }
            figcaption { span.key.arrived {} " arrived " span.key.gap {} " longest gap: " (words) "." }
        }
    }
}

fn mark(x: &Scale, ms: f64, what: &str) -> Markup {
    let at = x.at(ms);
    html! {
        g.mark {
            line x1=(px(at)) x2=(px(at)) y1=(px(FRAME.top)) y2=(px(FRAME.bottom)) {}
            title { (what) " after " (format!("{ms:.1}")) " ms" }
        }
    }
}

/// A line that goes up when something arrives.
fn steps(points: &[(f64, f64)], x: &Scale, y: &Scale) -> String {
    let mut path = format!("M{} {}", px(x.at(0.0)), px(y.at(0.0)));
    for (at, value) in points {
        path += &format!("H{}V{}", px(x.at(*at)), px(y.at(*value)));
    }
    path
}

/// A line through points, up to a time: what is played behind it leaves the picture at its slope.
fn line(points: &[(f64, f64)], x: &Scale, y: &Scale, end: f64) -> String {
    let mut path = String::new();
    let mut before: Option<(f64, f64)> = None;
    for &(at, value) in points {
        let (at, value) = match before {
            Some((from, _)) if from >= end => break,
            Some((from, low)) if at > end => (end, low + (value - low) * (end - from) / (at - from)),
            _ => (at, value),
        };
        let command = if before.is_none() { 'M' } else { 'L' };
        path += &format!("{command}{} {}", px(x.at(at)), px(y.at(value)));
        before = Some((at, value));
    }
    path
}

#[cfg(test)]
mod tests {
    use super::{Scale, line, playout};

    #[test]
    fn playback_begins_behind_its_buffer_and_stands_still_when_dry() {
        // 0.3 s at 100 ms, 0.3 s more at 900 ms: begun at 300 ms, dry at 600 ms.
        let played = playout(&[(100.0, 0.3), (900.0, 0.6)], 200.0);
        assert!((played.began - 300.0).abs() < 1e-9);
        assert_eq!(played.underruns.len(), 1, "{played:?}");
        let (from, to) = played.underruns[0];
        assert!((from - 600.0).abs() < 1e-6 && (to - 900.0).abs() < 1e-6, "{played:?}");
    }

    #[test]
    fn the_line_of_playback_goes_to_the_end_of_the_picture_at_its_slope() {
        let scale = Scale::new(0.0, 10.0, 0.0, 10.0);
        assert_eq!(line(&[(1.0, 0.0), (21.0, 20.0)], &scale, &scale, 5.0), "M1.0 0.0L5.0 4.0");
        assert_eq!(line(&[(1.0, 0.0), (5.0, 4.0), (9.0, 4.0)], &scale, &scale, 5.0), "M1.0 0.0L5.0 4.0");
    }

    #[test]
    fn audio_that_keeps_ahead_has_no_underrun() {
        let arrived: Vec<_> =
            (0..20).map(|index| (100.0 + f64::from(index) * 50.0, f64::from(index + 1) * 0.1)).collect();
        assert_eq!(playout(&arrived, 200.0).underruns, []);
        // A header alone is no audio.
        assert_eq!(playout(&[(50.0, 0.0)], 200.0).underruns, []);
    }
}

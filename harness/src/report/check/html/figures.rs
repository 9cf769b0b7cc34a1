//! What was measured: a histogram of each series, and the requests beside each other.

use maud::{Markup, html};

use super::plot::{Frame, Scale, axis_x, axis_y, number, px};
use super::timeline::{arrived, playout};
use super::visible::visible;
use crate::check::{Budgets, Evidence, Run, quantile};

const WIDTH: f64 = 460.0;
const HEIGHT: f64 = 200.0;
const FRAME: Frame = Frame { left: 40.0, right: 446.0, top: 22.0, bottom: 160.0 };
/// How many bars a histogram has.
const BARS: usize = 24;
/// How many requests are drawn beside each other.
const REQUESTS: usize = 40;
/// The height of one request.
const ROW: f64 = 18.0;

/// What a series is called, its unit, and the budgets it is held to.
struct Series {
    title: String,
    unit: &'static str,
    budgets: Vec<(&'static str, f64)>,
}

fn series(name: &str, budgets: &Budgets) -> Series {
    let (title, budgets) = match name {
        "first_audio_ms" => {
            ("First audio", vec![("p50", budgets.first_audio_p50_ms), ("p95", budgets.first_audio_p95_ms)])
        }
        "gap_ms" => ("Gaps between reads", vec![("most", budgets.max_gap_ms)]),
        "rtf" => ("Real-time factor", vec![("most", budgets.rtf_max)]),
        "first_token_ms" => {
            ("First token", vec![("p50", budgets.first_token_p50_ms), ("p95", budgets.first_token_p95_ms)])
        }
        "token_gap_ms" => ("Gaps between tokens", vec![("most", budgets.token_gap_ms)]),
        other => (other, Vec::new()),
    };
    let unit = if name.ends_with("_ms") { "ms" } else { "" };
    Series { title: visible(title), unit, budgets }
}

/// The section; nothing when nothing was measured.
pub(super) fn section(run: &Run) -> Markup {
    let measured = run.measured.iter().filter(|(_, values)| values.len() > 1);
    let measured: Vec<_> = measured.collect();
    let requests: Vec<&Evidence> = run
        .checks
        .iter()
        .flat_map(|check| &check.evidence)
        .filter(|one| one.head_ms.is_some())
        .take(REQUESTS)
        .collect();
    html! {
        section #latency aria-labelledby="latency-title" {
            h2 #latency-title { "Latency" }
            @if measured.is_empty() && requests.is_empty() { p { "Nothing was measured in this run." } }
            div.histograms {
                @for (name, values) in &measured { (histogram(&series(name, &run.budgets), values)) }
            }
            @if !requests.is_empty() { (waterfall(&requests, run.budgets.playout_buffer_ms)) }
        }
    }
}

fn histogram(series: &Series, values: &[f64]) -> Markup {
    let finite: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    let lost = values.len() - finite.len();
    let most = finite.iter().copied().fold(0.0, f64::max);
    // A budget far away would press all values together at the left.
    let near = series.budgets.iter().map(|(_, budget)| *budget).filter(|budget| *budget <= most * 4.0);
    let to = near.fold(most, f64::max) * 1.05;
    let x = Scale::new(0.0, to, FRAME.left, FRAME.right);
    let bars = bars(&finite, to);
    let highest = bars.iter().copied().max().unwrap_or(1).max(1);
    let y = Scale::new(0.0, highest as f64, FRAME.bottom, FRAME.top);
    let width = (FRAME.right - FRAME.left) / BARS as f64;
    let [p50, p95, p99] = [50, 95, 99].map(|percent| quantile(&finite, percent).unwrap_or_default());
    let unit = series.unit;
    let words = format!(
        "{} values, p50 {} {unit}, p95 {} {unit}, p99 {} {unit}, most {} {unit}",
        finite.len(),
        number(p50),
        number(p95),
        number(p99),
        number(most)
    );
    html! {
        figure {
            h3 { (series.title) }
            svg.plot.histogram viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label={ (series.title) ": " (words) } {
                (axis_y(FRAME, &y, "count"))
                @for (index, count) in bars.iter().enumerate().filter(|(_, count)| **count > 0) {
                    @let top = y.at(*count as f64);
                    rect.bar x=(px(FRAME.left + width * index as f64 + 0.5)) y=(px(top)) width=(px(width - 1.0)) height=(px(FRAME.bottom - top)) {
                        title {
                            (count) " from " (number(to * index as f64 / BARS as f64)) " to "
                            (number(to * (index + 1) as f64 / BARS as f64)) " " (unit)
                        }
                    }
                }
                @for (name, value) in [("p50", p50), ("p95", p95)] {
                    (level(&x, value, "quantile", &format!("{name} {} {unit}", number(value))))
                }
                @for (name, budget) in series.budgets.iter().filter(|(_, budget)| *budget <= to) {
                    (level(&x, *budget, "budget", &format!("budget {name} {} {unit}", number(*budget))))
                }
                (axis_x(FRAME, &x, unit))
            }
            figcaption {
                span.key.quantile {} " p50, p95 " span.key.budget {} " budget: " (words)
                @if lost > 0 { ", " (lost) " without a value" }
                "."
            }
        }
    }
}

fn bars(values: &[f64], to: f64) -> Vec<usize> {
    let mut bars = vec![0; BARS];
    let place = Scale::new(0.0, to, 0.0, BARS as f64);
    for value in values {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the scale holds it in its range"
        )]
        let index = place.at(*value) as usize;
        if let Some(bar) = bars.get_mut(index.min(BARS - 1)) {
            *bar += 1;
        }
    }
    bars
}

fn level(x: &Scale, value: f64, class: &str, words: &str) -> Markup {
    let at = px(x.at(value));
    html! { line.(class) x1=(at) x2=(at) y1=(px(FRAME.top)) y2=(px(FRAME.bottom)) { title { (words) } } }
}

/// Requests beside each other: waiting for the head, for the first audio, the body, and where playback ran dry.
fn waterfall(requests: &[&Evidence], buffer_ms: f64) -> Markup {
    let longest = requests.iter().map(|one| one.end_ms).fold(1.0, f64::max);
    let height = ROW * requests.len() as f64 + 56.0;
    let frame = Frame { left: 260.0, right: 950.0, top: 12.0, bottom: height - 44.0 };
    let x = Scale::new(0.0, longest, frame.left, frame.right);
    let has_sound = requests.iter().any(|one| one.audio.is_some());
    html! {
        figure {
            h3 { "Requests" }
            svg.plot.waterfall viewBox={ "0 0 960 " (px(height)) } role="img" aria-label={ "Timeline of " (requests.len()) " requests" } {
                @for (index, one) in requests.iter().enumerate() { (request(one, frame.top + ROW * index as f64, &x, frame, buffer_ms)) }
                (axis_x(frame, &x, "ms since the request"))
            }
            figcaption {
                span.key.waited {} " to the head "
                @if has_sound { span.key.silence {} " to the first audio " }
                span.key.body {} " body "
                @if has_sound { span.key.underrun {} " nothing to play " }
                "in the requests whose evidence is kept."
            }
        }
    }
}

fn request(one: &Evidence, top: f64, x: &Scale, frame: Frame, buffer_ms: f64) -> Markup {
    let head = one.head_ms.unwrap_or(one.end_ms);
    let first = one.first_audio_ms.unwrap_or(head).max(head);
    let parts = [("waited", 0.0, head), ("silence", head, first), ("body", first, one.end_ms)];
    let heard = one.audio.as_ref().filter(|heard| !heard.samples.is_empty());
    let underruns =
        heard.map(|heard| playout(&arrived(&one.chunks, heard), buffer_ms).underruns).unwrap_or_default();
    let label: String = one.label.chars().take(38).collect();
    let words = format!("{}: head {head:.0} ms, end {:.0} ms", visible(&one.label), one.end_ms);
    html! {
        g {
            title { (words) }
            text x=(px(frame.left - 8.0)) y=(px(top + 11.0)) text-anchor="end" { (visible(&label)) }
            @for (class, from, to) in parts {
                @if to > from {
                    rect.(class) x=(px(x.at(from))) y=(px(top)) width=(px((x.at(to) - x.at(from)).max(0.5))) height=(px(ROW - 5.0)) {}
                }
            }
            @for (from, to) in underruns {
                rect.underrun x=(px(x.at(from))) y=(px(top)) width=(px((x.at(to) - x.at(from)).max(1.0))) height=(px(ROW - 5.0)) {}
            }
        }
    }
}

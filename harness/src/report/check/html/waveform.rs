//! The picture of a sound, with its clipped, silent and misaligned parts marked.

use maud::{Markup, html};

use super::plot::{Frame, Scale, axis_x, px};
use crate::check::{Evidence, Heard};

const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 150.0;
const FRAME: Frame = Frame { left: 10.0, right: 950.0, top: 8.0, bottom: 112.0 };
/// How many columns the sound is drawn in.
const COLUMNS: usize = 470;
/// From here on a sample counts as clipped.
const CLIPPED: i16 = 32_700;
/// Below -50 dBFS it counts as silent.
const SILENT: i16 = 104;
/// Silence shorter than this is a pause between words.
const PAUSE_S: f64 = 0.2;
/// How many marks of one kind are drawn.
const MARKS: usize = 200;

/// What a column of the picture holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Column {
    low: i16,
    high: i16,
    is_clipped: bool,
}

/// The picture.
pub(super) fn waveform(evidence: &Evidence, heard: &Heard) -> Markup {
    let samples = first_channel(heard);
    let seconds = heard.seconds().max(0.001);
    let columns = columns(&samples);
    let silences = silences(&samples, f64::from(heard.rate.max(1)));
    let torn = misaligned(evidence, heard);
    let clipped = samples.iter().filter(|sample| sample.unsigned_abs() >= CLIPPED.unsigned_abs()).count();
    let x = Scale::new(0.0, seconds, FRAME.left, FRAME.right);
    let y = Scale::new(-32_768.0, 32_768.0, FRAME.bottom, FRAME.top);
    let column_x = Scale::new(0.0, columns.len().max(1) as f64, FRAME.left, FRAME.right);
    let words = format!(
        "{clipped} clipped samples, {} silent parts, {} chunks that end within a sample",
        silences.len(),
        torn.len()
    );
    html! {
        figure {
            svg.plot.waveform viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label={ "Waveform: " (words) } {
                @for (from, to) in &silences {
                    rect.silent x=(px(x.at(*from))) y=(px(FRAME.top)) width=(px(x.at(*to) - x.at(*from))) height=(px(FRAME.bottom - FRAME.top)) {
                        title { "silent from " (format!("{from:.2}")) " to " (format!("{to:.2}")) " s" }
                    }
                }
                path.wave d=(outline(&columns, &column_x, &y)) {}
                @for (index, _) in columns.iter().enumerate().filter(|(_, column)| column.is_clipped).take(MARKS) {
                    @let at = column_x.at(index as f64);
                    rect.clipped x=(px(at)) y=(px(FRAME.top)) width="2" height=(px(FRAME.bottom - FRAME.top)) { title { "clipped" } }
                }
                @for at in torn.iter().take(MARKS) {
                    line.torn x1=(px(x.at(*at))) x2=(px(x.at(*at))) y1=(px(FRAME.top)) y2=(px(FRAME.bottom + 6.0)) {
                        title { "a chunk ends within a sample at " (format!("{at:.3}")) " s" }
                    }
                }
                (axis_x(FRAME, &x, "s"))
            }
            figcaption {
                span.key.clipped {} " clipped " span.key.silent {} " silent " span.key.torn {} " a chunk ends within a sample: "
                (words) "."
            }
        }
    }
}

fn first_channel(heard: &Heard) -> Vec<i16> {
    let frame = usize::from(heard.channels.max(1)) * 2;
    let first = |frame: &[u8]| Some(i16::from_le_bytes([*frame.first()?, *frame.get(1)?]));
    heard.samples.chunks(frame).filter_map(first).collect()
}

fn columns(samples: &[i16]) -> Vec<Column> {
    let length = samples.len().div_ceil(COLUMNS).max(1);
    let column = |samples: &[i16]| Column {
        low: samples.iter().copied().min().unwrap_or_default(),
        high: samples.iter().copied().max().unwrap_or_default(),
        is_clipped: samples.iter().any(|sample| sample.unsigned_abs() >= CLIPPED.unsigned_abs()),
    };
    samples.chunks(length).map(column).collect()
}

/// The outline of all columns: along the highs and back along the lows.
fn outline(columns: &[Column], x: &Scale, y: &Scale) -> String {
    let mut path = String::new();
    let highs = columns.iter().enumerate().map(|(index, column)| (index, column.high));
    let lows = columns.iter().enumerate().rev().map(|(index, column)| (index, column.low));
    for (index, value) in highs.chain(lows) {
        let command = if path.is_empty() { 'M' } else { 'L' };
        path += &format!("{command}{} {}", px(x.at(index as f64)), px(y.at(f64::from(value))));
    }
    path.push('Z');
    path
}

/// The silent parts, in seconds.
fn silences(samples: &[i16], rate: f64) -> Vec<(f64, f64)> {
    let mut found = Vec::new();
    let mut start = None;
    let mut close = |start: Option<usize>, end: usize| {
        if let Some(start) = start {
            let (from, to) = (start as f64 / rate, end as f64 / rate);
            if to - from >= PAUSE_S && found.len() < MARKS {
                found.push((from, to));
            }
        }
    };
    for (index, sample) in samples.iter().enumerate() {
        if sample.unsigned_abs() > SILENT.unsigned_abs() {
            close(start.take(), index);
        } else {
            start.get_or_insert(index);
        }
    }
    close(start, samples.len());
    found
}

/// Where chunks end within a sample of all channels, in seconds. The end of the body counts too.
fn misaligned(evidence: &Evidence, heard: &Heard) -> Vec<f64> {
    let frame = u64::from(heard.channels.max(1)) * 2;
    let a_second = (f64::from(heard.rate.max(1))) * frame as f64;
    let start = heard.offset as u64;
    let ends = evidence.chunks.iter().map(|row| row.offset + row.size).filter(|end| *end > start);
    ends.map(|end| end - start)
        .filter(|bytes| bytes % frame != 0)
        .map(|bytes| bytes as f64 / a_second)
        .collect()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[test]
    fn silent_parts_are_found_and_pauses_between_words_are_not() {
        let mut samples = vec![0; 400];
        samples.extend([5_000; 100]);
        samples.extend([10; 100]);
        samples.extend([-5_000; 100]);
        samples.extend([0; 300]);
        assert_eq!(silences(&samples, 1_000.0), [(0.0, 0.4), (0.7, 1.0)]);
    }

    #[test]
    fn the_first_channel_is_drawn_and_clipping_is_seen() {
        let samples: Vec<u8> =
            [1_i16, -7, i16::MAX, 0, 3, 9].iter().flat_map(|sample| sample.to_le_bytes()).collect();
        let heard = Heard::new(16_000, 2, 44, Bytes::from(samples));
        assert_eq!(first_channel(&heard), [1, i16::MAX, 3]);
        assert_eq!(columns(&[1, i16::MAX, 3]).iter().filter(|column| column.is_clipped).count(), 1);
    }
}

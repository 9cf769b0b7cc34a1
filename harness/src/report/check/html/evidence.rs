//! What shows a verdict: request, head, first bytes, arrival times, the sound itself.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{Markup, html};

use super::timeline::timeline;
use super::visible::visible;
use super::waveform::waveform;
use crate::check::{ChunkRow, Evidence, Heard};

/// How many chunks are listed.
const ROWS: usize = 200;

/// How much of one sound is in the page, in bytes of samples: some 30 s at 16 kHz.
const ONE_SOUND: usize = 1 << 20;

/// How much of a body of text is in the page, in characters.
const TEXT: usize = 4_000;

/// How sounds are shown.
pub(super) struct Sound {
    /// The bytes of samples that the page may still take, so that it can be opened anywhere.
    left: usize,
    /// What playback holds before it begins, in milliseconds.
    buffer_ms: f64,
}

impl Sound {
    /// With playback that begins behind a buffer.
    pub(super) const fn new(buffer_ms: f64) -> Self {
        Self { left: 12 << 20, buffer_ms }
    }

    /// The sound as an address, from its beginning; whether some of it is left out. `None` when the page is full.
    fn take(&mut self, heard: &Heard) -> Option<(String, bool)> {
        let frame = usize::from(heard.channels.max(1)) * 2;
        let length = heard.samples.len().min(ONE_SOUND) / frame * frame;
        if length == 0 || length > self.left {
            return None;
        }
        self.left -= length;
        let samples = heard.samples.slice(..length);
        let shown = Heard::new(heard.rate, heard.channels, heard.offset, samples);
        let address = format!("data:audio/wav;base64,{}", STANDARD.encode(shown.wav()));
        Some((address, length < heard.samples.len()))
    }
}

/// One exchange.
pub(super) fn evidence(evidence: &Evidence, sound: &mut Sound) -> Markup {
    html! {
        article.evidence {
            h4 { (visible(&evidence.label)) }
            p.times { (times(evidence)) }
            @if evidence.chunks.len() > 1 { (timeline(evidence, sound.buffer_ms)) }
            @if let Some(heard) = &evidence.audio { (heard_as(evidence, heard, sound)) }
            (text("Request as sent", &evidence.request))
            (text("Head of the answer", if evidence.head.is_empty() { "none" } else { &evidence.head }))
            @if !evidence.first_bytes.is_empty() {
                h5 { "First bytes of " (evidence.body_bytes) }
                pre.hex { (visible(&hex(&evidence.first_bytes))) }
            }
            @if let Some(body) = &evidence.body_text { (text("Body", &beginning(body))) }
            @if !evidence.faults.is_empty() {
                h5 { "Wrong with the chunks" }
                ul { @for fault in &evidence.faults { li { (visible(fault)) } } }
            }
            @if !evidence.chunks.is_empty() { (arrivals(evidence)) }
            (text("Ask the same", &evidence.curl))
        }
    }
}

fn text(title: &str, text: &str) -> Markup {
    html! { h5 { (title) } pre { (visible(text)) } }
}

fn beginning(text: &str) -> String {
    match text.char_indices().nth(TEXT) {
        Some((at, _)) => format!("{}... ({} bytes)", &text[..at], text.len()),
        None => text.to_owned(),
    }
}

fn times(evidence: &Evidence) -> String {
    let mut parts = Vec::new();
    if evidence.connect_ms > 0.0 {
        parts.push(format!("connected in {:.1} ms", evidence.connect_ms));
    }
    parts.extend(evidence.head_ms.map(|ms| format!("head after {ms:.1} ms")));
    parts.extend(evidence.first_audio_ms.map(|ms| format!("first audio after {ms:.1} ms")));
    parts.push(format!("end after {:.1} ms: {}", evidence.end_ms, visible(&evidence.end)));
    parts.join(", ")
}

/// Hex in lines of sixteen bytes, with the characters beside them.
fn hex(bytes: &str) -> String {
    let bytes: Vec<&str> = bytes.split_whitespace().collect();
    let mut lines = String::new();
    for (number, line) in bytes.chunks(16).enumerate() {
        let letters: String = line.iter().map(|byte| letter(byte)).collect();
        lines += &format!("{:04x}  {:<47}  {letters}\n", number * 16, line.join(" "));
    }
    lines
}

fn letter(hex: &str) -> char {
    let byte = u8::from_str_radix(hex, 16).unwrap_or_default();
    if byte.is_ascii_graphic() || byte == b' ' { char::from(byte) } else { '.' }
}

fn arrivals(evidence: &Evidence) -> Markup {
    let left_out = evidence.chunks.len().saturating_sub(ROWS) + evidence.chunks_left_out;
    html! {
        details.arrivals {
            summary { "Arrival times of " (evidence.chunks.len() + evidence.chunks_left_out) " chunks" }
            table {
                thead { tr { th scope="col" { "chunk" } th scope="col" { "offset" } th scope="col" { "bytes" } th scope="col" { "at, ms" } } }
                tbody {
                    @for (number, ChunkRow { offset, size, at_ms }) in evidence.chunks.iter().take(ROWS).enumerate() {
                        tr { td { (number + 1) } td { (offset) } td { (size) } td { (format!("{at_ms:.1}")) } }
                    }
                }
            }
            @if left_out > 0 { p { (left_out) " more are left out." } }
        }
    }
}

fn heard_as(evidence: &Evidence, heard: &Heard, sound: &mut Sound) -> Markup {
    let channels =
        if heard.channels == 1 { "one channel".to_owned() } else { format!("{} channels", heard.channels) };
    let form = format!("{:.2} s at {} Hz, {channels}", heard.seconds(), heard.rate);
    html! {
        h5 { "Audio: " (form) }
        @match sound.take(heard) {
            Some((address, is_cut)) => {
                audio controls preload="none" src=(address) aria-label={ "Audio of " (visible(&evidence.label)) } {}
                @if is_cut { p.note { "Its beginning; the rest is left out of the page." } }
            }
            None if heard.samples.is_empty() => p.note { "There are no samples." },
            None => p.note { "Left out: the page holds as much sound as it may." },
        }
        @if !heard.samples.is_empty() { (waveform(evidence, heard)) }
    }
}

//! What is spoken: the text as it was sent, as samples, and what mutants make of both.

use super::service::Service;
use super::speech::samples_in;
use super::wish::Wish;
use crate::raw::{RawRequest, Refusal};

/// How much of its end a voice that clicks leaves out: its tail and some of the last sound.
const CLICK: std::time::Duration = std::time::Duration::from_millis(180);

fn is_emoji(c: char) -> bool {
    matches!(c, '\u{1f300}'..='\u{1faff}')
}

fn is_rtl(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}')
}

impl Service {
    /// The text that reaches the voice.
    pub(super) fn text(&self, request: &RawRequest, text: &str) -> Result<String, Refusal> {
        let Some(id) = self.broken.id() else { return Ok(text.to_owned()) };
        let refused = |status, why: &str| Err(Refusal::new(status, why.to_owned()));
        let first = |count| text.chars().take(count).collect();
        match id {
            "TXT-02" if text.chars().count() == 1 => refused(400, "expected a sentence"),
            "TXT-05" if !text.chars().all(is_emoji) => {
                Ok(text.chars().map(|c| if is_emoji(c) { '笑' } else { c }).collect())
            }
            "TXT-06" => Ok(text.chars().take_while(|c| !c.is_ascii_digit()).collect()),
            "TXT-07" => Ok(text.replace(['<', '>', '='], " ")),
            "TXT-08" if !text.starts_with("<speak") && text.contains(['<', '&']) => {
                refused(500, "expected well-formed markup")
            }
            "TXT-09" if text.contains('\u{7}') => refused(400, "expected no control characters"),
            "TXT-11" => Ok(first(100)),
            "RTY-04" => Ok(match request.id() {
                Some(id) => self.state.wrong().first_text(id, text),
                None => text.to_owned(),
            }),
            _ => Ok(text.to_owned()),
        }
    }

    /// Whether a request gets something that is no answer of the protocol.
    pub(super) fn mishap(&self, request: &RawRequest) -> Option<Mishap> {
        let id = self.broken.id()?;
        let body = String::from_utf8_lossy(&request.body);
        let text = serde_json::from_str::<serde_json::Value>(&body).ok();
        let text = text.as_ref().and_then(|body| body["Text"].as_str());
        match (id, text) {
            ("HTTP-18", _) if request.header("transfer-encoding").is_some() => Some(Mishap::Silence),
            ("TXT-03", Some(text)) if !text.is_empty() && text.trim().is_empty() => Some(Mishap::ErrorPage),
            ("TXT-04", Some(text)) if !text.is_empty() && text.chars().all(is_emoji) => Some(Mishap::Silence),
            ("TXT-10", None) if body.contains("\\ud83d") => Some(Mishap::Crash),
            ("TXT-14", Some(text)) if text.contains(is_rtl) => Some(Mishap::ErrorPage),
            _ => None,
        }
    }

    /// The samples of one channel from one place to another.
    pub(super) fn samples(&self, wish: &Wish, start: u64, end: u64) -> Vec<i16> {
        let mut samples = match &self.state.wrong().speech {
            // One voice for all who speak at this time.
            Some(speech) if self.broken.is("CON-01") && self.state.active() > 1 => speech.samples(start, end),
            _ => wish.speech.samples(start, end),
        };
        let divisor = match self.broken.id() {
            Some("TXT-01") if !wish.is_chinese => 100,
            Some("TXT-17") => 5,
            _ => 1,
        };
        if divisor > 1 {
            samples.iter_mut().for_each(|sample| *sample /= divisor);
        }
        samples
    }

    /// How many samples of a text are sent.
    pub(super) fn length(&self, request: &RawRequest, wish: &Wish) -> u64 {
        let whole = wish.speech.len();
        let left_out = match self.broken.id() {
            Some("TXT-15") if wish.is_chinese && wish.characters < 25 && wish.characters > 10 => {
                let mut wrong = self.state.wrong();
                wrong.made += 1;
                if wrong.made.is_multiple_of(2) { whole * 16 / 100 } else { 0 }
            }
            Some("TXT-16") => samples_in(CLICK, wish.rate).min(whole / 2),
            Some("KAL-01") if request.number >= 3 => whole / 4,
            _ => 0,
        };
        whole - left_out
    }
}

/// What a broken server does instead of answering.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Mishap {
    /// The framework's own page.
    ErrorPage,
    /// Nothing, for ever.
    Silence,
    /// It closes the connection.
    Crash,
}

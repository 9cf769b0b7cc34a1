//! A request of the custom protocol: what is to be said, and how the audio shall come.
//!
//! Strict: what is asked for is honoured to the letter or refused, for a wrong rate or format is heard as noise.
//! Members nobody knows are ignored, since the platform adds some over time.

use bargein_wire::custom_tts::Format;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde_json::{Map, Value};

use super::layout::{Layout, Packing, RATES};
use super::refusal::{Code, NotSpoken};

/// What is asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Ask {
    /// As the caller wrote it.
    pub(crate) text: String,
    pub(crate) layout: Layout,
}

const BOM: &[u8] = b"\xEF\xBB\xBF";
const DEFAULT_RATE: u32 = 16_000;

/// Whether the body is JSON by the headers' own word. Who says nothing is believed.
pub(crate) fn check_type(headers: &HeaderMap) -> Result<(), NotSpoken> {
    let Some(value) = headers.get(CONTENT_TYPE) else { return Ok(()) };
    let value = String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase();
    let mut parts = value.split(';').map(str::trim);
    let is_json = parts.next() == Some("application/json");
    let charset =
        parts.find_map(|part| part.strip_prefix("charset=")).map(|charset| charset.trim_matches('"'));
    if is_json && charset.is_none_or(|charset| matches!(charset, "utf-8" | "utf8")) {
        return Ok(());
    }
    let message = "expected `Content-Type: application/json`, in UTF-8, got another one";
    Err(NotSpoken::new(Code::UnsupportedMediaType, message))
}

impl Ask {
    /// Reads a body.
    pub(crate) fn read(body: &[u8]) -> Result<Self, NotSpoken> {
        let body = body.strip_prefix(BOM).unwrap_or(body);
        let value = serde_json::from_slice(body).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            NotSpoken::invalid(format!("expected a JSON object, got no JSON at line {line} column {column}"))
        })?;
        let Value::Object(members) = value else {
            return Err(NotSpoken::invalid("expected a JSON object, got another kind of value"));
        };
        let layout =
            Layout { packing: packing(&members)?, rate: rate(&members)?, channels: channels(&members)? };
        Ok(Self { text: text(members)?, layout })
    }
}

fn text(mut members: Map<String, Value>) -> Result<String, NotSpoken> {
    match members.remove("Text") {
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(NotSpoken::invalid("expected a string in `Text`, got another kind of value")),
        None => {
            let near = members.keys().find(|name| name.eq_ignore_ascii_case("text"));
            let near = near.map(|near| format!(", got `{near}`: names are told apart by case"));
            let got = near.unwrap_or_else(|| ", got none".to_owned());
            Err(NotSpoken::invalid(format!("expected what to say in `Text`{got}")))
        }
    }
}

fn packing(members: &Map<String, Value>) -> Result<Packing, NotSpoken> {
    match given(members, "Format") {
        None => Ok(Packing::Wav),
        Some(Value::String(word)) if word == Format::Wav.word() => Ok(Packing::Wav),
        Some(Value::String(word)) if word == Format::Pcm.word() => Ok(Packing::Pcm),
        Some(Value::String(word)) if word == Format::OggOpus.word() => Ok(Packing::OggOpus),
        Some(_) => Err(NotSpoken::invalid(
            "expected `wav`, `pcm` or `ogg_opus` in `Format`, got something else, which this server cannot make",
        )),
    }
}

fn rate(members: &Map<String, Value>) -> Result<u32, NotSpoken> {
    let Some(value) = given(members, "SampleRate") else { return Ok(DEFAULT_RATE) };
    let rate = value.as_u64().and_then(|rate| u32::try_from(rate).ok()).filter(|rate| RATES.contains(rate));
    rate.ok_or_else(|| {
        let (least, most) = (RATES.start(), RATES.end());
        NotSpoken::invalid(format!("expected a whole number from {least} to {most} in `SampleRate`"))
    })
}

fn channels(members: &Map<String, Value>) -> Result<u16, NotSpoken> {
    match given(members, "Channel").map(Value::as_u64) {
        None | Some(Some(1)) => Ok(1),
        Some(Some(2)) => Ok(2),
        Some(_) => Err(NotSpoken::invalid("expected the number 1 or 2 in `Channel`")),
    }
}

/// A member that says something.
fn given<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    members.get(name).filter(|value| !value.is_null())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<(String, Packing, u32, u16), String> {
        let ask = Ask::read(body.as_bytes()).map_err(|refusal| {
            assert_eq!(refusal.code, Code::InvalidArgument, "{body}");
            refusal.message
        })?;
        Ok((ask.text, ask.layout.packing, ask.layout.rate, ask.layout.channels))
    }

    #[test]
    fn what_is_asked_is_read_to_the_letter() {
        let ok = |text: &str, packing, rate, channels| Ok((text.to_owned(), packing, rate, channels));
        let wav = Packing::Wav;
        for (body, expected) in [
            (r#"{"Text":"hi"}"#, ok("hi", wav, 16_000, 1)),
            ("\u{FEFF}{\"Text\":\"hi\"} \n", ok("hi", wav, 16_000, 1)),
            (
                r#"{"Channel":2,"SampleRate":24000,"Format":"pcm","Text":"\u4f60"}"#,
                ok("你", Packing::Pcm, 24_000, 2),
            ),
            (r#"{"Text":"","Format":null,"SampleRate":null,"Channel":null}"#, ok("", wav, 16_000, 1)),
            (r#"{"Text":"hi","SampleRate":11025,"Speed":3}"#, ok("hi", wav, 11_025, 1)),
            (r#"{"Text":"hi","Format":"ogg_opus"}"#, ok("hi", Packing::OggOpus, 16_000, 1)),
            (r#"{"Text":"\ud83d\ude00"}"#, ok("😀", wav, 16_000, 1)),
        ] {
            assert_eq!(read(body), expected, "{body}");
        }
    }

    #[test]
    fn what_cannot_be_honoured_is_refused_with_what_was_expected() {
        let formats = "expected `wav`, `pcm` or `ogg_opus` in `Format`";
        let rates = "expected a whole number from 8000 to 48000 in `SampleRate`";
        let channels = "expected the number 1 or 2 in `Channel`";
        for (body, says) in [
            ("", "expected a JSON object, got no JSON at line 1"),
            ("{", "got no JSON at line 1"),
            ("[]", "expected a JSON object, got another kind"),
            ("\"x\"", "expected a JSON object, got another kind"),
            ("null", "expected a JSON object, got another kind"),
            ("{}", "expected what to say in `Text`, got none"),
            (r#"{"text":"hi"}"#, "`Text`, got `text`: names are told apart by case"),
            (r#"{"Text":1}"#, "expected a string in `Text`"),
            (r#"{"Text":null}"#, "expected a string in `Text`"),
            (r#"{"Text":"\ud83d"}"#, "got no JSON"),
            (r#"{"Text":"hi","Format":"WAV"}"#, formats),
            (r#"{"Text":"hi","Format":"flac"}"#, formats),
            (r#"{"Text":"hi","Format":"mp3"}"#, formats),
            (r#"{"Text":"hi","Format":""}"#, formats),
            (r#"{"Text":"hi","SampleRate":0}"#, rates),
            (r#"{"Text":"hi","SampleRate":-1}"#, rates),
            (r#"{"Text":"hi","SampleRate":1000000}"#, rates),
            (r#"{"Text":"hi","SampleRate":"16000"}"#, rates),
            (r#"{"Text":"hi","SampleRate":16000.5}"#, rates),
            (r#"{"Text":"hi","Channel":0}"#, channels),
            (r#"{"Text":"hi","Channel":3}"#, channels),
            (r#"{"Text":"hi","Channel":"1"}"#, channels),
        ] {
            let told = read(body).expect_err(body);
            assert!(told.contains(says), "{body}\nexpected {says}\ngot {told}");
        }
        assert!(Ask::read(b"{\"Text\":\"\xff\"}").is_err(), "no UTF-8");
    }

    #[test]
    fn a_body_is_json_by_its_own_word() {
        for (value, expected) in [
            (None, true),
            (Some("application/json"), true),
            (Some("application/json;charset=UTF-8"), true),
            (Some("Application/JSON; charset=\"utf-8\""), true),
            (Some("application/json; charset=gbk"), false),
            (Some("text/plain"), false),
            (Some("application/x-www-form-urlencoded"), false),
        ] {
            let headers = value.map(|value| (CONTENT_TYPE, value.parse().expect("a header")));
            assert_eq!(check_type(&headers.into_iter().collect()).is_ok(), expected, "{value:?}");
        }
    }
}

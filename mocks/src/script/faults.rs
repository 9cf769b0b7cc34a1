//! What can go wrong with an answer of any role.

use std::collections::BTreeMap;

use bargein_wire::units::Dur;
use schemars::JsonSchema;
use serde::Deserialize;

use super::ScriptError;
use super::point::{Cut, Point, Stall, Unit};

/// The faults of one answer. Default: none.
#[derive(Clone, PartialEq, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// The HTTP status of the answer, 200 to 599. Any but 200 makes it a refusal. Default 200.
    pub status: Option<u16>,
    /// The body of a refusal: `vendor`, the vendor's own error shape (default), or any other text as it is. A text
    /// under status 200 takes the place of the answer.
    pub body: Option<FaultBody>,
    /// The vendor's own error code in a refusal, in place of the usual one of the status. For `tencent` ASR without
    /// `status`: the code that the open stream is told instead of being taken.
    pub code: Option<Code>,
    /// When a refused request may come again: the header `Retry-After`, whole seconds rounded up, and for `openai`
    /// also `retry-after-ms`.
    pub retry_after: Option<Dur>,
    /// Request to status and headers. Default 0ms.
    pub after: Dur,
    /// Never answer at all. Default false.
    pub hang: bool,
    /// Break the answer off `at token 12` (TTS `at chunk 12`, ASR `at result 12`), `at byte 4000` (not ASR) or
    /// `at 700ms` after the request; the body then ends as if whole, or with `by reset` the connection breaks.
    pub cut: Option<Cut>,
    /// Pause within the answer, after a point as `cut` has them: `at token 5 for 3s`, or `for ever`.
    pub stall: Option<Stall>,
    /// Send this token, chunk or result broken: an LLM's frame is not JSON, a TTS chunk lacks one byte, an ASR
    /// result is not JSON. Only `at token 5`, `at chunk 5`, `at result 5`.
    pub malformed: Option<Point>,
    /// Headers of the answer to set to something else; an empty text takes the header away.
    pub wrong_header: BTreeMap<String, String>,
}

/// The body of a refusal.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
#[serde(from = "String")]
#[schemars(with = "String")]
pub enum FaultBody {
    /// The vendor's own error shape.
    Vendor,
    /// This text as it is, as `text/plain`; as `text/html` or `application/json` when it begins like one.
    Text(String),
}

impl From<String> for FaultBody {
    fn from(text: String) -> Self {
        if text == "vendor" { Self::Vendor } else { Self::Text(text) }
    }
}

/// A vendor's error code: a word or a number.
#[derive(Clone, PartialEq, Eq, Debug, JsonSchema)]
#[schemars(with = "String", extend("type" = ["string", "integer"]))]
pub struct Code(pub String);

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct WordOrNumber;
        impl serde::de::Visitor<'_> for WordOrNumber {
            type Value = Code;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a vendor's error code: a word or a number")
            }
            fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<Code, E> {
                Ok(Code(word.to_owned()))
            }
            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Code, E> {
                Ok(Code(number.to_string()))
            }
            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Code, E> {
                Ok(Code(number.to_string()))
            }
        }
        deserializer.deserialize_any(WordOrNumber)
    }
}

impl Faults {
    /// Whether there is a refusal, or a text, in the answer's place.
    #[must_use]
    pub fn refuses(&self) -> bool {
        self.status.is_some_and(|status| status != 200) || matches!(self.body, Some(FaultBody::Text(_)))
    }

    /// Refuses a code that no refusal would carry.
    pub(super) fn check_code(&self) -> Result<(), ScriptError> {
        match &self.code {
            Some(Code(code)) if self.status.is_none() => {
                Err(ScriptError::wrong(&["code"], "a `status` beside it", format!("`{code}` alone")))
            }
            _ => Ok(()),
        }
    }

    /// Refuses values out of range. `unit` is what the answers of the role are made of.
    pub(super) fn check(&self, unit: Unit) -> Result<(), ScriptError> {
        if let Some(status) = self.status.filter(|status| !(200..=599).contains(status)) {
            return Err(ScriptError::wrong(&["status"], "an HTTP status of 200 to 599", status.to_string()));
        }
        // A block may take back the `status` that stands plainly by `status: 200`: then these say nothing.
        let only_beside_status =
            [("retry_after", self.retry_after.is_some()), ("body", self.body == Some(FaultBody::Vendor))];
        if let Some((key, _)) = only_beside_status.iter().find(|(_, stands)| *stands && self.status.is_none())
        {
            return Err(ScriptError::wrong(&[key], "a `status` beside it", "none"));
        }
        if let Some(point @ (Point::Byte(_) | Point::After(_))) = self.malformed {
            let expected = format!("a point such as `at {} 5`", unit.word());
            return Err(ScriptError::wrong(&["malformed"], expected, format!("`{point}`")));
        }
        let (cut, stall) = (self.cut.map(|cut| cut.at), self.stall.map(|stall| stall.at));
        for (key, point) in [("cut", cut), ("stall", stall), ("malformed", self.malformed)] {
            if let Some(point @ Point::Unit(other, number)) = point
                && other != unit
            {
                let word = unit.word();
                let expected = format!("`at {word} {number}`, for answers of this role are made of {word}s");
                return Err(ScriptError::wrong(&[key], expected, format!("`{point}`")));
            }
        }
        if let Some(Cut { at: Point::After(at), .. }) = self.cut
            && at < self.after.get()
        {
            let got = format!("`{}` with `after: {}`", Point::After(at), self.after);
            return Err(ScriptError::wrong(&["cut"], "a point not before `after`", got));
        }
        for (name, value) in &self.wrong_header {
            let readable =
                http::HeaderName::try_from(name).is_ok() && http::HeaderValue::try_from(value).is_ok();
            if !readable {
                return Err(ScriptError::wrong(
                    &["wrong_header", name],
                    "an HTTP header",
                    format!("`{name}: {value}`"),
                ));
            }
        }
        Ok(())
    }
}

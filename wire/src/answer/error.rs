//! What a vendor says when it fails: one shape written, all shapes seen read.

use serde::Serialize;
use serde_json::Value;

use super::json;

/// The body of a failure as OpenAI writes it: `{"error":{"message","type","param","code"}}`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ErrorBody {
    /// What it holds.
    pub error: ErrorDetail,
}

/// What a failure says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ErrorDetail {
    /// In words.
    pub message: String,
    /// The class, such as `invalid_request_error`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The member of the request at fault.
    pub param: Option<String>,
    /// The exact code, such as `rate_limit_exceeded`.
    pub code: Option<String>,
}

impl ErrorBody {
    /// A failure of this class with this code, if it has one.
    #[must_use]
    pub fn new(message: impl Into<String>, kind: impl Into<String>, code: Option<&str>) -> Self {
        let (message, kind, code) = (message.into(), kind.into(), code.map(str::to_owned));
        Self { error: ErrorDetail { message, kind, param: None, code } }
    }
}

/// A failure in any of the shapes vendors use. Members that a shape lacks are empty.
#[derive(Clone, PartialEq, Eq, Debug, Default, thiserror::Error)]
#[error("{}", self.words())]
pub struct ApiError {
    /// The vendor's code as text, also where it sends a number (Q50).
    pub code: String,
    /// OpenAI's `type`.
    pub kind: String,
    /// The vendor's words.
    pub message: String,
    /// The HTTP status, where the body names one.
    pub status: Option<u16>,
}

impl ApiError {
    /// The failure a frame or document tells, if it tells one (Q35, Q38, Q39).
    ///
    /// A document with choices is none, whatever else it holds, unless it says `error` or a `base_resp` that is
    /// not 0 (those stand beside choices too).
    #[must_use]
    pub fn find(document: &Value) -> Option<Self> {
        let own = &document["error"];
        if is_truthy(own) {
            return Some(Self::told_by(own, document));
        }
        let base = &document["base_resp"];
        if is_failure(&base["status_code"]) {
            let (code, message) = (text(&base["status_code"]), text(&base["status_msg"]));
            return Some(Self { code, message, ..Self::default() });
        }
        if document["choices"].as_array().is_some_and(|choices| !choices.is_empty()) {
            return None;
        }
        for nested in [&document["Response"]["Error"], &document["ErrorMsg"]] {
            if nested.is_object() {
                return Some(Self::told_by(nested, document));
            }
        }
        let coded = ["code", "error_code"].iter().any(|name| is_failure(&document[*name]));
        let worded = WORDS.iter().any(|name| is_truthy(&document[*name]));
        (coded && worded).then(|| Self::told_by(document, document))
    }

    /// The failure that the body of a refused request tells, whatever it is: JSON of any shape, a bare JSON string,
    /// plain text, nothing (Q40, Q41).
    #[must_use]
    pub fn from_body(body: &str) -> Self {
        let document = json::read(body).unwrap_or_else(|_| Value::String(body.trim().to_owned()));
        Self::find(&document).unwrap_or_else(|| Self::told_by(&document, &Value::Null))
    }

    /// Reads a text as a JSON object, lone surrogates included; else gives the beginning of the text, for a message.
    pub(crate) fn document(text: &str) -> Result<Value, String> {
        json::read(text).ok().filter(Value::is_object).ok_or_else(|| Self::head(text))
    }

    /// The beginning of something, for a message.
    pub(crate) fn head(text: &str) -> String {
        text.trim().chars().take(200).collect()
    }

    /// What `told` says of itself; `around` may name the HTTP status.
    fn told_by(told: &Value, around: &Value) -> Self {
        let first = |names: &[&str]| {
            names.iter().map(|name| text(&told[*name])).find(|text| !text.is_empty()).unwrap_or_default()
        };
        let message = match told {
            Value::Object(_) => first(&WORDS),
            other => text(other),
        };
        let status = [&told["status"], &around["status"], &told["code"], &around["code"]]
            .into_iter()
            .filter_map(|status| text(status).parse().ok())
            .find(|status| (400..600).contains(status));
        Self { code: first(&["code", "error_code", "Code"]), kind: first(&["type"]), message, status }
    }

    /// All that is known, for a reader.
    fn words(&self) -> &str {
        [&self.message, &self.code, &self.kind]
            .into_iter()
            .find(|text| !text.is_empty())
            .map_or("a failure without a word", |text| text)
    }
}

/// Where the words of a failure stand.
const WORDS: [&str; 8] =
    ["message", "msg", "error_msg", "status_msg", "Message", "Msg", "detail", "error_description"];

/// Whether this is neither absent, null, false, 0, nor empty.
fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
    }
}

/// Whether this is a code that does not say success.
fn is_failure(code: &Value) -> bool {
    !matches!(text(code).to_ascii_lowercase().as_str(), "" | "0" | "200" | "ok" | "success")
}

/// The value as text: texts as they are, nothing for null, anything else as JSON.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_of_failure_is_found() {
        for line in include_str!("../../../fixtures/wire/openai/errors.jsonl").lines() {
            let case = json::read(line).unwrap_or_default();
            let found = ApiError::find(&case["body"]);
            let expected = case["code"].as_str().map(|code| (code.to_owned(), text(&case["message"])));
            assert_eq!(found.map(|error| (error.code, error.message)), expected, "{line}");
        }
    }

    #[test]
    fn the_body_of_a_refusal_always_says_something() {
        for (body, code, kind, message, status) in [
            (
                r#"{"error":{"message":"slow","type":"requests","param":null,"code":"rate_limit_exceeded"}}"#,
                "rate_limit_exceeded",
                "requests",
                "slow",
                None,
            ),
            (r#"{"detail":"Not Found"}"#, "", "", "Not Found", None),
            (
                r#"{"detail":[{"loc":["body"],"msg":"field required"}]}"#,
                "",
                "",
                r#"[{"loc":["body"],"msg":"field required"}]"#,
                None,
            ),
            (r#"{"message":"no"}"#, "", "", "no", None),
            (r#""Invalid token""#, "", "", "Invalid token", None),
            ("upstream down\n", "", "", "upstream down", None),
            ("", "", "", "", None),
            (
                r#"{"event":"error","status":429,"code":"too_many_requests","message":"m"}"#,
                "too_many_requests",
                "",
                "m",
                Some(429),
            ),
            (r#"{"error":{"code":503,"message":"busy"}}"#, "503", "", "busy", Some(503)),
        ] {
            let expected = ApiError { code: code.into(), kind: kind.into(), message: message.into(), status };
            assert_eq!(ApiError::from_body(body), expected, "{body}");
        }
    }

    #[test]
    fn a_failure_is_written_with_every_member() {
        let body = ErrorBody::new("no such model", "invalid_request_error", Some("model_not_found"));
        let text = serde_json::to_string(&body).ok();
        let expected = r#"{"error":{"message":"no such model","type":"invalid_request_error","param":null,"code":"model_not_found"}}"#;
        assert_eq!(text.as_deref(), Some(expected));
    }
}

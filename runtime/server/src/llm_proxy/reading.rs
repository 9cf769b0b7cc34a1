//! What a stream has said so far, as far as it decides when the caller is answered and how the stream ends.

use bargein_wire::openai::ApiError;
use serde_json::{Map, Value};

use super::context::Remembering;
use super::events::{BASE_RESP, CHOICES, ERROR, FINISH_REASON, USAGE, read};

/// What a stream has said so far.
#[derive(Debug, Default)]
pub(super) struct Reading {
    /// Who remembers what is said; then every event has to be read.
    pub(super) remembering: Option<Remembering>,
    /// Something came that a caller can use: text, reasoning, a tool call, a refusal, metadata. A role does not count,
    /// nor does white space.
    pub(super) has_content: bool,
    /// A reason to end was given.
    pub(super) is_finished: bool,
    /// The last event came: `[DONE]`.
    pub(super) is_done: bool,
    /// How many events there were, comments not counted.
    pub(super) events: u64,
    /// Tokens of the request and of the answer, as last told.
    pub(super) usage: Option<(u64, u64)>,
    /// The vendor failed within the stream.
    pub(super) fault: Option<ApiError>,
    /// Whether the fault was told in the shape that callers know: `error` is a member.
    pub(super) is_fault_told: bool,
}

impl Reading {
    /// One event of the stream, as it came.
    pub(super) fn on_event(&mut self, event: &[u8]) {
        let data = read(event);
        let json = data.bytes().trim_ascii();
        // Some hand comments on as data.
        if json.is_empty() || json.starts_with(b":") {
            return;
        }
        self.events += 1;
        if json == b"[DONE]" {
            self.is_done = true;
            return;
        }
        // An event like most: nothing in it has to be read.
        let is_plain = CHOICES.is_in(json) && !ERROR.says_something(json) && !BASE_RESP.is_in(json);
        if self.has_content && is_plain && self.remembering.is_none() && !USAGE.says_something(json) {
            self.is_finished |= FINISH_REASON.says_something(json);
            return;
        }
        // What cannot be read is the caller's to judge: it goes on as it came.
        if let Ok(document) = serde_json::from_slice::<Value>(json) {
            self.on_document(&document);
        }
    }

    /// One event that had to be read.
    fn on_document(&mut self, document: &Value) {
        if self.fault.is_none()
            && let Some(fault) = ApiError::find(document)
        {
            self.is_fault_told = document["error"].is_object() || document["error"].is_string();
            self.fault = Some(fault);
            return;
        }
        if let Value::Object(usage) = &document["usage"] {
            let count = |name: &str| usage.get(name).and_then(Value::as_u64).unwrap_or(0);
            self.usage = Some((count("prompt_tokens"), count("completion_tokens")));
        }
        self.has_content |= says_something(&document["metainfo"]);
        for choice in document["choices"].as_array().map_or(&[][..], Vec::as_slice) {
            let said = [&choice["delta"], &choice["message"]];
            self.has_content |= said.iter().filter_map(|said| said.as_object()).any(has_content);
            self.is_finished |= says_something(&choice["finish_reason"]);
            if let (Some(remembering), Some(text)) = (&self.remembering, choice["delta"]["content"].as_str())
            {
                remembering.say(text);
            }
        }
    }

    /// Whether the stream may end here.
    pub(super) const fn is_whole(&self) -> bool {
        self.is_finished || self.is_done
    }

    /// Whether the caller is to be answered: there is something to use, or nothing more to wait for.
    pub(super) const fn is_ready(&self) -> bool {
        self.has_content || self.is_finished || self.is_done
    }
}

/// Whether a delta carries more than a role.
fn has_content(delta: &Map<String, Value>) -> bool {
    delta.iter().any(|(name, value)| name != "role" && says_something(value))
}

/// Whether this is neither null nor empty. White space alone is nothing to say.
fn says_something(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::Bool(true) | Value::Number(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(events: &[&str]) -> Reading {
        let mut reading = Reading::default();
        for event in events {
            reading.on_event(format!("data: {event}\n").as_bytes());
        }
        reading
    }

    #[test]
    fn content_is_what_a_caller_can_use() {
        for (delta, is_content) in [
            (r#"{"role":"assistant","content":"","refusal":null}"#, false),
            (r#"{"role":"assistant"}"#, false),
            (r#"{"content":null}"#, false),
            (r#"{"content":"\n\n"}"#, false),
            (r#"{"content":"Hi"}"#, true),
            (r#"{"reasoning_content":"hm"}"#, true),
            (r#"{"reasoning_details":[{"text":"hm"}]}"#, true),
            (r#"{"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":""}}]}"#, true),
            (r#"{"tool_calls":[]}"#, false),
            (r#"{"refusal":"no"}"#, true),
            (r#"null"#, false),
        ] {
            let event = format!(r#"{{"choices":[{{"index":0,"delta":{delta},"finish_reason":null}}]}}"#);
            assert_eq!(reading(&[&event]).has_content, is_content, "{delta}");
        }
        assert!(reading(&[r#"{"id":"c","type":"meta.info","metainfo":{"a":1}}"#]).has_content);
        assert!(!reading(&[": keep-alive", r#"{"choices":[]}"#, r#"{"choices":null}"#, "broken"]).is_ready());
    }

    #[test]
    fn the_end_the_cost_and_the_failure_are_seen_at_any_place() {
        let content = r#"{"choices":[{"delta":{"content":"a"},"finish_reason":null}],"usage":null}"#;
        let end = r#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#;
        let usage = r#"{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2}}"#;
        let whole = reading(&[content, end, usage, "[DONE]"]);
        assert_eq!(
            (whole.is_finished, whole.is_done, whole.usage, whole.events),
            (true, true, Some((9, 2)), 4)
        );
        assert!(!reading(&[content, content]).is_whole());
        assert!(!reading(&[content, r#"{"choices":[{"delta":{},"finish_reason":""}]}"#]).is_whole());
        for (event, code, is_told) in [
            (r#"{"error":{"message":"m","code":"c"}}"#, "c", true),
            (r#"{"code":"50505","message":"m"}"#, "50505", false),
            (r#"{"choices":[],"base_resp":{"status_code":1002,"status_msg":"m"}}"#, "1002", false),
        ] {
            for before in [&[][..], &[content]] {
                let failed = reading(&[before, &[event]].concat());
                assert_eq!(failed.fault.map(|fault| fault.code).as_deref(), Some(code), "{event}");
                assert_eq!(failed.is_fault_told, is_told, "{event}");
            }
        }
        let fine = r#"{"choices":[{"delta":{"content":"b"}}],"base_resp":{"status_code":0}}"#;
        assert_eq!(reading(&[content, fine]).fault, None);
    }
}

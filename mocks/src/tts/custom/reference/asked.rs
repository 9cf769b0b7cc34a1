//! What mutants make of a request before it is served: who is let in, what is accepted, how is refused.

use std::time::Duration;

use serde_json::{Value, json};

use super::broken::Broken;
use super::head::Head;
use super::refusal;
use crate::raw::{RawRequest, Refusal};

/// The keys of a request that the protocol has.
const KEYS: [&str; 4] = ["Text", "Format", "SampleRate", "Channel"];

impl Broken {
    /// Whether a path is taken for the one that speaks.
    pub(super) fn is_path(self, given: &str, path: &str) -> bool {
        given == path || self.is("HTTP-15") && given.starts_with(path)
    }

    /// Whether a method that is not POST is served with a page of its own.
    pub(super) fn serves(self, method: &str) -> bool {
        self.is("HTTP-14") && method == "GET"
    }

    /// Whether this key, behind this scheme, opens the door; `None` leaves it to the unbroken server.
    pub(super) fn opens(self, request: &RawRequest, wanted: &str) -> Option<bool> {
        let given = request.header("authorization");
        let key = given.and_then(|value| value.split_once(' ')).map_or("", |(_, key)| key);
        match self.id()? {
            "AUT-01" => Some(false),
            "AUT-02" if given.is_none() => Some(true),
            "AUT-03" if key.starts_with(wanted) => Some(true),
            "AUT-04" => Some(given == Some(&format!("Bearer {wanted}"))),
            "AUT-05" if key == format!("\"{wanted}\"") => Some(true),
            _ => None,
        }
    }

    /// How long it takes to see that a key is wrong.
    pub(super) fn doubts(self, request: &RawRequest, wanted: &str) -> Duration {
        let key = request
            .header("authorization")
            .and_then(|value| value.split_once(' '))
            .map_or("", |(_, key)| key);
        let right = key.bytes().zip(wanted.bytes()).take_while(|(one, other)| one == other).count();
        match self.id() {
            Some("AUT-06") => Duration::from_millis(right as u64),
            Some("AUT-07") if request.body.len() > 1_000 => Duration::from_millis(300),
            _ => Duration::ZERO,
        }
    }

    /// How long a refusal with this status is put off.
    pub(super) fn puts_off(self, status: u16) -> Duration {
        if self.is("ERR-07") && status == 429 { Duration::from_secs(2) } else { Duration::ZERO }
    }

    /// The request's body as the server understands it, or why it refuses what it should take.
    pub(super) fn body(self, request: &RawRequest) -> Result<Vec<u8>, Refusal> {
        let refused = |why: &str| Err(Refusal::new(400, why.to_owned()));
        let body = request.body.clone();
        let has = |name: &str| request.header(name).is_some();
        let Some(id) = self.id() else { return Ok(body) };
        match id {
            "PAR-06" if body.starts_with(b"\xef\xbb\xbf") => return refused("expected JSON"),
            "PAR-08" if request.header("content-type") != Some("application/json;charset=UTF-8") => {
                return refused("expected application/json;charset=UTF-8");
            }
            "PAR-10" if !has("x-task-id") => return refused("expected X-Task-Id"),
            "PAR-11" if request.header("x-room-id").is_some_and(|room| !room.is_ascii()) => {
                return refused("expected a room in ASCII");
            }
            _ => {}
        }
        let Ok(Value::Object(mut keys)) = serde_json::from_slice::<Value>(&body) else { return Ok(body) };
        match id {
            "PAR-01" if keys.len() == 1 && keys.contains_key("Text") => {
                keys.insert("SampleRate".to_owned(), json!(24_000));
            }
            "PAR-02" if keys.get("Format") == Some(&json!("flac")) => {
                keys.insert("Format".to_owned(), json!("pcm"));
            }
            "PAR-03" if keys.get("SampleRate") == Some(&json!(1_000_000)) => {
                keys.insert("SampleRate".to_owned(), json!(16_000));
            }
            "PAR-04" if keys.get("Channel") == Some(&json!(3)) => {
                keys.insert("Channel".to_owned(), json!(1));
            }
            "PAR-05" if keys.keys().any(|key| !KEYS.contains(&key.as_str()) && key != "text") => {
                return refused("expected no other key");
            }
            "PAR-07" => {
                if let Some(text) = keys.remove("text") {
                    keys.insert("Text".to_owned(), text);
                }
            }
            "PAR-09" if keys.get("Format") == Some(&json!("mp3")) => {
                keys.insert("Format".to_owned(), json!("wav"));
            }
            _ => return Ok(body),
        }
        Ok(Value::Object(keys).to_string().into_bytes())
    }

    /// A refusal's head and body, as the mutant writes them.
    pub(super) fn refusal(self, request: &RawRequest, refusal: &Refusal, mut head: Head) -> (Head, Vec<u8>) {
        let mut body = refusal::body(refusal);
        let sent = serde_json::from_slice::<Value>(&request.body).unwrap_or_default();
        let (is_json, has_text) = (sent.is_object(), sent.get("Text").is_some());
        let told = |code: Value, message: String| {
            json!({ "error": { "code": code, "message": message } }).to_string()
        };
        let code = || json!(refusal::code(refusal.status));
        let message = refusal.message.clone();
        let is_bad = refusal.status == 400;
        match self.id() {
            Some("ERR-01") if is_bad && is_json && !has_text => {
                head.set("Content-Type", "text/html");
                body = b"<h1>Bad Request</h1>".to_vec();
            }
            Some("ERR-02") if is_bad && is_json && !has_text => body = told(json!(400), message).into_bytes(),
            Some("ERR-03") if is_bad && !is_json => {
                head.set("Content-Type", "text/html");
                body = b"<h1>Bad Request</h1>".to_vec();
            }
            Some("ERR-04") if is_bad => head.status = 200,
            Some("ERR-05") if is_bad => head.set("Connection", "close"),
            Some("ERR-06") if is_bad => {
                body = told(code(), format!("{message} at /app/server.py, line 81")).into_bytes();
            }
            Some("ERR-09") if is_bad => {
                body = told(json!(format!("E{}", request.arrived.as_nanos())), message).into_bytes();
            }
            Some("ERR-10") if is_bad => {
                body = told(code(), format!("{message}: {}", "x".repeat(600))).into_bytes();
            }
            _ => {}
        }
        (head, body)
    }
}

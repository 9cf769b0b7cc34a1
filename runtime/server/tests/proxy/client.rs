//! What the tests ask with: a plain HTTP client that writes down what came when.

use bargein_net::{World, http_client};
use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use serde_json::{Value, json};

/// What a caller got: each piece of the body with the millisecond it came in.
#[derive(Debug, Default)]
pub(crate) struct Got {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// When status and headers came.
    pub(crate) head_at: u64,
    pub(crate) pieces: Vec<(u64, Bytes)>,
    /// When the body ended, and whether it was whole.
    pub(crate) end: (u64, bool),
}

impl Got {
    pub(crate) fn text(&self) -> String {
        let bytes: Vec<u8> = self.pieces.iter().flat_map(|(_, bytes)| bytes.to_vec()).collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text()).unwrap_or_default()
    }

    /// The data of the stream's events, with the millisecond each came in.
    pub(crate) fn events(&self) -> Vec<(u64, String)> {
        let mut events = Vec::new();
        for (at, bytes) in &self.pieces {
            for event in String::from_utf8_lossy(bytes).split_terminator("\n\n") {
                events.push((*at, event.strip_prefix("data: ").unwrap_or(event).to_owned()));
            }
        }
        events
    }

    /// The text of the stream's deltas.
    pub(crate) fn said(&self) -> String {
        let content = |(_, data): &(u64, String)| {
            let chunk: Value = serde_json::from_str(data).ok()?;
            chunk["choices"][0]["delta"]["content"].as_str().map(str::to_owned)
        };
        self.events().iter().filter_map(content).collect()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Status, class and code of a refusal.
    pub(crate) fn refusal(&self) -> (u16, String, String) {
        let error = &self.json()["error"];
        let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
        (self.status.as_u16(), text("type"), text("code"))
    }
}

/// A request for a completion, by the model's name.
pub(crate) fn chat(model: &str, stream: bool) -> Value {
    json!({ "model": model, "messages": [{ "role": "user", "content": "hi" }], "stream": stream })
}

pub(crate) fn request(uri: &str, body: &Value) -> Request<Full<Bytes>> {
    Request::post(uri)
        .header("content-type", "application/json")
        .body(Full::new(Bytes::from(body.to_string())))
        .unwrap()
}

/// Sends a request and reads the answer to its end.
pub(crate) async fn send(world: &World, request: Request<Full<Bytes>>) -> Got {
    let mut got = Got::default();
    let Ok(response) = http_client(world).request(request).await else {
        got.end = (world.clock.now().as_millis(), false);
        return got;
    };
    got.head_at = world.clock.now().as_millis();
    (got.status, got.headers) = (response.status(), response.headers().clone());
    let mut body = response.into_body();
    let whole = loop {
        match body.frame().await {
            None => break true,
            Some(Err(_)) => break false,
            Some(Ok(frame)) => {
                let bytes = frame.into_data().unwrap_or_default();
                got.pieces.push((world.clock.now().as_millis(), bytes));
            }
        }
    };
    got.end = (world.clock.now().as_millis(), whole);
    got
}

/// The text with the mock's count of its requests taken out of the ids.
pub(crate) fn uncounted(text: &str) -> String {
    text.replace("mock-2", "mock-1").replace("call_mock_2", "call_mock_1")
}

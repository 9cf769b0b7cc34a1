//! What the tests meet a mock with: a plain HTTP client, and an observer that writes everything down.

use std::sync::{Arc, Mutex, PoisonError};

use bargein_mocks::{Observation, Observer, What};
use bargein_net::{Listener, World, http_client};
use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use serde_json::Value;

/// What a client got: each piece of the body with the millisecond it came in.
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
    pub(crate) fn body(&self) -> Vec<u8> {
        self.pieces.iter().flat_map(|(_, bytes)| bytes.to_vec()).collect()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body()).unwrap_or_default()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text()).unwrap_or_default()
    }

    /// When pieces came.
    pub(crate) fn times(&self) -> Vec<u64> {
        self.pieces.iter().map(|(at, _)| *at).collect()
    }

    /// The data of the stream's frames, with the millisecond each came in.
    pub(crate) fn frames(&self) -> Vec<(u64, String)> {
        let mut frames = Vec::new();
        for (at, bytes) in &self.pieces {
            for frame in String::from_utf8_lossy(bytes).split_terminator("\n\n") {
                frames.push((*at, frame.strip_prefix("data: ").unwrap_or(frame).to_owned()));
            }
        }
        frames
    }

    /// The content of the stream's deltas, with the millisecond each came in. Empty ones are left out.
    pub(crate) fn contents(&self) -> Vec<(u64, String)> {
        let content = |data: &str| {
            let chunk: Value = serde_json::from_str(data).ok()?;
            let content = chunk["choices"][0]["delta"]["content"].as_str()?.to_owned();
            (!content.is_empty()).then_some(content)
        };
        self.frames().iter().filter_map(|(at, data)| Some((*at, content(data)?))).collect()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// Sends a request and reads the answer to its end.
pub(crate) async fn post(world: &World, uri: &str, key: &str, body: &str) -> Got {
    send(world, "POST", uri, key, body).await
}

pub(crate) async fn send(world: &World, method: &str, uri: &str, key: &str, body: &str) -> Got {
    let request = Request::builder()
        .method(method)
        .uri(uri)
        .header("authorization", format!("Bearer {key}"))
        .header("x-request-id", "r-1")
        .body(Full::new(Bytes::from(body.to_owned())))
        .unwrap_or_default();
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

/// A place to listen at in the world's memory.
pub(crate) async fn listen(world: &World, authority: &str) -> Result<Listener, std::io::Error> {
    world.network.listen(authority).await
}

/// Everything a mock told.
#[derive(Clone, Default)]
pub(crate) struct Seen(Arc<Mutex<Vec<Observation>>>);

impl Seen {
    pub(crate) fn observer(&self) -> Observer {
        let seen = self.clone();
        Observer::new(move |observation| {
            seen.0.lock().unwrap_or_else(PoisonError::into_inner).push(observation);
        })
    }

    pub(crate) fn all(&self) -> Vec<Observation> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// One line for each observation: millisecond, request, what.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.all()
            .iter()
            .map(|Observation { at, request, what, .. }| {
                let what = match what {
                    What::Request { .. } => "request".to_owned(),
                    What::FirstToken => "first token".to_owned(),
                    What::FirstAudio { .. } => "first audio".to_owned(),
                    What::Response { .. } => "response".to_owned(),
                    What::ClosedByAgent => "closed by agent".to_owned(),
                    What::Interim { text } => format!("interim {text}"),
                    What::Final { text } => format!("final {text}"),
                };
                format!("{} #{request} {what}", at.as_millis())
            })
            .collect()
    }
}

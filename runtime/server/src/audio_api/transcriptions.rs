//! `POST /v1/audio/transcriptions`: a recording, written down.
//!
//! The recording is sent to a recogniser of live speech at the speed of its section, and what it finds is the answer.
//! Dropping the request drops the recogniser's stream.

use std::sync::Arc;
use std::time::Duration;

use async_stream::stream;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use bargein_adapters::asr::AsrCall;
use bargein_agent::{FRAME, FRAME_BYTES};
use bargein_core::{AsrEvent, FaultKind, VendorFault, append_text};
use bargein_net::{ClientEnd, Clock};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use serde_json::json;
use tokio::sync::mpsc;

use super::Refused;
use super::events::{EVENTS, error_event, event};
use super::recognisers::Recogniser;
use super::upload::{Form, samples};
use crate::tts_server::{Chunks, Code, NotSpoken, Opened, Telling, header, identified, identity, request_id};
use crate::{Refusal, ServerState, request_body};

pub(super) const PATH: &str = "/v1/audio/transcriptions";
/// How much silence follows the recording: a recogniser ends a sentence by it.
const TAIL: Duration = Duration::from_millis(1_000);
/// How many frames may lie between us and the recogniser: a second.
const FRAMES: usize = 50;

/// A sentence that was found, or why there is no more.
type Sentence = Result<String, VendorFault>;

pub(super) async fn transcribe(State(state): State<Arc<ServerState>>, request: Request) -> Response {
    // Before the first await: a client that closes its side is to be told what became of its request.
    let client = request.extensions().get::<ClientEnd>().cloned().unwrap_or_default();
    let held = client.hold();
    let id = request_id(request.headers()).unwrap_or_else(|| state.world.ids.uuid().to_string());
    let trace = header(request.headers(), "traceparent").unwrap_or_default();
    let mut telling = Telling::new(&state, PATH, id.clone(), trace);
    let response = match open(&state, request, &client, &mut telling).await {
        Ok(Transcript::Events(opened)) => opened.respond(client, held, telling),
        Ok(Transcript::Whole(response)) => {
            telling.ended(None);
            response
        }
        Err(refused) => refused.respond(&mut telling),
    };
    identified(response, &id)
}

enum Transcript {
    Whole(Response),
    Events(Opened),
}

async fn open(
    state: &Arc<ServerState>,
    request: Request,
    client: &ClientEnd,
    telling: &mut Telling,
) -> Result<Transcript, Refused> {
    let live = state.live();
    let clock = &state.world.clock;
    let (head, body) = request.into_parts();
    telling.admitted(live.clients.check(&head.headers)?);
    let (limit, total) = (live.config.server.body_limit.bytes(), live.config.server.body_timeout.get());
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let body = request_body::read(body, limit, total, clock, client).await?;
    let form = Form::read(&head.headers, body).await?;
    let recogniser = live.recognisers.find(&form.model).ok_or_else(|| Refusal::no_model(&form.model))?;
    telling.asked(&recogniser.config.name, "");
    let is_text = match form.response_format.as_str() {
        "" | "json" => false,
        "text" => true,
        _ => {
            let message = "Expected `json` or `text` in `response_format`, got something else, which this server cannot make";
            return Err(Refusal::invalid(message, Some("response_format")).into());
        }
    };
    let samples = samples(form.file)?;
    let seconds =
        (samples.len() as f64 / 2.0 / f64::from(bargein_agent::SAMPLE_RATE) * 1000.0).round() / 1000.0;
    let call = AsrCall { session: Arc::new(identity(&head.headers)) };
    let sentences = sentences(clock.clone(), Arc::clone(recogniser), call, samples);
    if form.as_events {
        let chunks = transcript_events(sentences, seconds);
        return Ok(Transcript::Events(Opened::new(EVENTS, chunks).in_words(
            EVENTS,
            |chunks| chunks,
            error_event,
        )));
    }
    let mut text = String::new();
    let mut sentences = std::pin::pin!(sentences);
    loop {
        let sentence = tokio::select! {
            biased;
            () = client.ended() => {
                return Err(NotSpoken::new(Code::ClientClosed, "expected the connection to stay open").into());
            }
            sentence = sentences.next() => sentence,
        };
        match sentence {
            Some(Ok(sentence)) => append_text(&mut text, &sentence),
            Some(Err(fault)) => return Err(NotSpoken::from(fault).into()),
            None => break,
        }
    }
    let (kind, body) = if is_text {
        ("text/plain; charset=utf-8", text)
    } else {
        let body = json!({ "text": text, "usage": { "type": "duration", "seconds": seconds } });
        ("application/json", body.to_string())
    };
    let mut response = Response::new(Body::from(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(Transcript::Whole(response))
}

/// What a recogniser finds in a recording.
fn sentences(
    clock: Clock,
    recogniser: Arc<Recogniser>,
    call: AsrCall,
    samples: Bytes,
) -> impl futures_util::Stream<Item = Sentence> + Send {
    stream! {
        let config = &recogniser.config.text;
        let (audio, frames) = mpsc::channel(FRAMES);
        let mut events = recogniser.client.open(call, frames);
        let mut sending = Box::pin(send(clock.clone(), samples, config.speed, audio));
        let mut is_sent = false;
        let mut until = clock.now() + config.patience.get();
        loop {
            let event = tokio::select! {
                biased;
                event = events.next() => event,
                () = &mut sending, if !is_sent => {
                    is_sent = true;
                    until = clock.now() + config.patience.get();
                    continue;
                }
                // While audio is being sent, the recogniser owes nothing.
                () = clock.sleep_until(until), if is_sent => {
                    let message = format!("expected an end within {} of the audio, got none", config.patience);
                    yield Err(VendorFault::new(FaultKind::Timeout, message));
                    return;
                }
            };
            match event {
                Some(AsrEvent::Final { text, .. }) if !text.is_empty() => yield Ok(text),
                Some(AsrEvent::Ready | AsrEvent::Interim { .. } | AsrEvent::Final { .. }) => {}
                Some(AsrEvent::Failed(fault)) => {
                    yield Err(fault);
                    return;
                }
                Some(AsrEvent::Closed) | None => return,
            }
        }
    }
}

/// Sends a recording and the silence after it, so many times faster than it was spoken.
async fn send(clock: Clock, samples: Bytes, speed: u32, audio: mpsc::Sender<Bytes>) {
    let silent = FRAME_BYTES * usize::try_from(TAIL.as_millis() / FRAME.as_millis()).unwrap_or(0);
    let mut all = BytesMut::from(samples);
    let whole = (all.len() + silent).next_multiple_of(FRAME_BYTES);
    all.resize(whole, 0);
    let mut all = all.freeze();
    let mut due = clock.now();
    while !all.is_empty() {
        if audio.send(all.split_to(FRAME_BYTES.min(all.len()))).await.is_err() {
            return;
        }
        due = due + FRAME / speed;
        clock.sleep_until(due).await;
    }
}

/// Each sentence as an event when it is found, and one with all of them.
fn transcript_events(
    sentences: impl futures_util::Stream<Item = Sentence> + Send + 'static,
    seconds: f64,
) -> Chunks {
    stream! {
        let mut text = String::new();
        let mut sentences = std::pin::pin!(sentences);
        while let Some(sentence) = sentences.next().await {
            match sentence {
                Ok(sentence) => {
                    let before = text.len();
                    append_text(&mut text, &sentence);
                    yield Ok(event(&json!({ "type": "transcript.text.delta", "delta": &text[before..] })));
                }
                Err(fault) => {
                    yield Err(fault);
                    return;
                }
            }
        }
        let usage = json!({ "type": "duration", "seconds": seconds });
        yield Ok(event(&json!({ "type": "transcript.text.done", "text": text, "usage": usage })));
    }
    .boxed()
}

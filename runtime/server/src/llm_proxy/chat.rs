//! `POST /v1/chat/completions`.

use std::sync::Arc;

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use bytes::{Bytes, BytesMut};
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use http_body::Body as _;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use serde_json::{Value, json};

use super::ask::Ask;
use super::attempt::Begun;
use super::deadline::Deadline;
use super::failure::Failure;
use super::models::Model;
use super::relay::Relay;
use super::turn::Turn;
use super::{chain, headers};
use crate::{End, Exchange, Live, Refusal, ServerState};

/// The one path that is asked for at every turn of a conversation.
pub(crate) const PATH: &str = "/v1/chat/completions";

/// Answers one request. Dropping the future, or the body of the answer, is the caller going away: the vendor's
/// connection is closed with it.
pub(crate) async fn chat(state: Arc<ServerState>, request: Request<Incoming>) -> Response {
    let (parts, body) = request.into_parts();
    let live = state.live();
    let mut turn = Turn::begin(&state, PATH, &parts.headers);
    let mut response = match prepare(&mut turn, &live, &parts.headers, body).await {
        Ok((ask, model)) => answer(turn, &model, &ask, parts.headers).await,
        Err(refusal) => {
            turn.end(End::Refused, refusal.status.as_u16(), None);
            let id = HeaderValue::try_from(turn.exchange.request_id.as_str());
            let mut response = refusal.into_response();
            response.headers_mut().extend(id.ok().map(|id| (headers::REQUEST_ID, id)));
            response
        }
    };
    // Between two hops only; the server writes its own.
    response.headers_mut().remove(http::header::CONNECTION);
    response
}

/// Lets the request in and reads it.
async fn prepare(
    turn: &mut Turn,
    live: &Live,
    headers: &HeaderMap,
    body: Incoming,
) -> Result<(Ask, Arc<Model>), Refusal> {
    turn.admit(live.clients.check(headers)?);
    let (clock, server) = (turn.state.world.clock.clone(), &live.config.server);
    let limit = usize::try_from(server.body_limit.bytes()).unwrap_or(usize::MAX);
    let reading = clock.timeout(server.body_timeout.get(), read(body, limit));
    let body = turn.trace.wait(reading).await.map_err(|late| {
        let message = format!("expected the whole request within {:?}, got less", late.limit);
        Refusal::new(StatusCode::REQUEST_TIMEOUT, "timeout", Some("timeout"), message)
    })??;
    let ask = Ask::read(body).map_err(|error| Refusal::invalid(error.to_string(), None))?;
    ask.model.clone_into(&mut turn.exchange.route);
    let model = Arc::clone(live.models.find(&ask.model).ok_or_else(|| Refusal::no_model(&ask.model))?);
    let Some(context) = &model.config.context else { return Ok((ask, model)) };
    let Exchange { client, request_id, .. } = &turn.exchange;
    let entered = turn.state.contexts.enter(&ask, headers, client, request_id, context, clock.now());
    match entered {
        Some((asked, remembering)) => {
            turn.trace.remembering = Some(remembering);
            Ok((asked, model))
        }
        None => Ok((ask, model)),
    }
}

/// All of a request's body.
async fn read(mut body: Incoming, limit: usize) -> Result<Bytes, Refusal> {
    let too_long = || {
        let message = format!("expected a body of at most {limit} bytes, got a longer one");
        Refusal::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "invalid_request_error",
            Some("request_too_large"),
            message,
        )
    };
    if body.size_hint().lower() > limit as u64 {
        return Err(too_long());
    }
    let mut first: Option<Bytes> = None;
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame =
            frame.map_err(|error| Refusal::invalid(format!("expected a whole body, got: {error}"), None))?;
        let Ok(bytes) = frame.into_data() else { continue };
        if whole.len() + first.as_ref().map_or(0, Bytes::len) + bytes.len() > limit {
            return Err(too_long());
        }
        match first.take() {
            None if whole.is_empty() => first = Some(bytes),
            before => {
                whole.extend_from_slice(&before.unwrap_or_default());
                whole.extend_from_slice(&bytes);
            }
        }
    }
    Ok(first.unwrap_or_else(|| whole.freeze()))
}

async fn answer(mut turn: Turn, model: &Model, ask: &Ask, headers: HeaderMap) -> Response {
    let headers = headers::request(headers);
    let mut deadline = Deadline::new(turn.state.world.clock.clone());
    let id = HeaderValue::try_from(turn.exchange.request_id.as_str()).ok();
    let mut response = match chain::run(&mut turn, model, ask, &headers, &mut deadline).await {
        Ok((index, begun)) => {
            turn.trace.content();
            let timing = turn.trace.server_timing();
            let mut response = match begun {
                Begun::Stream(head, held, feed) if ask.stream => {
                    let between = model
                        .targets
                        .get(index)
                        .map_or_else(Default::default, |target| target.config.between_tokens.get());
                    let end = turn.trace.arrived + model.config.total.get();
                    let relay = Relay::new(held, feed, turn, deadline, between, end);
                    streamed(head, Body::new(relay))
                }
                // The caller wants no stream, but the vendor's adapter knows nothing else.
                Begun::Stream(head, held, _) => {
                    let document = joined(&held, &ask.model).to_string();
                    whole(&mut turn, head, document.into())
                }
                Begun::Whole(head, document) if ask.stream => {
                    remember(&turn, &document);
                    let events = as_events(&document);
                    turn.end(End::Whole, 200, None);
                    streamed(head, Body::from(events))
                }
                Begun::Whole(head, document) => {
                    remember(&turn, &document);
                    whole(&mut turn, head, document)
                }
            };
            headers::timing(response.headers_mut(), &timing);
            response
        }
        Err(failure) => {
            let failure: Failure = *failure;
            turn.end(End::Refused, failure.refusal.status.as_u16(), Some(failure.kind));
            failure.into_response()
        }
    };
    if let (Some(id), http::header::Entry::Vacant(own)) =
        (id, response.headers_mut().entry(headers::REQUEST_ID))
    {
        own.insert(id);
    }
    response
}

/// What a whole answer says is remembered, if anything is.
fn remember(turn: &Turn, document: &[u8]) {
    if let Some(remembering) = &turn.trace.remembering
        && let Ok(document) = serde_json::from_slice::<Value>(document)
        && let Some(text) = document["choices"][0]["message"]["content"].as_str()
    {
        remembering.say(text);
    }
}

fn streamed(head: HeaderMap, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.headers_mut() = head;
    headers::stream(response.headers_mut());
    response
}

fn whole(turn: &mut Turn, head: HeaderMap, document: Bytes) -> Response {
    turn.end(End::Whole, 200, None);
    turn.exchange.bytes = document.len() as u64;
    let length = HeaderValue::from(document.len());
    let mut response = Response::new(Body::from(document));
    *response.headers_mut() = head;
    response.headers_mut().insert(CONTENT_LENGTH, length);
    response
        .headers_mut()
        .entry(http::header::CONTENT_TYPE)
        .or_insert(HeaderValue::from_static("application/json"));
    response
}

/// A whole answer as the stream that was asked for: what was said in one chunk, why it ended in the next.
fn as_events(document: &[u8]) -> String {
    let document: Value = serde_json::from_slice(document).unwrap_or_default();
    let (mut said, mut ended) = (document.clone(), document.clone());
    for chunk in [&mut said, &mut ended] {
        chunk["object"] = json!("chat.completion.chunk");
        chunk.as_object_mut().and_then(|chunk| chunk.shift_remove("usage"));
    }
    for (said, ended) in choices(&mut said).into_iter().zip(choices(&mut ended)) {
        let mut message = said["message"].take();
        for (index, call) in message["tool_calls"].as_array_mut().into_iter().flatten().enumerate() {
            call["index"] = json!(index);
        }
        said["delta"] = message;
        said["finish_reason"] = Value::Null;
        ended["delta"] = json!({});
        for choice in [said, ended] {
            choice.as_object_mut().and_then(|choice| choice.shift_remove("message"));
        }
    }
    let usage = match &document["usage"] {
        Value::Null => None,
        usage => {
            let mut chunk = ended.clone();
            chunk["choices"] = json!([]);
            chunk["usage"] = usage.clone();
            Some(chunk)
        }
    };
    let chunks = [Some(said), Some(ended), usage].into_iter().flatten();
    chunks.map(|chunk| format!("data: {chunk}\n\n")).chain(["data: [DONE]\n\n".to_owned()]).collect()
}

fn choices(document: &mut Value) -> Vec<&mut Value> {
    document["choices"].as_array_mut().map(|choices| choices.iter_mut().collect()).unwrap_or_default()
}

/// The text of chunks that we wrote ourselves, as one document. Without usage, which nobody told.
fn joined(held: &[Bytes], model: &str) -> Value {
    let (mut text, mut head, mut calls) = (String::new(), Value::Null, Vec::new());
    for line in held.iter().flat_map(|block| block.split(|byte| *byte == b'\n')) {
        let Some(json) = line.strip_prefix(b"data: ") else { continue };
        let Ok(chunk) = serde_json::from_slice::<Value>(json) else { continue };
        let delta = &chunk["choices"][0]["delta"];
        text += delta["content"].as_str().unwrap_or_default();
        calls.extend(delta["tool_calls"].as_array().into_iter().flatten().cloned());
        if head.is_null() {
            head = chunk;
        }
    }
    let reason = if calls.is_empty() { "stop" } else { "tool_calls" };
    let mut message = json!({ "role": "assistant", "content": text, "refusal": null });
    if !calls.is_empty() {
        for call in &mut calls {
            call.as_object_mut().and_then(|call| call.shift_remove("index"));
        }
        message["tool_calls"] = calls.into();
    }
    json!({
        "id": head["id"], "object": "chat.completion", "created": head["created"], "model": model,
        "choices": [{
            "index": 0,
            "message": message,
            "logprobs": null,
            "finish_reason": reason,
        }],
    })
}

//! `POST /v1/audio/speech`: a text, spoken.
//!
//! The voice is found by the member `voice`, else by `model`. Audio that no encoder of ours makes (MP3, AAC, FLAC) is
//! refused; who asks for nothing gets WAV, with its content type.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use bargein_net::ClientEnd;
use http::StatusCode;
use serde::Deserialize;

use super::Refused;
use super::events::{EVENTS, audio_events, error_event};
use crate::request_body;
use crate::tts_server::{Ask, Layout, Opened, Packing, Telling, begin, header, identified, request_id};
use crate::{Refusal, ServerState};

pub(super) const PATH: &str = "/v1/audio/speech";
/// The longest body, in bytes.
const BODY_LIMIT: usize = 1 << 20;
/// What this protocol's audio has, in samples a second.
const RATE: u32 = 24_000;

/// What of the body we look at. Other members are ignored.
#[derive(Deserialize)]
struct Body {
    model: Option<String>,
    input: Option<String>,
    voice: Option<Voice>,
    response_format: Option<String>,
    stream_format: Option<String>,
    speed: Option<f64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Voice {
    Name(String),
    Id { id: String },
}

/// What is to be said, and how.
struct Wanted {
    ask: Ask,
    content_type: &'static str,
    names: Vec<String>,
    as_events: bool,
}

pub(super) async fn speech(State(state): State<Arc<ServerState>>, request: Request) -> Response {
    // Before the first await: a client that closes its side is to be told what became of its request.
    let client = request.extensions().get::<ClientEnd>().cloned().unwrap_or_default();
    let held = client.hold();
    let given = request_id(request.headers());
    let id = given.clone().unwrap_or_else(|| state.world.ids.uuid().to_string());
    let trace = header(request.headers(), "traceparent").unwrap_or_default();
    let mut telling = Telling::new(&state, PATH, id.clone(), trace);
    let response = match open(&state, request, given, &client, &mut telling).await {
        Ok(opened) => opened.respond(client, held, telling),
        Err(refused) => refused.respond(&mut telling),
    };
    identified(response, &id)
}

async fn open(
    state: &Arc<ServerState>,
    request: Request,
    given: Option<String>,
    client: &ClientEnd,
    telling: &mut Telling,
) -> Result<Opened, Refused> {
    let live = state.live();
    let (head, body) = request.into_parts();
    telling.admitted(live.clients.check(&head.headers)?);
    let total = live.config.server.body_timeout.get();
    let body = request_body::read(body, BODY_LIMIT, total, &state.world.clock, client).await?;
    let Wanted { ask, content_type, names, as_events } = read(&body)?;
    let longest = live.config.speech.longest_text;
    if ask.text.chars().count() > longest {
        let message = format!("Expected at most {longest} characters in `input`, got more");
        let code = Some("string_above_max_length");
        let refusal = Refusal::new(StatusCode::BAD_REQUEST, "invalid_request_error", code, message);
        return Err(Refusal { param: Some("input".to_owned()), ..refusal }.into());
    }
    let voice = names.iter().find_map(|name| live.voices.find(Some(name))).ok_or_else(|| {
        let refusal = Refusal::no_model(names.first().map_or("", String::as_str));
        Refusal { param: Some("voice".to_owned()), ..refusal }
    })?;
    let opened = begin(state, &live, voice, ask, &head.headers, given, client, telling).await?;
    Ok(if as_events {
        opened.in_words(EVENTS, audio_events, error_event)
    } else {
        opened.named(content_type)
    })
}

fn read(body: &[u8]) -> Result<Wanted, Refusal> {
    let body: Body = serde_json::from_slice(body).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        Refusal::invalid(
            format!(
                "Expected the request as a JSON object, got something else at line {line} column {column}"
            ),
            None,
        )
    })?;
    let text = body
        .input
        .ok_or_else(|| Refusal::invalid("Expected what to say in `input`, got none", Some("input")))?;
    let voice = body.voice.map(|voice| match voice {
        Voice::Name(name) | Voice::Id { id: name } => name,
    });
    let names: Vec<_> = voice.into_iter().chain(body.model).collect();
    if names.is_empty() {
        return Err(Refusal::invalid("Expected the name of a voice in `voice`, got none", Some("voice")));
    }
    let unsupported = |member: &str, expected: &str| {
        let message =
            format!("Expected {expected} in `{member}`, got something else, which this server cannot make");
        let code = Some("unsupported_value");
        let refusal = Refusal::new(StatusCode::BAD_REQUEST, "invalid_request_error", code, message);
        Refusal { param: Some(member.to_owned()), ..refusal }
    };
    let (packing, content_type) = match body.response_format.as_deref() {
        None | Some("wav") => (Packing::Wav, "audio/wav"),
        Some("pcm") => (Packing::Pcm, "audio/pcm"),
        Some("opus") => (Packing::OggOpus, "audio/ogg"),
        Some(_) => return Err(unsupported("response_format", "`wav`, `pcm` or `opus`")),
    };
    let as_events = match body.stream_format.as_deref() {
        None | Some("audio") => false,
        Some("sse") => true,
        Some(_) => return Err(unsupported("stream_format", "`audio` or `sse`")),
    };
    // How fast a voice speaks is the vendor's setting.
    if body.speed.is_some_and(|speed| (speed - 1.0).abs() > f64::EPSILON) {
        return Err(unsupported("speed", "1, or nothing,"));
    }
    let layout = Layout { packing, rate: RATE, channels: 1 };
    Ok(Wanted { ask: Ask { text, layout }, content_type, names, as_events })
}

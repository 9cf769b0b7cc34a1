//! Attempts in a row: again at the same vendor, then at the next one, for as long as the caller has got nothing.
//!
//! A vendor that says when to come again is believed: when another vendor is left, that one is asked at once; when none
//! is, the wait is kept if it is shorter than the wait for a first token would be, else the caller is told.

use std::sync::Arc;
use std::time::Duration;

use bargein_adapters::llm::LlmCall;
use bargein_adapters::{OnWritten, RoomIdType, SessionIdentity};
use bargein_core::{LlmRequest, Message, RequestId, Role, RoundId};
use bargein_net::Moment;
use bargein_wire::openai::chat::{Chunks, Request};
use bargein_wire::session_headers::{INVOKE_LLM, ROOM_ID, ROOM_ID_TYPE, SDK_APP_ID, TASK_ID, USER_ID};
use http::HeaderMap;

use super::ask::Ask;
use super::attempt::{Begun, Patience};
use super::deadline::Deadline;
use super::failure::Failure;
use super::feed::{Fed, Feed};
use super::models::{Model, Target, TargetClient};
use super::trace::Trace;
use super::turn::Turn;

/// The first pause before asking again, when the vendor named none; the next ones are twice as long.
const PAUSE: Duration = Duration::from_millis(100);

/// Asks until a vendor has given something.
pub(super) async fn run(
    turn: &mut Turn,
    model: &Model,
    ask: &Ask,
    headers: &HeaderMap,
    deadline: &mut Deadline,
) -> Result<(usize, Begun), Box<Failure>> {
    let end = turn.trace.arrived + model.config.total.get();
    let mut last = None;
    for (index, target) in model.targets.iter().enumerate() {
        let is_last = index + 1 == model.targets.len();
        let mut attempt = 0;
        loop {
            turn.attempt(&target.name);
            let failure = match hedged(target, turn, ask, headers, attempt, end, deadline).await {
                Ok(begun) => return Ok((index, begun)),
                Err(failure) => failure,
            };
            if !failure.may_fall_back() {
                return Err(failure);
            }
            let pause = failure.refusal.retry_after.unwrap_or_else(|| PAUSE * 2u32.saturating_pow(attempt));
            let asked_to_wait = failure.refusal.retry_after.is_some();
            let now = turn.state.world.clock.now();
            let may_ask_again = failure.kind.is_retryable()
                && attempt < target.config.retries
                && (is_last || !asked_to_wait)
                && pause <= target.config.first_token.get()
                && now + pause < end;
            let is_over = now >= end;
            last = Some(failure);
            if is_over {
                break;
            }
            if !may_ask_again {
                break;
            }
            let clock = turn.state.world.clock.clone();
            turn.trace.wait(clock.sleep(pause)).await;
            attempt += 1;
        }
        if turn.state.world.clock.now() >= end {
            break;
        }
    }
    Err(last.unwrap_or_else(|| Box::new(Failure::broken("expected a vendor to ask, got none"))))
}

/// One attempt; when it is late, a second one beside it. What says something first is used.
async fn hedged(
    target: &Target,
    turn: &mut Turn,
    ask: &Ask,
    headers: &HeaderMap,
    attempt: u32,
    end: Moment,
    deadline: &mut Deadline,
) -> Result<Begun, Box<Failure>> {
    let clock = turn.state.world.clock.clone();
    let began = clock.now();
    let late_after = if ask.stream { target.hedge.late_after() } else { None };
    let Some(late_after) = late_after else {
        let begun = target.ask(&mut turn.trace, ask, headers, attempt, end, deadline).await;
        if begun.is_ok() && ask.stream {
            target.hedge.took(clock.now().since(began));
        }
        return begun;
    };
    let (mut first_trace, mut second_trace) = (turn.trace.clone(), turn.trace.clone());
    let mut first = Box::pin(target.ask(&mut first_trace, ask, headers, attempt, end, deadline));
    let in_time = clock.timeout(late_after, &mut first).await;
    let begun = match in_time {
        Ok(begun) => begun,
        Err(_) if !target.hedge.may_ask_twice() => first.as_mut().await,
        Err(_) => {
            turn.exchange.attempts += 1;
            let mut own = Deadline::new(clock.clone());
            let mut second = Box::pin(target.ask(&mut second_trace, ask, headers, attempt, end, &mut own));
            let (begun, is_first) = tokio::select! {
                biased;
                begun = &mut first => (begun, true),
                begun = &mut second => (begun, false),
            };
            let (begun, is_first) = match (begun, is_first) {
                (Ok(begun), is_first) => (Ok(begun), is_first),
                // One of them has failed: the other one still may not.
                (Err(_), true) => (second.as_mut().await, false),
                (Err(_), false) => (first.as_mut().await, true),
            };
            // The one that was not used is cancelled here.
            drop((first, second));
            turn.trace = if is_first { first_trace } else { second_trace };
            return begun;
        }
    };
    drop(first);
    if begun.is_ok() {
        target.hedge.took(clock.now().since(began));
    }
    turn.trace = first_trace;
    begun
}

impl Target {
    async fn ask(
        &self,
        trace: &mut Trace,
        ask: &Ask,
        headers: &HeaderMap,
        attempt: u32,
        end: Moment,
        deadline: &mut Deadline,
    ) -> Result<Begun, Box<Failure>> {
        let first = if ask.stream { self.config.first_token } else { self.config.whole };
        let patience = Patience { first: first.get(), end };
        match &self.client {
            TargetClient::Chat(chat) => chat.ask(trace, ask, headers, attempt, patience, deadline).await,
            TargetClient::Adapter(llm) => {
                let events = llm.start(call(trace, ask, headers, attempt)?);
                let chunks = Chunks {
                    id: format!("chatcmpl-{}", trace.request_id),
                    created: trace.clock.unix_millis() / 1000,
                    model: ask.model.clone(),
                    include_usage: false,
                };
                begin(
                    trace,
                    ask,
                    Feed::of_adapter(events, chunks, trace.remembering.clone()),
                    patience,
                    deadline,
                )
                .await
            }
        }
    }
}

/// What an adapter is asked.
fn call(trace: &Trace, ask: &Ask, headers: &HeaderMap, attempt: u32) -> Result<LlmCall, Box<Failure>> {
    let request: Request = serde_json::from_slice(&ask.body_for(None)).map_err(|error| {
        let mut failure = Failure::new(bargein_core::FaultKind::BadRequest, error.to_string());
        failure.refusal.param = Some("messages".to_owned());
        Box::new(failure)
    })?;
    let messages = request.messages.into_iter().map(|message| Message {
        role: match message.role.as_str() {
            "system" | "developer" => Role::System,
            "assistant" => Role::Assistant,
            _ => Role::User,
        },
        content: message.content,
    });
    let text = |name: &str| {
        let value = headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        value.unwrap_or_default()
    };
    let room_id_type =
        if text(ROOM_ID_TYPE).trim_matches('"') == "0" { RoomIdType::Number } else { RoomIdType::Text };
    Ok(LlmCall {
        request: LlmRequest {
            round: RoundId(0),
            request: RequestId(0),
            attempt: attempt + 1,
            messages: messages.collect(),
            proactive: text(INVOKE_LLM) == "1",
        },
        request_id: trace.request_id.to_string(),
        session: Arc::new(SessionIdentity {
            task_id: text(TASK_ID),
            sdk_app_id: text(SDK_APP_ID),
            user_id: text(USER_ID),
            room_id: text(ROOM_ID),
            room_id_type,
        }),
        written: OnWritten::default(),
    })
}

/// Holds an adapter's stream until it has said something; of a caller who wants no stream, until it is whole.
async fn begin(
    trace: &mut Trace,
    ask: &Ask,
    mut feed: Feed,
    patience: Patience,
    deadline: &mut Deadline,
) -> Result<Begun, Box<Failure>> {
    let clock = trace.clock.clone();
    let at = (clock.now() + patience.first).min(patience.end);
    let mut held = Vec::new();
    loop {
        let next = std::future::poll_fn(|cx| match feed.poll(cx) {
            std::task::Poll::Ready(fed) => std::task::Poll::Ready(Some(fed)),
            std::task::Poll::Pending => deadline.poll(at, cx).map(|()| None),
        });
        match trace.wait(next).await {
            Some(Fed::Block { bytes, .. }) => {
                trace.event(clock.now());
                held.push(bytes);
                let is_enough = if ask.stream { feed.reading.is_ready() } else { feed.reading.is_done };
                if is_enough {
                    return Ok(Begun::Stream(HeaderMap::new(), held, Box::new(feed)));
                }
            }
            Some(Fed::Broken(failure)) => return Err(failure),
            Some(Fed::End) => {
                return Err(Box::new(Failure::broken("expected content from the vendor, got none")));
            }
            None => return Err(Box::new(Failure::late("the first token", patience.first))),
        }
    }
}

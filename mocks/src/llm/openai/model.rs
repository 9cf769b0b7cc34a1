//! From a request and its script to the answer.

use bytes::Bytes;
use rand::RngCore;
use serde_json::{Value, json};

use super::ask::Ask;
use super::chunk;
use super::quirks;
use super::stream::{ChatStream, finish_reason, usage};
use crate::answer::{Action, Answer, Head};
use crate::llm::any_stream::{change_writes, replacement, with_comments};
use crate::llm::quirk::Quirk;
use crate::llm::refusal::Refusal;
use crate::mischief;
use crate::observe::What;
use crate::refusal::scripted_refusal;
use crate::script::{AnswerAs, LlmBehaviour, Request};

/// The answer to a chat request. Draws come from `rng` alone.
#[must_use]
pub(super) fn answer(ask: &Ask, request: &Request<LlmBehaviour>, rng: &mut impl RngCore) -> Answer {
    let Request { does, faults } = request;
    let vendors = |status| {
        let code = faults.code.as_ref().map(|code| code.0.clone());
        let refusal = Refusal { code, retry_after: faults.retry_after, ..Refusal::new(status) };
        ask.dialect.answer(&refusal)
    };
    let failure = || ask.dialect.failure(&Refusal::new(500));
    let mut answer =
        match replacement(failure, &does.quirk, faults).or_else(|| scripted_refusal(faults, vendors)) {
            Some(refusal) => refusal,
            None if ask.stream && does.answer == AnswerAs::Stream => streamed(ask, request, rng),
            None => whole(ask, request, rng),
        };
    answer.head.set(ask.dialect.request_id, format!("req_mock_{}", ask.number));
    answer.body = mischief::finished(answer.body, faults);
    answer.body = change_writes(&does.quirk, &mut answer.head, answer.body);
    mischief::change_head(&mut answer.head, faults);
    answer
}

fn streamed(ask: &Ask, request: &Request<LlmBehaviour>, rng: &mut impl RngCore) -> Answer {
    let Request { does, faults } = request;
    let after = faults.after.get();
    let mut stream = ChatStream::new(ask, does, after, rng);
    quirks::change_frames(ask.dialect.always, &mut stream, ask, does);
    quirks::change_frames(&does.quirk, &mut stream, ask, does);
    let mut head = Head::new(200)
        .with("content-type", "text/event-stream; charset=utf-8")
        .with("cache-control", "no-cache");
    head.after = Some(after);
    let body = mischief::disturbed(stream.into_actions(), faults, half_a_frame);
    let body = match does.keep_alive {
        Some(every) => with_comments(body, after, every.get()),
        None => body,
    };
    Answer { head, body, words: does.reply.clone() }
}

/// The answer to a request without `stream`: it leaves when a stream's last token would have.
fn whole(ask: &Ask, request: &Request<LlmBehaviour>, rng: &mut impl RngCore) -> Answer {
    let Request { does, faults } = request;
    let after = faults.after.get();
    let last = ChatStream::new(ask, does, after, rng).frames.last().map_or(after, |frame| frame.after);
    let tell = (!does.reply.is_empty()).then(|| Action::tell(last, What::FirstToken));
    let body = completion(ask, does).to_string();
    let head = Head::new(200).with("content-type", "application/json");
    if does.quirk.contains(&Quirk::Q26) {
        let head = Head { after: Some(after), ..head };
        let body = [Action::send(after, "\n\n\n")].into_iter().chain(tell).chain([Action::send(last, body)]);
        return Answer { head, body: Box::new(body), words: does.reply.clone() };
    }
    let Answer { head, body, .. } = Answer::whole(head, body).delayed(last);
    Answer { head, body: Box::new(tell.into_iter().chain(body)), words: does.reply.clone() }
}

fn completion(ask: &Ask, does: &LlmBehaviour) -> Value {
    let content = if does.reply.is_empty() { Value::Null } else { does.reply.clone().into() };
    let mut message = json!({ "role": "assistant", "content": content, "refusal": null });
    if let Some(reasoning) = &does.reasoning {
        message["reasoning_content"] = reasoning.clone().into();
    }
    if let [meta, ..] = does.meta.as_slice() {
        message["metainfo"] = Value::Object(meta.clone());
    }
    if !does.tool_calls.is_empty() {
        let calls =
            does.tool_calls.iter().enumerate().map(|(index, call)| chunk::whole_tool_call(ask, index, call));
        message["tool_calls"] = calls.collect();
    }
    chunk::completion(ask, &message, finish_reason(does), usage(ask, does))
}

/// A frame that is not JSON: its first half, closed as a frame.
fn half_a_frame(frame: &Bytes) -> Bytes {
    let half = frame.get(..frame.len() / 2).unwrap_or_default();
    [half, b"\n\n"].concat().into()
}

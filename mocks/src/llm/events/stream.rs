//! From a question and its script to the answer.

use std::time::Duration;

use bytes::Bytes;
use rand::RngCore;

use super::{Asked, Speaks};
use crate::answer::{Action, Actions, Answer, Does, Head};
use crate::llm::any_stream::{change_writes, replacement, with_comments};
use crate::llm::pace::Pace;
use crate::llm::quirk::Quirk;
use crate::llm::refusal::Refusal;
use crate::llm::tokens::{tokens, usage};
use crate::mischief;
use crate::observe::What;
use crate::refusal::scripted_refusal;
use crate::script::{AnswerAs, LlmBehaviour, Request};

/// What these vendors can show; the others are deviations of chat completions.
const SHOWN: [Quirk; 13] = [
    Quirk::Q24,
    Quirk::Q30,
    Quirk::Q31,
    Quirk::Q33,
    Quirk::Q35,
    Quirk::Q36,
    Quirk::Q37,
    Quirk::Q38,
    Quirk::Q40,
    Quirk::Q41,
    Quirk::Q44,
    Quirk::Q45,
    Quirk::Q46,
];

/// A frame of a stream.
struct Frame {
    after: Duration,
    /// The token it carries, counted from 1.
    token: Option<u64>,
    is_content: bool,
    text: String,
}

/// The answer to a question. Draws come from `rng` alone.
pub(super) fn answer(
    vendor: &dyn Speaks,
    asked: &Asked,
    request: &Request<LlmBehaviour>,
    rng: &mut impl RngCore,
) -> Answer {
    let Request { does, faults } = request;
    let refused = |refusal: &Refusal| refusal.answer_as(vendor.refuse(refusal), false);
    if let Some(message) = not_shown(does) {
        return refused(&Refusal { message: Some(message), ..Refusal::new(500) });
    }
    let vendors = |status| {
        let code = faults.code.as_ref().map(|code| code.0.clone());
        refused(&Refusal { code, retry_after: faults.retry_after, ..Refusal::new(status) })
    };
    let failure = || vendor.refuse(&Refusal::new(500)).1;
    let replaced = replacement(failure, &does.quirk, faults).or_else(|| scripted_refusal(faults, vendors));
    let mut answer = match replaced {
        Some(refusal) => refusal,
        None if asked.stream && does.answer == AnswerAs::Stream => streamed(vendor, asked, request, rng),
        None => whole(vendor, asked, request, rng),
    };
    answer.body = mischief::finished(answer.body, faults);
    answer.body = change_writes(&does.quirk, &mut answer.head, answer.body);
    mischief::change_head(&mut answer.head, faults);
    answer
}

/// Why a script cannot be played by these vendors.
fn not_shown(does: &LlmBehaviour) -> Option<String> {
    let quirk = does.quirk.iter().find(|quirk| !SHOWN.contains(quirk));
    let quirk = quirk.map(|quirk| {
        format!("expected a quirk of any stream of events, got {quirk}, which is one of chat completions")
    });
    let meta = || (!does.meta.is_empty()).then(|| "expected no `meta`: this vendor has none".to_owned());
    quirk.or_else(meta)
}

fn streamed(
    vendor: &dyn Speaks,
    asked: &Asked,
    request: &Request<LlmBehaviour>,
    rng: &mut impl RngCore,
) -> Answer {
    let Request { does, faults } = request;
    let after = faults.after.get();
    let mut frames = frames(vendor, asked, does, after, rng);
    let broken = does.quirk.iter().find_map(|quirk| change(*quirk, vendor, &mut frames));
    let mut head = Head::new(200).with("content-type", "text/event-stream; charset=utf-8");
    head.set("cache-control", "no-cache");
    head.after = Some(after);
    let reset = broken.map(|after| Action { after, does: Does::Reset });
    let body: Actions = Box::new(actions(frames).chain(reset));
    let body = mischief::disturbed(body, faults, half_a_frame);
    let body = match does.keep_alive {
        Some(every) => with_comments(body, after, every.get()),
        None => body,
    };
    Answer { head, body, words: does.reply.clone() }
}

/// The frames of the answer that a vendor without peculiarities would send.
fn frames(
    vendor: &dyn Speaks,
    asked: &Asked,
    does: &LlmBehaviour,
    head: Duration,
    rng: &mut impl RngCore,
) -> Vec<Frame> {
    let mut pace = Pace::new(does, head, rng);
    let at = |after| move |text| Frame { after, token: None, is_content: false, text };
    let mut frames: Vec<_> = vendor.opening(asked).into_iter().map(at(head)).collect();
    for token in tokens(does.reasoning.as_deref().unwrap_or_default(), does.tokens_by) {
        let (after, count) = pace.token();
        let text = vendor.reasoning(asked, token);
        frames.extend(text.map(|text| Frame { after, token: Some(count), is_content: false, text }));
    }
    for token in tokens(&does.reply, does.tokens_by) {
        let (after, count) = pace.token();
        let text = vendor.content(asked, token);
        frames.push(Frame { after, token: Some(count), is_content: true, text });
    }
    for (index, call) in does.tool_calls.iter().enumerate() {
        let (after, count) = pace.token();
        let told = vendor.tool(asked, index, call).into_iter();
        frames.extend(told.map(|text| Frame { after, token: Some(count), is_content: false, text }));
    }
    let end = pace.last();
    frames.extend(vendor.closing(asked, does, usage(asked.prompt_bytes, does)).into_iter().map(at(end)));
    frames
}

fn actions(frames: Vec<Frame>) -> impl Iterator<Item = Action> + Send {
    let first = frames.iter().position(|frame| frame.is_content);
    frames.into_iter().enumerate().flat_map(move |(index, frame)| {
        let tell = (Some(index) == first).then(|| Action::tell(frame.after, What::FirstToken));
        let bytes = Bytes::from(frame.text);
        tell.into_iter().chain([Action { after: frame.after, does: Does::Send { bytes, unit: frame.token } }])
    })
}

/// Shows a quirk. Gives the time when the connection breaks, if it does.
fn change(quirk: Quirk, vendor: &dyn Speaks, frames: &mut Vec<Frame>) -> Option<Duration> {
    let comment =
        |after| Frame { after, token: None, is_content: false, text: ": keep-alive\n\n".to_owned() };
    match quirk {
        Quirk::Q24 => {
            let at = frames.iter().position(|frame| frame.is_content).unwrap_or(frames.len());
            let after = frames.get(at).map_or(Duration::ZERO, |frame| frame.after);
            frames.insert(at, comment(after));
            None
        }
        Quirk::Q38 => {
            let after = break_in_the_middle(frames);
            let text = vendor.failure(&Refusal::new(500));
            frames.push(Frame { after, token: None, is_content: false, text });
            None
        }
        Quirk::Q44 => {
            let first = frames.iter().find(|frame| frame.is_content).or_else(|| frames.last());
            let after = first.map_or(Duration::ZERO, |frame| frame.after);
            frames.clear();
            Some(after)
        }
        Quirk::Q45 => Some(break_in_the_middle(frames)),
        _ => None,
    }
}

/// Drops everything after the first half of the content, rounded up. Gives the time when the next token would have come.
fn break_in_the_middle(frames: &mut Vec<Frame>) -> Duration {
    let half = frames.iter().filter(|frame| frame.is_content).count().div_ceil(2);
    let contents = frames.iter().enumerate().filter(|(_, frame)| frame.is_content);
    let end = contents.map(|(at, _)| at).nth(half).unwrap_or(frames.len());
    let after = frames.get(end).or_else(|| frames.last()).map_or(Duration::ZERO, |frame| frame.after);
    frames.truncate(end);
    after
}

/// The answer to a question without a stream: it leaves when a stream's last token would have.
fn whole(
    vendor: &dyn Speaks,
    asked: &Asked,
    request: &Request<LlmBehaviour>,
    rng: &mut impl RngCore,
) -> Answer {
    let Request { does, faults } = request;
    let last = frames(vendor, asked, does, faults.after.get(), rng).last().map(|frame| frame.after);
    let last = last.unwrap_or_default();
    let Some(document) = vendor.whole(asked, does, usage(asked.prompt_bytes, does)) else {
        let message = "expected a request for a stream: nothing else is played of this vendor".to_owned();
        let refusal = Refusal { message: Some(message), ..Refusal::new(400) };
        return refusal.answer_as(vendor.refuse(&refusal), false);
    };
    let tell = (!does.reply.is_empty()).then(|| Action::tell(last, What::FirstToken));
    let head = Head::new(200).with("content-type", "application/json");
    let Answer { head, body, .. } = Answer::whole(head, document.to_string()).delayed(last);
    Answer { head, body: Box::new(tell.into_iter().chain(body)), words: does.reply.clone() }
}

/// A frame whose data is not JSON: its first half, closed as a frame.
fn half_a_frame(frame: &Bytes) -> Bytes {
    let half = frame.get(..frame.len() * 3 / 4).unwrap_or_default();
    [half, b"\n\n"].concat().into()
}

//! Quirks in how a stream ends, or fails to.

use std::time::Duration;

use serde_json::json;

use super::frames::{whole_completion, with_usage};
use crate::llm::openai::ask::Ask;
use crate::llm::openai::stream::{ChatStream, Ending, Frame, Part, Says};
use crate::llm::quirk::Quirk;
use crate::llm::refusal::Refusal;
use crate::script::LlmBehaviour;

/// How late the usage comes that a reader in a hurry misses.
const LATE_USAGE: Duration = Duration::from_millis(500);

pub(super) fn change(quirk: Quirk, stream: &mut ChatStream, ask: &Ask, does: &LlmBehaviour) {
    match quirk {
        Quirk::Q06 => {
            with_usage(stream, ask, does);
            for frame in
                stream.frames.iter_mut().filter(|frame| matches!(frame.part, Part::Usage | Part::Done))
            {
                frame.after += LATE_USAGE;
            }
        }
        Quirk::Q07 => without(stream, &[Part::Done]),
        Quirk::Q08 => {
            without(stream, &[Part::Done]);
            stream.ending = Ending::Hold;
        }
        Quirk::Q09 => without(stream, &[Part::Finish, Part::Usage, Part::Done]),
        Quirk::Q16 => {
            without(stream, &[Part::Usage, Part::Done]);
            for frame in stream.frames.iter_mut().filter(|frame| frame.part == Part::Finish) {
                frame.says = Says::Json(whole_completion(ask, does));
            }
        }
        Quirk::Q32 => {
            without(stream, &[Part::Usage, Part::Done]);
            if let Some(Frame { says, .. }) = stream.frames.last_mut()
                && let Says::Json(json) = says
            {
                *says = Says::Raw(format!("{}{json}", stream.framing.field).into());
            }
        }
        Quirk::Q38 => {
            let after = break_in_the_middle(stream);
            stream.frames.push(extra(after, Says::Json(ask.dialect.failure(&Refusal::new(500)))));
        }
        Quirk::Q39 => {
            let after = break_in_the_middle(stream);
            let error =
                json!({ "code": "50505", "message": "Model service overloaded. Please try again later." });
            stream.frames.push(extra(after, Says::Json(error)));
        }
        Quirk::Q42 => {
            let after = first_content(stream);
            stream.frames = vec![extra(after, Says::Json(ask.dialect.failure(&Refusal::new(429))))];
        }
        Quirk::Q43 => {
            let after = break_in_the_middle(stream);
            stream.frames.push(extra(after, Says::Raw(": keep-alive\n\n".into())));
            stream.ending = Ending::Repeat(Duration::from_secs(1));
        }
        Quirk::Q44 => {
            let after = first_content(stream);
            stream.frames.clear();
            stream.ending = Ending::Reset(after);
        }
        Quirk::Q45 => stream.ending = Ending::Reset(break_in_the_middle(stream)),
        Quirk::Q47 => {
            let first = first_content(stream);
            let next = stream.frames.iter().find(|frame| frame.part == Part::Content && frame.after > first);
            let gap = next.map_or(Duration::from_millis(20), |next| next.after - first);
            let end =
                stream.frames.iter().position(|frame| frame.part == Part::Content).map_or(0, |at| at + 1);
            stream.frames.truncate(end);
            stream.ending = Ending::Repeat(gap);
        }
        Quirk::Q52 => {
            let last = stream.frames.iter().rposition(|frame| frame.part == Part::Content);
            let finish = stream.frames.iter().position(|frame| frame.part == Part::Finish);
            if let (Some(last), Some(finish)) = (last, finish) {
                let content = stream.frames.remove(last);
                stream.frames.insert(finish, content);
            }
        }
        _ => {}
    }
}

fn extra(after: Duration, says: Says) -> Frame {
    Frame { after, part: Part::Extra, token: None, says }
}

fn without(stream: &mut ChatStream, parts: &[Part]) {
    stream.frames.retain(|frame| !parts.contains(&frame.part));
}

/// When the first content comes; without any, when the stream would end.
fn first_content(stream: &ChatStream) -> Duration {
    let first = stream.frames.iter().find(|frame| frame.part == Part::Content);
    first.or_else(|| stream.frames.last()).map_or(Duration::ZERO, |frame| frame.after)
}

/// Drops everything after the first half of the content, rounded up. Gives the time when the next token would have come.
fn break_in_the_middle(stream: &mut ChatStream) -> Duration {
    let contents = stream.frames.iter().filter(|frame| frame.part == Part::Content).count();
    let mut seen = 0;
    let end = stream.frames.iter().position(|frame| {
        seen += usize::from(frame.part == Part::Content);
        seen > contents.div_ceil(2) || frame.part == Part::Finish
    });
    let end = end.unwrap_or(stream.frames.len());
    let after = stream.frames.get(end).map_or(Duration::ZERO, |frame| frame.after);
    stream.frames.truncate(end);
    after
}

//! What each quirk does to an answer.
//!
//! A quirk works at one of three levels: it takes the answer's place, it changes the frames of a stream
//! ([`frames`], [`ends`]), or it changes how bytes are written ([`writes`]). Several may be shown at once.

mod ends;
mod frames;
mod gzip;
mod writes;

use serde_json::json;

use super::ask::Ask;
use super::dialect::Dialect;
use super::refusal::Refusal;
use super::stream::ChatStream;
use crate::answer::{Actions, Answer, Head};
use crate::llm::quirk::Quirk;
use crate::script::{Faults, LlmBehaviour};

/// The answer that one of the quirks puts in the real one's place.
pub(super) fn replacement(dialect: &Dialect, quirks: &[Quirk], faults: &Faults) -> Option<Answer> {
    quirks
        .iter()
        .find_map(|quirk| whole_answer(dialect, *quirk, faults.status))
        .map(|answer| answer.delayed(faults.after.get()))
}

fn whole_answer(dialect: &Dialect, quirk: Quirk, status: Option<u16>) -> Option<Answer> {
    let (status, media_type, body) = match quirk {
        Quirk::Q35 => (200, "application/json", Refusal::new(500).body(dialect).to_string()),
        Quirk::Q36 => (200, "text/html", "<html><body><h1>502 Bad Gateway</h1></body></html>\n".to_owned()),
        Quirk::Q37 => (200, "text/event-stream", String::new()),
        Quirk::Q40 => (
            status.unwrap_or(400),
            "application/json",
            json!({ "detail": "The request is not valid." }).to_string(),
        ),
        Quirk::Q41 => (status.unwrap_or(500), "application/json", String::new()),
        _ => return None,
    };
    Some(Answer::whole(Head::new(status).with("content-type", media_type), body))
}

/// Changes the frames of a stream.
pub(super) fn change_frames(quirks: &[Quirk], stream: &mut ChatStream, ask: &Ask, does: &LlmBehaviour) {
    for quirk in quirks {
        frames::change(*quirk, stream, ask, does);
        ends::change(*quirk, stream, ask, does);
    }
}

/// Changes how the answer is written, as the last thing before it is sent.
pub(super) fn change_writes(quirks: &[Quirk], head: &mut Head, mut actions: Actions) -> Actions {
    for quirk in quirks {
        actions = match quirk {
            Quirk::Q28 => writes::split(actions, writes::between_cr_and_lf),
            Quirk::Q30 => writes::split(actions, writes::within_characters),
            Quirk::Q31 => writes::split(actions, writes::everywhere),
            Quirk::Q33 => writes::with_byte_order_mark(actions),
            Quirk::Q46 => {
                head.set("content-encoding", "gzip");
                gzip::compressed(actions)
            }
            _ => actions,
        };
    }
    actions
}

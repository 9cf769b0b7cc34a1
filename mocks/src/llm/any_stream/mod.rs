//! Quirks that the answer of any language model may show: in its place, or in how its bytes are written; and comments that
//! keep a silent stream alive.

mod gzip;
mod writes;

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use super::quirk::Quirk;
use crate::answer::{Action, Actions, Answer, Head};
use crate::script::Faults;

/// The answer that one of the quirks puts in the real one's place.
///
/// `failure` is how the vendor says that something is wrong with it.
pub(crate) fn replacement(failure: impl Fn() -> Value, quirks: &[Quirk], faults: &Faults) -> Option<Answer> {
    quirks
        .iter()
        .find_map(|quirk| whole_answer(&failure, *quirk, faults.status))
        .map(|answer| answer.delayed(faults.after.get()))
}

fn whole_answer(failure: &impl Fn() -> Value, quirk: Quirk, status: Option<u16>) -> Option<Answer> {
    let (status, media_type, body) = match quirk {
        Quirk::Q35 => (200, "application/json", failure().to_string()),
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

/// Changes how the answer is written, as the last thing before it is sent.
pub(crate) fn change_writes(quirks: &[Quirk], head: &mut Head, mut actions: Actions) -> Actions {
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

/// The actions with a comment wherever nothing is sent for so long.
pub(crate) fn with_comments(actions: Actions, head: Duration, every: Duration) -> Actions {
    let mut actions = actions.peekable();
    let mut last = head;
    Box::new(std::iter::from_fn(move || {
        let next = actions.peek()?;
        let comment = last.saturating_add(every);
        if comment < next.after {
            last = comment;
            return Some(Action::send(comment, Bytes::from_static(b": keep-alive\n\n")));
        }
        last = next.after;
        actions.next()
    }))
}

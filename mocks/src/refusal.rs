//! A script's refusal, in any vendor's shape.

use crate::answer::{Answer, Head};
use crate::script::{FaultBody, Faults};

/// The answer that the script puts in the real one's place, if any. `vendors` is the vendor's own shape by status.
pub(crate) fn scripted_refusal(faults: &Faults, vendors: impl FnOnce(u16) -> Answer) -> Option<Answer> {
    if faults.hang {
        return Some(Answer::whole(Head { after: None, ..Head::new(200) }, ""));
    }
    if !faults.refuses() {
        return None;
    }
    let status = faults.status.unwrap_or(200);
    let answer = match &faults.body {
        Some(FaultBody::Text(text)) => {
            Answer::whole(vendors(status).head.with("content-type", media_type(text)), text.clone())
        }
        Some(FaultBody::Vendor) | None => vendors(status),
    };
    Some(answer.delayed(faults.after.get()))
}

/// What a text looks like.
fn media_type(text: &str) -> &'static str {
    match text.trim_start().bytes().next() {
        Some(b'{' | b'[') => "application/json",
        Some(b'<') => "text/html",
        _ => "text/plain; charset=utf-8",
    }
}

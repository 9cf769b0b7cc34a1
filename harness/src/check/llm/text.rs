//! Text: that something is said, and that every character of it is whole.

use super::chat::{Chat, PHRASE};
use super::reply::{Reply, shown};
use crate::check::catalogue::{Check, Entry, Level};
use crate::check::{Context, Judged};

/// The checks of the group.
pub(super) const CHECKS: &[Check] = &[
    Check {
        entry: Entry::new("TXT-01", Level::Must, "something is said")
            .rule("a chat with one message, streamed", "a text with at least one letter")
            .advice(
                "silence with status 200",
                "thinking without an answer, an empty stream, a filter",
                "answer with an error when there is no text",
            )
            .quick(),
        judge: |cx| Box::pin(said(cx)),
    },
    Check {
        entry: Entry::new("TXT-02", Level::Must, "characters survive")
            .rule("a phrase in many scripts, to be repeated", "no U+FFFD in the text")
            .advice(
                "a wrong character is heard as a wrong word, or as a pause",
                "tokens that are half a character are decoded one by one",
                "hold bytes back until a character is whole",
            ),
        judge: |cx| Box::pin(survives(cx)),
    },
    Check {
        entry: Entry::new("TXT-03", Level::Must, "no escape is half a character")
            .rule("the same", "no `\\ud83d` without its second half")
            .advice(
                "strict parsers refuse the whole event",
                "text cut at UTF-16 units",
                "cut text between characters",
            ),
        judge: |cx| Box::pin(halves(cx)),
    },
];

async fn said(cx: &Context) -> Judged {
    let judge = |reply: &Reply| {
        let text = reply.text();
        if text.chars().any(char::is_alphanumeric) {
            Ok(shown(&text))
        } else {
            Err(format!("the text is {text:?}"))
        }
    };
    Chat::hello().judged(cx, judge).await
}

async fn survives(cx: &Context) -> Judged {
    let judge = |reply: &Reply| {
        let text = reply.text();
        match (text.contains('\u{fffd}'), text.contains(PHRASE)) {
            (true, _) => Err(format!("U+FFFD in `{}`", shown(&text))),
            (false, true) => Ok("the phrase came back whole".to_owned()),
            (false, false) => Ok(format!("no U+FFFD in `{}`", shown(&text))),
        }
    };
    Chat::phrase().judged(cx, judge).await
}

async fn halves(cx: &Context) -> Judged {
    let judge = |reply: &Reply| match reply.halves.first() {
        Some(data) => Err(format!("half a character in `{data}`")),
        None => Ok("none".to_owned()),
    };
    Chat::phrase().judged(cx, judge).await
}

//! Answers played over HTTP, each action at its time.

use std::io;
use std::iter::Peekable;
use std::task::Poll;

use axum::body::Body;
use axum::response::Response;
use bargein_net::Clock;
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderName, HeaderValue, StatusCode};

use crate::answer::{Actions, Answer, Does, Head};
use crate::ledger::Call;

/// Plays an answer to `call`. Dropping the future or the body of the response is the client going away.
pub(crate) async fn play(clock: Clock, call: Call, answer: Answer) -> Response {
    let Answer { head, body, words } = answer;
    match head.after {
        Some(after) => clock.sleep_until(call.at + after).await,
        None => std::future::pending().await,
    }
    let playing = Playing { clock, call, status: head.status, words, actions: body.peekable() }.unless_over();
    let writes = stream::unfold(playing, async |playing| playing?.next().await);
    let mut response = Response::new(Body::from_stream(writes));
    write_head(&mut response, &head);
    response
}

/// Gives an answer that is no call of a script: all of it at once.
pub(crate) fn whole_response(answer: Answer) -> Response {
    let bytes: Vec<u8> = answer
        .body
        .filter_map(|action| if let Does::Send { bytes, .. } = action.does { Some(bytes) } else { None })
        .flatten()
        .collect();
    let mut response = Response::new(Body::from(bytes));
    write_head(&mut response, &answer.head);
    response
}

/// Status and headers; what HTTP does not allow, which a script's check has refused, is left out.
fn write_head(response: &mut Response, head: &Head) {
    *response.status_mut() = StatusCode::from_u16(head.status).unwrap_or_default();
    for (name, value) in &head.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
}

struct Playing {
    clock: Clock,
    call: Call,
    status: u16,
    words: String,
    actions: Peekable<Actions>,
}

impl Playing {
    /// Ends the call when nothing is left to do. Asked before the server is given the last bytes: it does not come
    /// back for more when it has seen the length that the head named.
    fn unless_over(mut self) -> Option<Self> {
        if self.actions.peek().is_some() {
            return Some(self);
        }
        self.call.finish(self.status, &self.words);
        None
    }

    /// The next write, and what is left after it.
    async fn next(mut self) -> Option<(io::Result<Bytes>, Option<Self>)> {
        while let Some(action) = self.actions.next() {
            if action.does != Does::Hold {
                self.clock.sleep_until(self.call.at + action.after).await;
            }
            match action.does {
                Does::Send { bytes, .. } => return Some((Ok(bytes), self.unless_over())),
                Does::Tell(what) => self.call.tell(what),
                Does::End => {
                    self.call.break_off();
                    return None;
                }
                Does::Reset => {
                    flushed().await;
                    self.call.break_off();
                    return Some((Err(io::ErrorKind::ConnectionReset.into()), None));
                }
                Does::Hold => return std::future::pending().await,
            }
        }
        self.call.finish(self.status, &self.words);
        None
    }
}

/// Lets the server write what it was given: it does when its next poll finds nothing. An error would take the bytes
/// before it along.
async fn flushed() {
    let mut polled = false;
    std::future::poll_fn(|context| {
        if polled {
            return Poll::Ready(());
        }
        polled = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

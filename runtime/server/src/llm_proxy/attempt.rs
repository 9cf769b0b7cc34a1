//! One attempt at one vendor: until it has given something a caller can use, or failed to.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bargein_net::Moment;
use bargein_wire::openai::ApiError;
use bargein_wire::units::Secret;
use bytes::{Bytes, BytesMut};
use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderValue, Method, Request, Response, Uri, Version};
use http_body_util::Full;
use serde_json::Value;

use super::ask::Ask;
use super::deadline::Deadline;
use super::events::{BASE_RESP, CHOICES, ERROR};
use super::failure::Failure;
use super::feed::{Fed, Feed};
use super::headers;
use super::trace::Trace;
use crate::upstream::{Answer, AskError, Pool};

/// The longest answer that is no stream, in bytes.
const LONGEST_ANSWER: usize = 16 << 20;

/// How much of a stream is held while nothing in it can be used, in bytes; then the caller is answered all the same.
const MOST_HELD: usize = 256 << 10;

/// How much of the body of a refusal is read, in bytes.
const LONGEST_REFUSAL: usize = 64 << 10;

/// How much of a page is shown that is no answer, in bytes.
const SHOWN: usize = 200;

/// A vendor that speaks chat completions itself.
pub(super) struct ChatTarget {
    pub(super) pool: Arc<Pool>,
    /// The path and query to ask for.
    pub(super) path: Uri,
    pub(super) host: HeaderValue,
    /// The header `Authorization`; `None` without a key.
    pub(super) authorization: Option<HeaderValue>,
    pub(super) key: Secret,
    /// What the vendor calls the model.
    pub(super) model: Option<String>,
}

/// How long an attempt may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// Until there is something to use.
    pub(super) first: Duration,
    /// The end of the whole request, whatever happens.
    pub(super) end: Moment,
}

/// What an attempt gave.
pub(super) enum Begun {
    /// A stream that has said something: its head, what it said, what follows.
    Stream(HeaderMap, Vec<Bytes>, Box<Feed>),
    /// A whole answer.
    Whole(HeaderMap, Bytes),
}

/// Waits for something of an attempt, but not for ever.
struct Watch<'a> {
    deadline: &'a mut Deadline,
    at: Moment,
    limit: Duration,
}

impl Watch<'_> {
    async fn over<F: Future>(&mut self, what: &str, future: F) -> Result<F::Output, Box<Failure>> {
        let mut future = std::pin::pin!(future);
        let in_time = poll_fn(|cx| {
            if let Poll::Ready(output) = future.as_mut().poll(cx) {
                return Poll::Ready(Some(output));
            }
            self.deadline.poll(self.at, cx).map(|()| None)
        });
        in_time.await.ok_or_else(|| Box::new(Failure::late(what, self.limit)))
    }
}

impl ChatTarget {
    /// Asks. `attempt` counts from 0.
    pub(super) async fn ask(
        &self,
        trace: &mut Trace,
        ask: &Ask,
        headers: &HeaderMap,
        attempt: u32,
        patience: Patience,
        deadline: &mut Deadline,
    ) -> Result<Begun, Box<Failure>> {
        let begun = trace.clock.now();
        let at = (begun + patience.first).min(patience.end);
        let mut watch = Watch { deadline, at, limit: at.since(begun) };
        let (head, answer) = self.head(trace, ask, headers, attempt, &mut watch).await?;
        trace.timings.headers = Some(trace.since(trace.clock.now()));
        let (parts, ()) = head.into_parts();
        if !parts.status.is_success() {
            let reading = body(answer, LONGEST_REFUSAL, true);
            // A refusal is one without its words, too.
            let words = trace.wait(watch.over("the words of a refusal", reading)).await;
            let words = words.ok().and_then(Result::ok).map(|(words, _)| words).unwrap_or_default();
            let unix_millis = trace.clock.unix_millis();
            let kept = headers::answer(parts.headers);
            return Err(Box::new(Failure::of_refusal(parts.status, kept, words, &self.key, unix_millis)));
        }
        if let Some(encoding) = parts.headers.get(CONTENT_ENCODING)
            && encoding != "identity"
        {
            return Err(Box::new(Failure::broken("expected no Content-Encoding from the vendor, got one")));
        }
        let kept = headers::answer(parts.headers);
        if ask.stream {
            self.hold(trace, kept, answer, &mut watch).await
        } else {
            let (whole, answer) =
                trace.wait(watch.over("an answer", body(answer, LONGEST_ANSWER, false))).await??;
            if let Some(answer) = answer {
                self.pool.keep(answer);
            }
            self.document(kept, whole)
        }
    }

    /// Sends the request; gives the head of the answer.
    async fn head(
        &self,
        trace: &mut Trace,
        ask: &Ask,
        headers: &HeaderMap,
        attempt: u32,
        watch: &mut Watch<'_>,
    ) -> Result<(Response<()>, Answer), Box<Failure>> {
        let clock = trace.clock.clone();
        let connection = trace.wait(watch.over("a connection", self.pool.connection())).await?;
        let (mut wire, mut is_kept) = connection.map_err(|error| Box::new(Failure::of_connect(&error)))?;
        loop {
            trace.timings.connected = Some(trace.since(clock.now()));
            let request = self.request(trace, ask, headers, attempt)?;
            let answered = trace.wait(watch.over("an answer", wire.ask(request, &clock))).await?;
            match answered {
                Ok((head, answer, written)) => {
                    trace.timings.written = Some(trace.since(written));
                    return Ok((head, answer));
                }
                // The vendor closed the kept connection just now: that is no answer to this request.
                Err(AskError { error, is_unsent }) if is_kept && (is_unsent || is_closed(&error)) => {
                    let connecting = watch.over("a connection", self.pool.connect());
                    let connection = trace.wait(connecting).await?;
                    wire = connection.map_err(|error| Box::new(Failure::of_connect(&error)))?;
                    is_kept = false;
                }
                Err(AskError { error, .. }) => return Err(Box::new(Failure::of_break(&error))),
            }
        }
    }

    fn request(
        &self,
        trace: &Trace,
        ask: &Ask,
        headers: &HeaderMap,
        attempt: u32,
    ) -> Result<Request<Full<Bytes>>, Box<Failure>> {
        let mut request = Request::new(Full::new(ask.body_for(self.model.as_deref())));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.path.clone();
        *request.version_mut() = Version::HTTP_11;
        let all = request.headers_mut();
        *all = headers.clone();
        all.insert(HOST, self.host.clone());
        if let Some(authorization) = &self.authorization {
            all.insert(AUTHORIZATION, authorization.clone());
        }
        all.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
        all.insert(headers::ATTEMPT, HeaderValue::from(attempt));
        let id = HeaderValue::try_from(&*trace.request_id);
        all.insert(headers::REQUEST_ID, id.map_err(|error| Box::new(Failure::broken(error.to_string())))?);
        Ok(request)
    }

    /// Holds a stream until it has said something, so that a failure before can still be told by a status.
    async fn hold(
        &self,
        trace: &mut Trace,
        head: HeaderMap,
        answer: Answer,
        watch: &mut Watch<'_>,
    ) -> Result<Begun, Box<Failure>> {
        let mut feed = Feed::of_wire(answer, Arc::clone(&self.pool), trace.remembering.clone());
        let mut held = Vec::new();
        let mut size = 0;
        // Content types are often wrong: what the body is, its first byte says that is no white space.
        let first = loop {
            match trace.wait(watch.over("a first event", poll_fn(|cx| feed.poll_raw(cx)))).await? {
                Some(Ok(bytes)) if bytes.trim_ascii().is_empty() => {}
                Some(Ok(bytes)) => break bytes,
                Some(Err(error)) => return Err(Box::new(Failure::of_break(&error))),
                None => {
                    return Err(Box::new(Failure::broken(
                        "expected an event stream from the vendor, got nothing",
                    )));
                }
            }
        };
        match first.trim_ascii_start().first() {
            Some(b'{' | b'[' | b'"') => {
                let reading = rest(first, &mut feed);
                let whole = trace.wait(watch.over("an answer", reading)).await??;
                let Begun::Whole(head, document) = self.document(head, whole)? else {
                    return Err(Box::new(Failure::broken(
                        "expected an event stream from the vendor, got JSON",
                    )));
                };
                trace.event(trace.clock.now());
                return Ok(Begun::Whole(head, document));
            }
            Some(b'<') => {
                let page: String = String::from_utf8_lossy(&first).chars().take(SHOWN).collect();
                let message = format!("expected an event stream from the vendor, got a page: {page}");
                return Err(Box::new(Failure::broken(message)));
            }
            _ => {}
        }
        let mut fed = feed.push(first)?.map(|(bytes, is_event)| Fed::Block { bytes, is_event });
        loop {
            match fed.take() {
                Some(Fed::Block { bytes, is_event }) => {
                    if is_event {
                        trace.event(trace.clock.now());
                    }
                    size += bytes.len();
                    held.push(bytes);
                    if let Some(fault) = &feed.reading.fault {
                        return Err(Box::new(Failure::of_answer(fault, &self.key)));
                    }
                    if feed.reading.is_ready() || size > MOST_HELD {
                        if feed.reading.is_done {
                            feed.close();
                        }
                        return Ok(Begun::Stream(head, held, Box::new(feed)));
                    }
                }
                Some(Fed::End) => {
                    return Err(Box::new(Failure::broken(
                        "expected content from the vendor, got the end of the stream",
                    )));
                }
                Some(Fed::Broken(failure)) => return Err(failure),
                None => {}
            }
            fed = Some(trace.wait(watch.over("the first token", poll_fn(|cx| feed.poll(cx)))).await?);
        }
    }

    /// A whole answer, unless it tells a failure under its good status.
    fn document(&self, head: HeaderMap, whole: Bytes) -> Result<Begun, Box<Failure>> {
        let is_plain = CHOICES.is_in(&whole) && !ERROR.says_something(&whole) && !BASE_RESP.is_in(&whole);
        if is_plain {
            return Ok(Begun::Whole(head, whole));
        }
        let document: Value = serde_json::from_slice(&whole).map_err(|error| {
            let shown: String = String::from_utf8_lossy(&whole).chars().take(SHOWN).collect();
            Box::new(Failure::broken(format!(
                "expected a JSON answer from the vendor, got ({error}): {shown}"
            )))
        })?;
        match ApiError::find(&document) {
            Some(error) => Err(Box::new(Failure::of_answer(&error, &self.key))),
            None => Ok(Begun::Whole(head, whole)),
        }
    }
}

/// All of a body; the connection when it came to its end within `limit`. What is longer is cut off or an error.
async fn body(
    mut answer: Answer,
    limit: usize,
    is_cut: bool,
) -> Result<(Bytes, Option<Answer>), Box<Failure>> {
    let mut whole = BytesMut::new();
    let mut first: Option<Bytes> = None;
    loop {
        match answer.bytes().await {
            None => break,
            Some(Err(error)) => return Err(Box::new(Failure::of_break(&error))),
            Some(Ok(bytes)) => match first.take() {
                None if whole.is_empty() && bytes.len() <= limit => first = Some(bytes),
                before => {
                    whole.extend_from_slice(&before.unwrap_or_default());
                    whole.extend_from_slice(&bytes);
                }
            },
        }
        if whole.len() > limit {
            if is_cut {
                whole.truncate(limit);
                return Ok((whole.freeze(), None));
            }
            let message =
                format!("expected an answer of at most {limit} bytes from the vendor, got a longer one");
            return Err(Box::new(Failure::broken(message)));
        }
    }
    Ok((first.unwrap_or_else(|| whole.freeze()), Some(answer)))
}

/// The rest of a document that began in a stream's place.
async fn rest(first: Bytes, feed: &mut Feed) -> Result<Bytes, Box<Failure>> {
    let mut whole = BytesMut::from(&first[..]);
    while let Some(bytes) = poll_fn(|cx| feed.poll_raw(cx)).await {
        whole.extend_from_slice(&bytes.map_err(|error| Box::new(Failure::of_break(&error)))?);
        if whole.len() > LONGEST_ANSWER {
            return Err(Box::new(Failure::broken(
                "expected an event stream from the vendor, got endless JSON",
            )));
        }
    }
    Ok(whole.freeze())
}

/// Whether the connection was closed before any of an answer.
fn is_closed(error: &hyper::Error) -> bool {
    error.is_incomplete_message() || error.is_closed() || error.is_canceled()
}

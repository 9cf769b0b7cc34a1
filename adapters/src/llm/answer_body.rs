//! The body of an answer: a stream of events, or one document, whatever its content type says.
//!
//! What the events mean is the vendor's own [`Reading`]; here is when they come, and when nothing more is waited for.

use std::time::Duration;

use bargein_core::{FaultKind, ToolCall, VendorFault};
use bargein_net::{Clock, Moment};
use bargein_wire::answer::Said;
use bargein_wire::sse::{Decoder, Event};
use http::Response;
use http::header::CONTENT_TYPE;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;

use crate::fault::{capped, of_break};
use crate::http::header;

/// What a vendor's events come to.
pub(crate) trait Reading: Send {
    /// Reads an event.
    fn on_event(&mut self, event: &Event) -> Result<Said, VendorFault>;

    /// Reads the event that the stream ended in. It may be cut: then it says nothing, and the end tells.
    fn on_last(&mut self, event: &Event) -> Result<Said, VendorFault>;

    /// Reads a body that is no stream.
    fn on_document(&mut self, body: &str) -> Result<Said, VendorFault>;

    /// Whether nothing will follow, even if the connection stays open.
    fn is_done(&self) -> bool;

    /// Whether the answer is said, so that only a short wait for what may follow is worth it.
    fn is_finishing(&self) -> bool {
        self.is_done()
    }

    /// Nothing follows.
    fn end(self) -> Ending;
}

/// How an answer ended.
#[derive(Debug, Default)]
pub(crate) struct Ending {
    /// Text that was held back.
    pub(crate) text: String,
    /// What the model wants called; none when there is a fault.
    pub(crate) calls: Vec<ToolCall>,
    /// Why it is not whole.
    pub(crate) fault: Option<VendorFault>,
}

/// How long what may follow the finish reason is waited for: usage, late text, the last frame. Some vendors send
/// nothing more and keep the connection open.
const GRACE: Duration = Duration::from_secs(1);

/// How long the end of the body is waited for after the last frame: met in time, the connection serves again.
const CLOSING: Duration = Duration::from_millis(10);

/// The longest body that is one document, in bytes.
const LONGEST_DOCUMENT: usize = 4 << 20;

/// How much of a body that is neither is shown, in bytes.
const SHOWN: usize = 400;

/// Reads one answer.
pub(crate) struct AnswerBody<R> {
    body: Incoming,
    clock: Clock,
    /// Status and content type, for messages.
    head: String,
    shape: Shape,
    decoder: Decoder,
    /// `None` once it has ended.
    reading: Option<R>,
    /// What the model wants called, once the answer has ended.
    calls: Vec<ToolCall>,
    /// Why it is not whole although its last words were told.
    fault: Option<VendorFault>,
    /// When nothing more is waited for.
    give_up: Option<Moment>,
    /// All of a document; the beginning of anything else.
    text: Vec<u8>,
}

/// What the body is: told by its first byte that is not white space, as content types are often wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// Nothing came yet.
    Unknown,
    /// An event stream, unless no event ever comes.
    Stream,
    /// JSON.
    Document,
    /// HTML.
    Page,
}

impl<R: Reading> AnswerBody<R> {
    pub(crate) fn new(response: Response<Incoming>, clock: Clock, reading: R) -> Self {
        let content_type = header(&response, &CONTENT_TYPE).unwrap_or_else(|| "no content type".to_owned());
        Self {
            head: format!("status {}, {content_type}", response.status().as_u16()),
            body: response.into_body(),
            clock,
            shape: Shape::Unknown,
            decoder: Decoder::new(),
            reading: Some(reading),
            calls: Vec::new(),
            fault: None,
            give_up: None,
            text: Vec::new(),
        }
    }

    /// The tools that the model wants called: all of them, when the answer is whole.
    pub(crate) fn into_calls(self) -> Vec<ToolCall> {
        self.calls
    }

    /// What is said next; `None` when the answer is whole.
    pub(crate) async fn next(&mut self) -> Result<Option<Said>, VendorFault> {
        while let Some(reading) = &mut self.reading {
            if let Some(event) = self.decoder.next_event().map_err(|error| broken(&error.to_string()))? {
                let said = reading.on_event(&event)?;
                self.text.clear();
                if said != Said::default() {
                    return Ok(Some(said));
                }
                continue;
            }
            let grace = match (reading.is_done(), reading.is_finishing()) {
                (true, _) => Some(CLOSING),
                (false, true) => Some(GRACE),
                (false, false) => None,
            };
            if let Some(grace) = grace {
                let at = self.clock.now() + grace;
                self.give_up = Some(self.give_up.map_or(at, |before| before.min(at)));
            }
            let frame = tokio::select! {
                biased;
                frame = self.body.frame() => frame,
                () = self.clock.sleep_until_option(self.give_up) => None,
            };
            match frame {
                Some(Ok(frame)) => self.push(frame.data_ref().map_or(&[], |data| data))?,
                Some(Err(error)) if grace.is_none() => return Err(of_break(&error)),
                // What breaks after the last word breaks nothing.
                Some(Err(_)) | None => return self.end().map(Some),
            }
        }
        self.fault.take().map_or(Ok(None), Err)
    }

    fn push(&mut self, bytes: &[u8]) -> Result<(), VendorFault> {
        if self.shape == Shape::Unknown {
            self.text.extend_from_slice(bytes);
            let body = self.text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&self.text).trim_ascii_start();
            self.shape = match body.first() {
                None => {
                    // White space keeps the connection alive, for minutes with some vendors.
                    self.text.clear();
                    return Ok(());
                }
                Some(b'{' | b'[' | b'"') => Shape::Document,
                Some(b'<') => Shape::Page,
                Some(_) => Shape::Stream,
            };
            if self.shape == Shape::Stream {
                self.decoder.push(&self.text);
            }
            return Ok(());
        }
        match self.shape {
            Shape::Stream => {
                self.decoder.push(bytes);
                // Once there was an event, what the body began with does not matter.
                if !self.text.is_empty() && self.text.len() < SHOWN {
                    self.text.extend_from_slice(bytes);
                }
            }
            Shape::Document if self.text.len() + bytes.len() > LONGEST_DOCUMENT => {
                return Err(broken(&format!(
                    "expected a document of at most {LONGEST_DOCUMENT} bytes, got a longer one"
                )));
            }
            Shape::Document | Shape::Unknown => self.text.extend_from_slice(bytes),
            Shape::Page if self.text.len() < SHOWN => self.text.extend_from_slice(bytes),
            Shape::Page => {}
        }
        Ok(())
    }

    /// The last words of the answer, or why there is none.
    fn end(&mut self) -> Result<Said, VendorFault> {
        let Some(mut reading) = self.reading.take() else { return Ok(Said::default()) };
        let text = String::from_utf8_lossy(&self.text).into_owned();
        let mut said = match self.shape {
            Shape::Unknown => {
                return Err(broken(&format!("expected an answer, got an empty body ({})", self.head)));
            }
            Shape::Document => reading.on_document(text.trim_start_matches('\u{feff}'))?,
            Shape::Stream => self.last_event(&mut reading)?,
            Shape::Page => return Err(self.no_stream(&text)),
        };
        if self.shape == Shape::Stream && !self.text.is_empty() {
            return Err(self.no_stream(&text));
        }
        let ending = reading.end();
        said.text.push_str(&ending.text);
        (self.calls, self.fault) = (ending.calls, ending.fault);
        Ok(said)
    }

    /// The event that the stream ended in, if it is whole.
    fn last_event(&mut self, reading: &mut R) -> Result<Said, VendorFault> {
        let last = std::mem::take(&mut self.decoder).finish().map_err(|error| broken(&error.to_string()))?;
        let Some(event) = last else { return Ok(Said::default()) };
        self.text.clear();
        reading.on_last(&event)
    }

    fn no_stream(&self, text: &str) -> VendorFault {
        broken(&format!(
            "expected an event stream or JSON, got `{}` ({})",
            capped_to(text.trim(), SHOWN),
            self.head
        ))
    }
}

fn broken(message: &str) -> VendorFault {
    VendorFault::new(FaultKind::Broken, capped(message))
}

fn capped_to(text: &str, limit: usize) -> &str {
    text.char_indices().nth(limit).map_or(text, |(at, _)| &text[..at])
}

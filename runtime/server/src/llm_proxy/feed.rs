//! Where the bytes of a stream come from: a vendor's own, whole events at a time, or an adapter's events written as
//! chunks.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bargein_core::{LlmEvent, ToolCall};
use bargein_wire::openai::chat::{Chunks, DONE};
use bargein_wire::sse::encode_data;
use bytes::Bytes;
use futures_util::Stream as _;
use futures_util::stream::BoxStream;
use serde_json::Value;

use super::context::Remembering;
use super::events::{Cutter, read};
use super::failure::Failure;
use super::reading::Reading;
use crate::upstream::{Answer, Pool};

/// A stream of events, and what it has said so far.
pub(super) struct Feed {
    pub(super) reading: Reading,
    source: Source,
}

enum Source {
    Wire(Wire),
    Adapter(Box<Adapter>),
    Over,
}

/// A vendor's own bytes.
struct Wire {
    answer: Answer,
    pool: Arc<Pool>,
    cutter: Cutter,
}

/// An adapter's events.
struct Adapter {
    events: BoxStream<'static, LlmEvent>,
    chunks: Chunks,
    has_begun: bool,
    /// How many tools were called.
    tool_calls: usize,
}

/// What comes next.
#[derive(Debug)]
pub(super) enum Fed {
    /// Whole events, to be handed on as they are; `is_event` when they are more than comments.
    Block { bytes: Bytes, is_event: bool },
    /// No more comes. Whether the stream is whole, [`Reading`] says.
    End,
    /// The stream broke.
    Broken(Box<Failure>),
}

impl Feed {
    /// Reads a vendor's own stream, of which this has come already.
    pub(super) fn of_wire(answer: Answer, pool: Arc<Pool>, remembering: Option<Remembering>) -> Self {
        let wire = Wire { answer, pool, cutter: Cutter::default() };
        let reading = Reading { remembering, ..Reading::default() };
        Self { reading, source: Source::Wire(wire) }
    }

    /// Writes an adapter's events.
    pub(super) fn of_adapter(
        events: BoxStream<'static, LlmEvent>,
        chunks: Chunks,
        remembering: Option<Remembering>,
    ) -> Self {
        let adapter = Adapter { events, chunks, has_begun: false, tool_calls: 0 };
        let reading = Reading { remembering, ..Reading::default() };
        Self { reading, source: Source::Adapter(Box::new(adapter)) }
    }

    /// What comes next. After the end there is nothing.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Fed> {
        let fed = ready!(match &mut self.source {
            Source::Wire(wire) => wire.poll(&mut self.reading, cx),
            Source::Adapter(adapter) => adapter.poll(&mut self.reading, cx),
            Source::Over => Poll::Ready(Fed::End),
        });
        if !matches!(fed, Fed::Block { .. }) {
            self.close();
        } else if self.reading.is_done || self.reading.fault.is_some() {
            // Nothing that follows matters: what is left of the body is read when the connection is needed again.
            self.close();
        }
        Poll::Ready(fed)
    }

    /// Hands on bytes that were read before, as if they came now.
    pub(super) fn push(&mut self, bytes: Bytes) -> Result<Option<(Bytes, bool)>, Box<Failure>> {
        match &mut self.source {
            Source::Wire(wire) => wire.push(bytes, &mut self.reading),
            Source::Adapter(_) | Source::Over => Ok(None),
        }
    }

    /// Ends the stream: the connection is kept when the answer is over, and closed at once when it is not.
    pub(super) fn close(&mut self) {
        if let Source::Wire(wire) = std::mem::replace(&mut self.source, Source::Over)
            && self.reading.is_done
            && self.reading.fault.is_none()
        {
            wire.pool.keep(wire.answer);
        }
    }

    /// The next raw bytes of a vendor's own stream.
    pub(super) fn poll_raw(&mut self, cx: &mut Context<'_>) -> Poll<Option<hyper::Result<Bytes>>> {
        match &mut self.source {
            Source::Wire(wire) => wire.answer.poll_bytes(cx),
            Source::Adapter(_) | Source::Over => Poll::Ready(None),
        }
    }
}

impl Wire {
    fn poll(&mut self, reading: &mut Reading, cx: &mut Context<'_>) -> Poll<Fed> {
        loop {
            let bytes = match ready!(self.answer.poll_bytes(cx)) {
                Some(Ok(bytes)) => bytes,
                Some(Err(error)) if !reading.is_whole() => {
                    return Poll::Ready(Fed::Broken(Box::new(Failure::of_break(&error))));
                }
                // What breaks after the last word breaks nothing.
                Some(Err(_)) | None => return Poll::Ready(self.last(reading)),
            };
            match self.push(bytes, reading) {
                Ok(Some((bytes, is_event))) => return Poll::Ready(Fed::Block { bytes, is_event }),
                Ok(None) => {}
                Err(failure) => return Poll::Ready(Fed::Broken(failure)),
            }
        }
    }

    fn push(&mut self, bytes: Bytes, reading: &mut Reading) -> Result<Option<(Bytes, bool)>, Box<Failure>> {
        let before = reading.events;
        let block = self.cutter.push(bytes, |event| reading.on_event(event));
        let block = block.map_err(|overlong| Box::new(Failure::broken(overlong.to_string())))?;
        Ok(block.map(|block| (block, reading.events > before)))
    }

    /// The event that the stream ended in without a blank line, if it is whole.
    fn last(&mut self, reading: &mut Reading) -> Fed {
        let rest = self.cutter.finish();
        let is_whole = {
            let data = read(&rest);
            let json = data.bytes().trim_ascii();
            json == DONE.as_bytes() || serde_json::from_slice::<serde::de::IgnoredAny>(json).is_ok()
        };
        if !is_whole {
            return Fed::End;
        }
        reading.on_event(&rest);
        let bytes = [rest.as_ref(), b"\n\n"].concat().into();
        Fed::Block { bytes, is_event: true }
    }
}

impl Adapter {
    fn poll(&mut self, reading: &mut Reading, cx: &mut Context<'_>) -> Poll<Fed> {
        loop {
            let Some(event) = ready!(Pin::new(&mut self.events).poll_next(cx)) else {
                return Poll::Ready(Fed::End);
            };
            let mut block = String::new();
            if !std::mem::replace(&mut self.has_begun, true) {
                block += &encode_data(&self.chunks.role().to_string());
            }
            match event {
                LlmEvent::Responding => {}
                LlmEvent::Delta(text) => {
                    reading.has_content |= !text.trim().is_empty();
                    if let Some(remembering) = &reading.remembering {
                        remembering.say(&text);
                    }
                    block += &encode_data(&self.chunks.text(&text).to_string());
                }
                LlmEvent::Meta(meta) => {
                    reading.has_content = true;
                    block += &encode_data(&self.meta(&meta));
                }
                LlmEvent::ToolCall(ToolCall { id, name, arguments }) => {
                    reading.has_content = true;
                    let call = self.chunks.tool_call(self.tool_calls, &id, &name, &arguments);
                    block += &encode_data(&call.to_string());
                    self.tool_calls += 1;
                }
                LlmEvent::Finished => {
                    (reading.is_finished, reading.is_done) = (true, true);
                    let reason = if self.tool_calls > 0 { "tool_calls" } else { "stop" };
                    block += &encode_data(&self.chunks.finish(reason).to_string());
                    block += &encode_data(DONE);
                }
                LlmEvent::Failed(fault) => {
                    return Poll::Ready(Fed::Broken(Box::new(Failure::of_fault(fault))));
                }
            }
            if !block.is_empty() {
                reading.events += 1;
                return Poll::Ready(Fed::Block { bytes: block.into(), is_event: true });
            }
        }
    }

    /// A vendor's metadata, as the services that take chunks of this kind want it.
    fn meta(&self, meta: &str) -> String {
        let meta: Value = serde_json::from_str(meta).unwrap_or_default();
        let (id, created) = (&self.chunks.id, self.chunks.created);
        serde_json::json!({ "id": id, "type": "meta.info", "created": created, "metainfo": meta }).to_string()
    }
}

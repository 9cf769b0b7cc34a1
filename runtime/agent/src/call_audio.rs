//! The audio of one synthesis call: arrived and not yet played.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};

use crate::frame::{AudioFrame, BYTES_PER_MS, FRAME_BYTES};
use crate::read_ahead::ReadAhead;

/// Chunks in, frames out. Chunks may end anywhere, inside a sample too.
pub(crate) struct CallAudio {
    chunks: VecDeque<Bytes>,
    held: usize,
    arrived: usize,
    ended: bool,
    level: Arc<ReadAhead>,
}

impl CallAudio {
    pub(crate) fn new(level: Arc<ReadAhead>) -> Self {
        Self { chunks: VecDeque::new(), held: 0, arrived: 0, ended: false, level }
    }

    /// More audio. Tells whether it is the first.
    pub(crate) fn push(&mut self, chunk: Bytes) -> bool {
        let first = self.arrived == 0 && !chunk.is_empty();
        self.held += chunk.len();
        self.arrived += chunk.len();
        if !chunk.is_empty() {
            self.chunks.push_back(chunk);
        }
        first
    }

    /// No more audio will come.
    pub(crate) fn end(&mut self) {
        self.ended = true;
    }

    /// How much arrived in all.
    pub(crate) fn arrived(&self) -> Duration {
        let micros = self.arrived as u64 * 1000 / BYTES_PER_MS as u64;
        Duration::from_micros(micros)
    }

    /// Whether nothing is left and nothing will come.
    pub(crate) fn is_over(&self) -> bool {
        self.ended && self.held == 0
    }

    /// Whether [`CallAudio::next_frame`] gives something, or nothing will come any more.
    pub(crate) fn is_ready(&self) -> bool {
        self.ended || self.held >= FRAME_BYTES
    }

    /// The next 20 ms; the last ones padded with silence. `None`: not there yet, or over.
    pub(crate) fn next_frame(&mut self) -> Option<AudioFrame> {
        if self.held == 0 || !self.is_ready() {
            return None;
        }
        let length = self.held.min(FRAME_BYTES);
        let front = self.chunks.front_mut()?;
        let bytes =
            if front.len() >= FRAME_BYTES { front.split_to(FRAME_BYTES) } else { self.gather(length) };
        if self.chunks.front().is_some_and(Bytes::is_empty) {
            self.chunks.pop_front();
        }
        self.held -= length;
        self.level.release(length);
        AudioFrame::from_bytes(bytes).ok()
    }

    /// A frame out of several chunks, or the last one.
    fn gather(&mut self, length: usize) -> Bytes {
        let mut bytes = BytesMut::with_capacity(FRAME_BYTES);
        while bytes.len() < length {
            let Some(front) = self.chunks.front_mut() else { break };
            let part = front.len().min(length - bytes.len());
            bytes.extend_from_slice(&front[..part]);
            front.advance(part);
            if front.is_empty() {
                self.chunks.pop_front();
            }
        }
        // A last odd byte is half a sample: not sound.
        bytes.truncate(bytes.len() & !1);
        bytes.resize(FRAME_BYTES, 0);
        bytes.freeze()
    }
}

//! A text to the chunks of an answer: from what is kept, or by asking the voice's vendors.

use std::sync::Arc;

use async_stream::try_stream;
use bargein_core::{FaultKind, VendorFault};
use bargein_net::Clock;
use futures_util::stream::{self, StreamExt as _};

use super::call::{Caller, speak};
use super::encode::Encoder;
use super::in_order::InOrder;
use super::kept::{Found, Kept, Key};
use super::layout::Layout;
use super::shared::Chunks;
use super::text::pieces;
use crate::config::SpeechText;

/// How much silence is said when there is nothing to say.
const SILENCE_MILLIS: u32 = 100;

/// What was said before and can be heard again.
pub(crate) struct Memory {
    pub(crate) retries: Arc<Kept>,
    pub(crate) cache: Arc<Kept>,
}

/// Where an answer comes from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Source {
    /// A vendor was asked.
    Vendor,
    /// There was nothing to say.
    Silence,
    /// The same request was answered a moment ago, or is being answered.
    Retry,
    /// The cache.
    Cache,
}

impl Source {
    /// The word for this source in logs and metrics.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Vendor => "vendor",
            Self::Silence => "silence",
            Self::Retry => "retry",
            Self::Cache => "cache",
        }
    }
}

/// What is to be said, and for whom.
pub(crate) struct Wish {
    pub(crate) text: String,
    pub(crate) layout: Layout,
    /// The client and its own id of the request, if it has given one.
    pub(crate) request: Option<(Arc<str>, String)>,
}

impl Memory {
    pub(crate) fn new(clock: &Clock, config: &SpeechText) -> Self {
        Self {
            retries: Kept::new(clock, config.retry_memory.bytes(), Some(config.retry_for.get())),
            cache: Kept::new(clock, config.cache.bytes(), None),
        }
    }

    /// The chunks of an answer. No vendor is asked before they are polled; dropping them drops the call, unless
    /// another request hears the same.
    pub(crate) fn answer(&self, wish: Wish, caller: Caller, cut_over: usize) -> (Source, Chunks) {
        let Wish { text, layout, request } = wish;
        let pieces = pieces(&text, caller.voice.config.clean, cut_over);
        if pieces.is_empty() {
            let chunks = Encoder::silence(layout, SILENCE_MILLIS);
            let chunks: Vec<_> = match chunks {
                Ok(chunks) => chunks.into_iter().map(Ok).collect(),
                Err(fault) => vec![Err(fault)],
            };
            return (Source::Silence, stream::iter(chunks).boxed());
        }
        let voice = caller.voice.config.name.clone();
        let anybody = Key { request: None, voice, text, layout };
        let whole = |chunks: Arc<[bytes::Bytes]>| {
            let all = (0..chunks.len()).map(move |at| Ok(chunks[at].clone()));
            stream::iter(all).boxed()
        };
        let key = Key { request, ..anybody.clone() };
        if self.retries.is_on() && key.request.is_some() {
            match self.retries.find(&key) {
                Some(Found::Running(listener)) => return (Source::Retry, listener.boxed()),
                Some(Found::Whole(chunks)) => return (Source::Retry, whole(chunks)),
                None => {}
            }
        }
        if self.cache.is_on()
            && let Some(Found::Whole(chunks)) = self.cache.find(&anybody)
        {
            return (Source::Cache, whole(chunks));
        }
        let chunks = spoken(pieces, layout, caller);
        let chunks = match (key.request.is_some() && self.retries.is_on(), self.cache.is_on()) {
            (true, true) => self.retries.begin(key, chunks, Some((Arc::clone(&self.cache), anybody))),
            (true, false) => self.retries.begin(key, chunks, None),
            (false, true) => self.cache.begin(anybody, chunks, None),
            (false, false) => chunks,
        };
        (Source::Vendor, chunks)
    }
}

/// Has pieces of a text spoken and packs their audio.
fn spoken(pieces: Vec<String>, layout: Layout, caller: Caller) -> Chunks {
    let deadline = caller.clock.now() + caller.voice.config.total.get();
    let clock = caller.clock.clone();
    let calls =
        pieces.into_iter().enumerate().map(move |(number, piece)| speak(caller.clone(), piece, number));
    let mut audio = InOrder::new(calls.collect::<Vec<_>>());
    try_stream! {
        let mut encoder = Encoder::new(layout)?;
        while let Some(samples) = audio.next().await {
            let (samples, rate) = samples?;
            if clock.now() > deadline {
                let message = format!("expected an end, got {} ms of audio and more", encoder.millis());
                Err(VendorFault::new(FaultKind::Timeout, message))?;
            }
            for chunk in encoder.push(samples, rate)? {
                yield chunk;
            }
        }
        for chunk in encoder.finish()? {
            yield chunk;
        }
    }
    .boxed()
}

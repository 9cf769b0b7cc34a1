//! Speaking: the head with the first audio, then piece after piece, each at its time, then the end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::head::Head;
use super::service::Service;
use super::timing::VERY_LONG;
use super::wish::Wish;
use crate::raw::{Gone, Next, Peer, RawRequest};

/// The header that asks the reference to fail in the middle of its audio.
const FAULT: &str = "x-fault";

/// What of a text has been sent.
#[derive(Clone, Copy, Default)]
struct Progress {
    pieces: u64,
    samples: u64,
}

impl Service {
    /// Speaks, and notices when nobody listens any more.
    pub(super) async fn speak(
        &self,
        request: &RawRequest,
        wish: &Wish,
        peer: &mut Peer,
    ) -> Result<Next, Gone> {
        self.state.serve();
        self.queue_up(peer).await?;
        let _long = Long::of(self, wish);
        let mut progress = Progress::default();
        let spoken = self.pieces(request, wish, peer, &mut progress).await;
        match spoken {
            Err(Gone) => {
                let is_reset = !peer.has_ended();
                self.was_cut(request, is_reset, progress.pieces, progress.samples);
            }
            Ok(_) => self.remember_answer(request),
        }
        spoken
    }

    fn remember_answer(&self, request: &RawRequest) {
        let mut wrong = self.state.wrong();
        if self.broken.is("RTY-01")
            && let Some(key) = request.retry_key()
        {
            wrong.answer(&key);
        }
        if self.broken.is("CON-05") {
            wrong.leaked += 256 * 1024;
        }
    }

    async fn pieces(
        &self,
        request: &RawRequest,
        wish: &Wish,
        peer: &mut Peer,
        progress: &mut Progress,
    ) -> Result<Next, Gone> {
        if self.broken.is("CON-01") {
            self.state.wrong().speech = Some(wish.speech.clone());
        }
        let started = self.clock.now();
        let total = self.broken.spoken(wish, self.length(request, wish));
        let head = self.broken.head(self.audio_head(request, wish), request, wish, total * 2);
        let mut bytes = head.bytes();
        if self.broken.is("LAT-04") {
            peer.wait_until(started + Duration::from_millis(40)).await?;
            peer.write(&bytes).await?;
            bytes.clear();
        }
        let step = wish.samples_in(self.script.piece).max(1);
        let cursor = self.cursor(request);
        let mut due = request.arrived.max(started) + self.first_audio(request, wish);
        let mut header = self.broken.header(wish, self.audio_header(wish));
        if self.broken.header_first(wish) {
            bytes.extend(self.broken.chunk(wish, 0, &std::mem::take(&mut header)));
            self.write(peer, &bytes).await?;
            bytes.clear();
        }
        loop {
            let at = match &cursor {
                Some(shared) => shared.fetch_add(step, Ordering::Relaxed),
                None => progress.pieces * step + self.resumed(request, progress),
            };
            if at >= total {
                break;
            }
            due = due + self.held_back(request, wish, progress.pieces);
            peer.wait_until(due).await?;
            if self.broken.is("CAN-06") && peer.has_ended() {
                return self.hang(peer).await;
            }
            let at_once = self.broken.pieces_at_once(wish, progress.pieces);
            let end = (at + step * at_once).min(total);
            let mut audio = std::mem::take(&mut header);
            audio.extend(self.broken.between(wish, progress.pieces));
            let samples = self.broken.samples(wish, self.samples(wish, at, end));
            audio.extend(self.broken.bytes(wish, &samples).unwrap_or_else(|| wish.interleaved(&samples)));
            if end == total {
                audio.extend(self.broken.behind(wish));
            }
            bytes.extend(self.broken.chunk(wish, progress.pieces, &audio));
            if !self.broken.holds_back(wish) {
                self.write(peer, &bytes).await?;
                bytes.clear();
            }
            *progress = Progress { pieces: progress.pieces + at_once, samples: end };
            due = due + self.script.gap * u32::try_from(at_once).unwrap_or(1);
            if progress.pieces >= 2 && request.header(FAULT).is_some() {
                return self.fail(request, peer, wish).await;
            }
            if self.broken.is("SLO-01") && self.clock.now().since(started) > Duration::from_secs(30) {
                return Ok(Next::Reset);
            }
            if self.broken.is("OPS-03") && peer.is_stopping() {
                break;
            }
        }
        self.end(request, wish, peer, bytes).await
    }

    async fn end(
        &self,
        request: &RawRequest,
        wish: &Wish,
        peer: &mut Peer,
        mut bytes: Vec<u8>,
    ) -> Result<Next, Gone> {
        if self.broken.is("LAT-10") {
            peer.wait_until(self.clock.now() + Duration::from_millis(300)).await?;
        }
        let last = self.broken.last_chunk(wish);
        bytes.extend_from_slice(last);
        peer.write(&bytes).await?;
        Ok(if last.is_empty() { Next::Close } else { self.next(request) })
    }

    /// Fails in the middle, as the client asked for: the connection ends, and the body does not.
    async fn fail(&self, request: &RawRequest, peer: &mut Peer, wish: &Wish) -> Result<Next, Gone> {
        if !self.broken.is("ERR-08") {
            return Ok(Next::Drop);
        }
        let error = br#"{"error":{"code":"INTERNAL","message":"the voice failed"}}"#;
        self.end(request, wish, peer, self.broken.chunk(wish, 2, error)).await
    }

    /// The head of an answer with audio.
    fn audio_head(&self, request: &RawRequest, wish: &Wish) -> Head {
        self.head(200, request)
            .with("Content-Type", wish.format.content_type())
            .with("Transfer-Encoding", "chunked")
            .with("Cache-Control", "no-store")
            .with("X-Accel-Buffering", "no")
    }

    /// What stands before the samples.
    fn audio_header(&self, wish: &Wish) -> Vec<u8> {
        if !wish.is_wav() {
            return Vec::new();
        }
        let rate = match &mut *self.state.wrong() {
            wrong if self.broken.is("CON-02") => {
                let shared = if self.state.active() > 1 && wrong.rate > 0 { wrong.rate } else { wish.rate };
                wrong.rate = wish.rate;
                shared
            }
            _ => wish.rate,
        };
        wish.header(rate)
    }

    /// Where a retry goes on in a server that takes it for a continuation.
    fn resumed(&self, request: &RawRequest, progress: &Progress) -> u64 {
        if !self.broken.is("RTY-02") || progress.pieces == 0 && request.id().is_none() {
            return 0;
        }
        let wrong = self.state.wrong();
        request.id().and_then(|id| wrong.cut.get(id)).copied().unwrap_or_default()
    }

    /// The place in the audio that all who ask with an id share, in a server that keeps it by id.
    fn cursor(&self, request: &RawRequest) -> Option<Arc<AtomicU64>> {
        let id = request.id().filter(|_| self.broken.is("RTY-03"))?;
        Some(self.state.wrong().cursor(id))
    }

    async fn write(&self, peer: &mut Peer, bytes: &[u8]) -> Result<(), Gone> {
        if self.broken.is("SLO-06") {
            return peer.write_once(bytes).await;
        }
        let _alone = if self.broken.is("SLO-04") { Some(self.state.writing.lock().await) } else { None };
        peer.write(bytes).await
    }

    /// Does nothing for a minute, and then gives up.
    pub(super) async fn hang(&self, peer: &mut Peer) -> Result<Next, Gone> {
        peer.wait_until(self.clock.now() + Duration::from_secs(60)).await?;
        Ok(Next::Drop)
    }
}

/// Counts a long text while it is being spoken.
struct Long<'a>(Option<&'a Service>);

impl<'a> Long<'a> {
    fn of(service: &'a Service, wish: &Wish) -> Self {
        if wish.characters <= VERY_LONG || service.broken.id().is_none() {
            return Self(None);
        }
        service.state.wrong().long += 1;
        Self(Some(service))
    }
}

impl Drop for Long<'_> {
    fn drop(&mut self) {
        if let Some(service) = self.0 {
            service.state.wrong().long -= 1;
        }
    }
}

//! The reference at work: paths, keys and limits in front of the answers, and what mutants do there.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bargein_net::{Clock, Moment};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::frames::{Frame, Framing, Identity, Part, frames, usage};
use super::head::{Head, chunk};
use super::refusal::Refusal;
use super::script::{MODEL, ModelScript, PATH, answer};
use super::wish::{Narrow, Wish};
use super::wreck;
use crate::raw::{Gone, Mutant, Next, Peer, RawRequest, RawVendor, Refusal as Unreadable, Rules};

/// The reference, whole or with one rule broken.
pub(super) struct Model {
    script: ModelScript,
    /// The id of the mutant; empty for none.
    mutant: &'static str,
    clock: Clock,
    answers: AtomicU64,
    active: AtomicUsize,
    state: Mutex<State>,
    /// One answer at a time, of the mutant that can do no more.
    one: Semaphore,
}

/// What mutants remember wrongly.
#[derive(Default)]
struct State {
    /// Work that goes on for nobody, and until when.
    ghosts: Vec<Moment>,
    /// Until when nothing is answered.
    mute: Option<Moment>,
    /// What was asked last, by whomever.
    prompt: String,
    /// Ids of requests that were seen.
    seen: Vec<String>,
}

/// A place among the answers under way; free again when it is dropped.
struct Place<'a>(&'a AtomicUsize);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// How many bytes of a key the mutant compares that stops too early.
const PREFIX: usize = 8;

impl Model {
    pub(super) fn new(script: ModelScript, mutant: Option<&'static Mutant>, clock: Clock) -> Self {
        Self {
            script,
            mutant: mutant.map_or("", |mutant| mutant.id),
            clock,
            answers: AtomicU64::new(0),
            active: AtomicUsize::new(0),
            state: Mutex::default(),
            one: Semaphore::new(1),
        }
    }

    fn is(&self, mutant: &str) -> bool {
        self.mutant == mutant
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refused(&self, refusal: &Refusal) -> Vec<u8> {
        let mut body = refusal.body();
        let mut head = Head::new(refusal.status, "application/json");
        head.headers.extend(refusal.headers.iter().cloned());
        match self.mutant {
            "ERR-01" => head.status = 200,
            "ERR-02" => {
                let page = "<html><body><h1>Bad Request</h1></body></html>";
                head.set("Content-Type", "text/html");
                return head.whole(page.as_bytes());
            }
            "ERR-03" => body = json!({ "detail": refusal.error["message"] }),
            "ERR-04" => drop(body["error"].as_object_mut().map(|error| error.shift_remove("param"))),
            "ERR-05" => {
                let trace =
                    "Traceback (most recent call last):\n  File \"/srv/app/main.py\", line 42, in chat";
                body["error"]["message"] = trace.into();
            }
            "AUT-04" if refusal.status == 401 => body["error"]["code"] = Value::Null,
            "RAT-02" => head.headers.retain(|(name, _)| !name.starts_with("Retry-After")),
            _ => {}
        }
        head.whole(body.to_string().as_bytes())
    }

    /// Whether the key is right.
    fn admits(&self, request: &RawRequest) -> bool {
        let Some(value) = request.header("authorization") else { return self.is("AUT-01") };
        let (scheme, key) = value.split_once(' ').unwrap_or((value, ""));
        let is_bearer =
            if self.is("AUT-03") { scheme == "Bearer" } else { scheme.eq_ignore_ascii_case("bearer") };
        let (key, wanted) = (key.trim(), self.script.key.expose());
        if self.is("AUT-02") {
            return is_bearer && key.as_bytes().get(..PREFIX) == wanted.as_bytes().get(..PREFIX);
        }
        is_bearer && key == wanted
    }

    /// What is answered without a model.
    fn lookup(&self, request: &RawRequest) -> Option<Vec<u8>> {
        let is_models = request.path == "/v1/models" && !self.is("MOD-01");
        let said = match (request.method.as_str(), request.path.as_str()) {
            ("POST", PATH) => return None,
            ("GET", "/health") => Head::new(200, "text/plain").whole(b"ok"),
            ("GET", "/stats") => {
                let active = self.active.load(Ordering::Relaxed);
                Head::new(200, "application/json").whole(json!({ "active": active }).to_string().as_bytes())
            }
            (_, path) if self.is("HTTP-07") && path != PATH => {
                Head::new(200, "text/html").whole(b"<html>Welcome</html>")
            }
            ("GET", PATH) if self.is("HTTP-06") => Head::new(200, "text/html").whole(b"<html>Chat</html>"),
            (_, PATH) => self.refused(&Refusal::no_method()),
            ("GET", _) if is_models && !self.admits(request) => self.refused(&Refusal::no_key()),
            ("GET", _) if is_models => {
                let model = json!({ "id": MODEL, "object": "model", "created": 1_700_000_000, "owned_by": "reference" });
                let list = json!({ "object": "list", "data": [model] });
                Head::new(200, "application/json").whole(list.to_string().as_bytes())
            }
            (method, path) => self.refused(&Refusal::no_path(method, path)),
        };
        Some(said)
    }

    /// Reads what is wanted, or why it is refused.
    fn wish(&self, request: &RawRequest) -> Result<Wish, Refusal> {
        if !self.admits(request) {
            return Err(Refusal::no_key());
        }
        if self.is("REQ-04") && request.header("x-task-id").is_some() {
            return Err(Refusal::wrong("Unknown header.", None));
        }
        if self.is("HTTP-08")
            && request.header("accept").is_some_and(|accept| !accept.contains("event-stream"))
        {
            return Err(Refusal::of_status(406, "Accept text/event-stream."));
        }
        if self.is("REQ-07")
            && let Some(id) = request.header("x-request-id")
        {
            let mut state = self.state();
            if state.seen.iter().any(|seen| seen == id) {
                return Err(Refusal::of_status(409, "This request was made before."));
            }
            // As many as a run of the checks can make.
            if state.seen.len() < 10_000 {
                state.seen.push(id.to_owned());
            }
        }
        let narrow = Narrow {
            members: self.is("REQ-01"),
            parts: self.is("REQ-02"),
            developer: self.is("REQ-03"),
            history: self.is("REQ-05"),
            tool_talk: self.is("TOL-06"),
        };
        let mut wish = Wish::read(&request.body, narrow).map_err(|refusal| {
            if self.is("ERR-07") && refusal.status == 404 {
                Refusal::of_status(500, "Model error.")
            } else {
                refusal
            }
        })?;
        match self.mutant {
            "REQ-06" => wish.stream = true,
            "END-05" => wish.most = None,
            "END-06" => wish.stop.clear(),
            _ => {}
        }
        Ok(wish)
    }

    /// A place for one more answer.
    fn place(&self) -> Result<Place<'_>, Refusal> {
        let before = self.active.fetch_add(1, Ordering::Relaxed);
        let place = Place(&self.active);
        if before < self.script.streams {
            return Ok(place);
        }
        if self.is("RAT-04") {
            self.state().mute = Some(self.clock.now() + Duration::from_secs(8));
        }
        Err(Refusal::busy())
    }

    /// How much later than it should the answer begins.
    async fn hindered(
        &self,
        request: &RawRequest,
        wish: &mut Wish,
        peer: &mut Peer,
    ) -> Result<Duration, Gone> {
        // What a mutant must have seen before it errs. The first token leaves later than that.
        if matches!(self.mutant, "CAN-01" | "CAN-02" | "CAN-05" | "CON-01") {
            if self.is("CON-01") {
                self.state().prompt.clone_from(&wish.prompt);
            }
            peer.wait_until(request.arrived + Duration::from_millis(50)).await?;
        }
        if self.is("CAN-05") && peer.has_ended() {
            peer.wait_until(request.arrived + Duration::from_secs(90)).await?;
            return Err(Gone);
        }
        let now = self.clock.now();
        let mut state = self.state();
        if self.is("CON-01") {
            wish.prompt.clone_from(&state.prompt);
        }
        if self.is("CON-03") {
            return Ok(now.since(request.arrived));
        }
        let others = match self.mutant {
            "CON-02" => self.active.load(Ordering::Relaxed).saturating_sub(1) * 60,
            "CAN-03" | "CAN-04" => {
                state.ghosts.retain(|until| *until > now);
                state.ghosts.len() * 40
            }
            _ => 0,
        };
        let mute = state
            .mute
            .filter(|until| *until > now)
            .map_or(Duration::ZERO, |until| until.since(request.arrived));
        Ok(mute + Duration::from_millis(others as u64))
    }

    /// The client has gone before its answer was whole.
    fn left(&self, peer: &Peer, at: Moment, is_begun: bool) {
        let now = self.clock.now();
        let mut state = self.state();
        match self.mutant {
            // A reset is not an end.
            "CAN-01" if peer.has_ended() => state.mute = Some(now + Duration::from_secs(4)),
            "CAN-02" if !peer.has_ended() => state.mute = Some(now + Duration::from_secs(4)),
            "CAN-03" if is_begun && state.ghosts.len() < 1_000 => {
                state.ghosts.push(at + Duration::from_secs(2));
            }
            "CAN-04" if !is_begun && state.ghosts.len() < 1_000 => {
                state.ghosts.push(now + Duration::from_secs(2));
            }
            _ => {}
        }
    }

    fn head_of_stream(&self, request: &RawRequest) -> Head {
        let mut head = Head::new(200, "text/event-stream; charset=utf-8");
        head.set("Transfer-Encoding", "chunked");
        head.set("Cache-Control", "no-cache");
        head.set("X-Accel-Buffering", "no");
        if let Some(id) = request.header("x-request-id") {
            head.set("X-Request-Id", id);
        }
        match self.mutant {
            "HTTP-01" => head.status = 201,
            "HTTP-02" => head.set("Content-Type", "text/plain"),
            "HTTP-03"
                if request.header("accept-encoding").is_some_and(|codings| codings.contains("gzip")) =>
            {
                head.set("Content-Encoding", "gzip");
            }
            "HTTP-04" => head.set("Content-Length", "100000"),
            "HTTP-05" => head.set("Cache-Control", "max-age=60"),
            _ => {}
        }
        head
    }

    /// Plays a stream, and tells how the connection goes on.
    async fn stream(&self, request: &RawRequest, mut wish: Wish, peer: &mut Peer) -> Result<(), Gone> {
        let late = self.hindered(request, &mut wish, peer).await?;
        let (frames, framing, lag) = self.plan(&wish);
        let began = request.arrived + late;
        let mut is_begun = false;
        let mut played = self.play(request, peer, began, &frames, framing, &mut is_begun).await;
        if played.is_ok() && !lag.is_zero() {
            played = peer.wait_until(self.clock.now() + lag).await;
        }
        if played.is_ok() {
            let end: &[u8] = if self.is("KAL-01") { b"0\r\n\r\n0\r\n\r\n" } else { b"0\r\n\r\n" };
            played = peer.write(end).await;
        }
        if played.is_err() {
            self.left(peer, self.clock.now(), is_begun);
        }
        played
    }

    /// The frames of the answer, how they become bytes, and how long the end of the body waits.
    fn plan(&self, wish: &Wish) -> (Vec<Frame>, Framing, Duration) {
        let number = self.answers.fetch_add(1, Ordering::Relaxed) + 1;
        let id = Identity { id: format!("chatcmpl-{number}"), created: self.clock.unix_millis() / 1_000 };
        let mut framing = Framing::default();
        let mut planned = frames(wish, &self.script, &id);
        wreck::frames(self.mutant, &mut planned, &mut framing, wish, &id);
        (planned, framing, if self.is("SSE-04") { Duration::from_secs(6) } else { Duration::ZERO })
    }

    async fn play(
        &self,
        request: &RawRequest,
        peer: &mut Peer,
        began: Moment,
        frames: &[Frame],
        framing: Framing,
        is_begun: &mut bool,
    ) -> Result<(), Gone> {
        for (place, frame) in frames.iter().enumerate() {
            peer.wait_until(began + frame.after).await?;
            if place == 0 {
                peer.write(&self.head_of_stream(request).bytes()).await?;
            }
            peer.write(&chunk(&framing.bytes(&frame.says))).await?;
            *is_begun |= frame.part == Part::Content;
        }
        Ok(())
    }

    /// The answer to a request without `stream`: it leaves when a stream's last token would have.
    async fn whole(&self, request: &RawRequest, mut wish: Wish, peer: &mut Peer) -> Result<(), Gone> {
        let late = self.hindered(request, &mut wish, peer).await?;
        let (tokens, reason) = answer(&wish);
        let count = u32::try_from(tokens.len()).unwrap_or(u32::MAX);
        let after = self.script.first_token + self.script.gap.saturating_mul(count);
        peer.wait_until(request.arrived + late + after).await?;
        let number = self.answers.fetch_add(1, Ordering::Relaxed) + 1;
        let message = json!({ "role": "assistant", "content": tokens.concat() });
        let body = json!({
            "id": format!("chatcmpl-{number}"), "object": "chat.completion",
            "created": self.clock.unix_millis() / 1_000, "model": MODEL,
            "choices": [{ "index": 0, "message": message, "finish_reason": reason }],
            "usage": usage(&wish, tokens.len()),
        });
        peer.write(&Head::new(200, "application/json").whole(body.to_string().as_bytes())).await
    }

    /// How a connection goes on after a refusal.
    async fn refuse(&self, refusal: &Refusal, request: &RawRequest, peer: &mut Peer) -> Result<Next, Gone> {
        if refusal.status == 429 && self.is("RAT-01") {
            return Ok(Next::Drop);
        }
        if refusal.status == 429 && self.is("RAT-03") {
            peer.wait_until(request.arrived + Duration::from_secs(3)).await?;
        }
        peer.write(&self.refused(refusal)).await?;
        Ok(if self.is("ERR-06") { Next::Drop } else { self.next(request) })
    }

    fn next(&self, request: &RawRequest) -> Next {
        if request.closes && !self.is("KAL-03") { Next::Close } else { Next::Keep }
    }
}

impl RawVendor for Model {
    fn rules(&self) -> Rules {
        let rules = Rules::default();
        match self.mutant {
            "HTTP-09" => Rules { reads_on: false, ..rules },
            "KAL-02" => Rules { idle: Duration::from_secs(5), ..rules },
            _ => rules,
        }
    }

    async fn answer(&self, request: &RawRequest, peer: &mut Peer) -> Result<Next, Gone> {
        if let Some(said) = self.lookup(request) {
            peer.write(&said).await?;
            return Ok(self.next(request));
        }
        let wish = match self.wish(request) {
            Ok(wish) => wish,
            Err(refusal) => return self.refuse(&refusal, request, peer).await,
        };
        let _place = match self.place() {
            Ok(place) => place,
            Err(refusal) => return self.refuse(&refusal, request, peer).await,
        };
        let _turn = if self.is("CON-03") { self.one.acquire().await.ok() } else { None };
        if wish.stream {
            self.stream(request, wish, peer).await?;
        } else {
            self.whole(request, wish, peer).await?;
        }
        Ok(self.next(request))
    }

    fn unreadable(&self, refusal: &Unreadable) -> Vec<u8> {
        self.refused(&Refusal::of_status(refusal.status, &refusal.message))
    }
}

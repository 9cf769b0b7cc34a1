//! What is answered to whom: the pages about the server itself, refusals, and what leads to speech.

use std::time::Duration;

use bargein_net::Clock;
use bargein_wire::custom_tts::ERROR_TYPE;
use serde_json::{Value, json};

use super::ReferenceScript;
use super::broken::Broken;
use super::content::Mishap;
use super::head::Head;
use super::refusal;
use super::state::State;
use super::wish::Wish;
use crate::raw::{Gone, Next, Peer, RawRequest, RawVendor, Refusal, Rules};

/// What the process is said to need for itself, and for each connection: figures of a model, so that they are the same
/// on every machine.
const RESIDENT: (u64, u64) = (48 * 1024 * 1024, 96 * 1024);
/// What a queue without a bound holds of a long text.
const QUEUED: u64 = 64 * 1024 * 1024;
/// How many descriptors are open without any connection.
const DESCRIPTORS: usize = 9;

pub(super) struct Service {
    pub(super) script: ReferenceScript,
    pub(super) broken: Broken,
    pub(super) clock: Clock,
    is_version_six: bool,
    pub(super) state: State,
}

impl RawVendor for Service {
    fn rules(&self) -> Rules {
        let mut rules = self.broken.rules();
        match self.broken.id() {
            Some("KAL-02") => rules.idle = Duration::from_secs(5),
            Some("SLO-02") => rules.write_stall = Duration::from_secs(2),
            Some("SLO-03") => rules.write_stall = Duration::from_secs(3_600),
            Some("OPS-04") => rules.body_limit *= 64,
            _ => {}
        }
        rules
    }

    async fn answer(&self, request: &RawRequest, peer: &mut Peer) -> Result<Next, Gone> {
        if self.broken.is("KAL-05") {
            // What came with the first request is taken for noise.
            peer.take(usize::MAX);
        }
        if self.broken.is("OPS-06") && self.is_version_six {
            return Ok(Next::Drop);
        }
        match self.mishap(request) {
            None => {}
            Some(Mishap::Silence) => return self.hang(peer).await,
            Some(Mishap::Crash) => return Ok(Next::Drop),
            Some(Mishap::ErrorPage) => {
                let head = self.head(500, request).with("Content-Type", "text/html");
                return self.whole(request, peer, head, b"<h1>Internal Server Error</h1>").await;
            }
        }
        match self.door(request) {
            Door::Page(page) => {
                let head = self.head(200, request).with("Content-Type", page.content_type);
                self.whole(request, peer, head, &page.body).await
            }
            Door::Refused(refusal) => {
                peer.spoiled = true;
                self.think(&refusal, request, peer).await?;
                self.refuse(request, peer, &refusal).await
            }
            Door::Speak(_) if self.broken.is("KAL-04") && peer.spoiled => {
                let refusal = Refusal::new(500, "the last request was wrong".to_owned());
                self.refuse(request, peer, &refusal).await
            }
            Door::Speak(wish) => self.take(request, &wish, peer).await,
        }
    }

    fn unreadable(&self, refusal: &Refusal) -> Vec<u8> {
        if let Some(bytes) = self.broken.unreadable(refusal) {
            return bytes;
        }
        let mut bytes = self.error_head(refusal, true).bytes();
        bytes.extend(refusal::body(refusal));
        bytes
    }

    fn farewell(&self) -> &'static [u8] {
        if self.broken.is("KAL-03") { b"HTTP/1.1 408 Request Timeout\r\nContent-Le" } else { b"" }
    }

    fn connected(&self) -> Box<dyn Send + Sync> {
        Box::new(self.state.connected())
    }
}

/// Where a request leads.
enum Door {
    /// To one of the server's pages about itself.
    Page(Page),
    Refused(Refusal),
    Speak(Box<Wish>),
}

struct Page {
    content_type: &'static str,
    body: Vec<u8>,
}

impl Service {
    pub(super) fn new(script: ReferenceScript, broken: Broken, clock: Clock, authority: &str) -> Self {
        let is_version_six = authority.starts_with('[');
        Self { script, broken, clock, is_version_six, state: State::default() }
    }

    fn door(&self, request: &RawRequest) -> Door {
        let not_found = |path: &str| Door::Refused(Refusal::new(404, format!("expected the path {path}")));
        let is_page = matches!(request.path.as_str(), "/health" | "/stats" | "/metrics");
        if !self.broken.is_path(&request.path, &self.script.path) && !is_page {
            return not_found(&self.script.path);
        }
        let method = if is_page { "GET" } else { "POST" };
        if self.broken.serves(&request.method) && !is_page {
            return Door::Page(json_page(&json!({ "status": "ok" })));
        }
        if request.method != method {
            return Door::Refused(Refusal::new(405, format!("expected {method}, got {}", request.method)));
        }
        match request.path.as_str() {
            "/health" if self.broken.is("OPS-02") => not_found(&self.script.path),
            "/health" => Door::Page(json_page(&json!({ "status": "ok" }))),
            "/stats" => Door::Page(json_page(&self.stats())),
            "/metrics" => Door::Page(self.metrics()),
            _ => self.wish(request).map_or_else(Door::Refused, |wish| Door::Speak(Box::new(wish))),
        }
    }

    /// What is to be spoken, when the client may ask for it.
    fn wish(&self, request: &RawRequest) -> Result<Wish, Refusal> {
        self.let_in(request)?;
        self.accepts(request)?;
        Wish::read(&self.broken.body(request)?, self.broken, |text| self.text(request, text))
    }

    /// Whether the key is the right one. The time it takes does not depend on how much of it is.
    fn let_in(&self, request: &RawRequest) -> Result<(), Refusal> {
        let given = request.header("authorization").and_then(bearer).unwrap_or_default();
        let wanted = self.script.key.expose();
        let refused = || Refusal::new(401, "expected the right key after `Bearer`".to_owned());
        if let Some(opens) = self.broken.opens(request, wanted) {
            return if opens { Ok(()) } else { Err(refused()) };
        }
        let differences = given.bytes().zip(wanted.bytes()).fold(0, |sum, (a, b)| sum | (a ^ b));
        if given.len() == wanted.len() && differences == 0 {
            return Ok(());
        }
        Err(refused())
    }

    /// Whether a request is taken that an unbroken server takes always.
    fn accepts(&self, request: &RawRequest) -> Result<(), Refusal> {
        let refused = |status, why: &str| Err(Refusal::new(status, why.to_owned()));
        match self.broken.id() {
            Some("CON-07") if self.state.connections() > 50 => refused(503, "expected fewer connections"),
            Some("RTY-01")
                if request.retry_key().is_some_and(|key| self.state.wrong().answered.contains(&key)) =>
            {
                refused(409, "expected a request that was not answered before")
            }
            Some("RTY-06") if request.id().is_some_and(|id| id.len() > 64) => {
                refused(400, "expected a short id")
            }
            Some("RTY-07") if request.header("x-request-id").is_none() && request.id().is_some() => {
                refused(400, "expected X-Request-Id")
            }
            _ => Ok(()),
        }
    }

    /// Speaks, unless as many are being spoken already as may be.
    async fn take(&self, request: &RawRequest, wish: &Wish, peer: &mut Peer) -> Result<Next, Gone> {
        if self.broken.is("CON-03") && self.state.active() >= 5 {
            return Ok(Next::Drop);
        }
        if self.state.active() >= self.script.streams {
            let why = format!("expected at most {} texts at once", self.script.streams);
            peer.wait_until(self.clock.now() + self.broken.puts_off(429)).await?;
            return self.refuse(request, peer, &Refusal::new(429, why)).await;
        }
        let speaking = self.state.speaking();
        let spoken = self.speak(request, wish, peer).await;
        drop(speaking);
        spoken
    }

    /// How long a refusal takes that an unbroken server gives at once.
    async fn think(&self, refusal: &Refusal, request: &RawRequest, peer: &mut Peer) -> Result<(), Gone> {
        let time = match self.broken.id() {
            Some("TXT-13") if refusal.status == 413 => Duration::from_secs(3),
            Some("OPS-04") if request.body.len() > 1024 * 1024 => Duration::from_secs(5),
            _ if refusal.status == 401 => self.broken.doubts(request, self.script.key.expose()),
            _ => return Ok(()),
        };
        peer.wait_until(self.clock.now() + time).await
    }

    fn stats(&self) -> Value {
        let now = self.clock.now();
        let mut wrong = self.state.wrong();
        wrong.counted.retain(|until| *until > now);
        // In a server that takes a retry for the request it repeats, both count once.
        let served = if self.broken.is("RTY-08") { self.state.served() / 2 } else { self.state.served() };
        json!({ "active": self.state.active() + wrong.counted.len(), "served": served })
    }

    /// Plain figures of the server itself, in the text format that monitors read.
    fn metrics(&self) -> Page {
        let wrong = self.state.wrong();
        let connections = self.state.connections() + wrong.unclosed;
        let queued = if self.broken.is("SLO-05") { wrong.long as u64 * QUEUED } else { 0 };
        let memory = RESIDENT.0 + connections as u64 * RESIDENT.1 + wrong.leaked + queued;
        let text = format!(
            "# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes {memory}\n\
             # TYPE process_open_fds gauge\nprocess_open_fds {}\n\
             # TYPE tts_active gauge\ntts_active {}\n",
            DESCRIPTORS + connections,
            self.state.active(),
        );
        Page { content_type: "text/plain; version=0.0.4", body: text.into_bytes() }
    }

    async fn refuse(&self, request: &RawRequest, peer: &mut Peer, refusal: &Refusal) -> Result<Next, Gone> {
        let head = self.echoing(self.error_head(refusal, false), request);
        let (head, body) = self.broken.refusal(request, refusal, head);
        let next = self.whole(request, peer, head, &body).await?;
        Ok(if self.broken.is("ERR-05") && refusal.status == 400 { Next::Close } else { next })
    }

    /// An answer in one piece.
    async fn whole(
        &self,
        request: &RawRequest,
        peer: &mut Peer,
        mut head: Head,
        body: &[u8],
    ) -> Result<Next, Gone> {
        head.set("Content-Length", body.len().to_string());
        let mut bytes = head.bytes();
        bytes.extend_from_slice(body);
        peer.write(&bytes).await?;
        Ok(self.next(request))
    }

    /// What becomes of the connection after an answer.
    pub(super) fn next(&self, request: &RawRequest) -> Next {
        if request.closes && !self.broken.is("KAL-06") { Next::Close } else { Next::Keep }
    }

    fn error_head(&self, refusal: &Refusal, closes: bool) -> Head {
        let mut head = Head::new(refusal.status)
            .with("Date", self.date())
            .with("Content-Type", ERROR_TYPE)
            .with("Content-Length", refusal::body(refusal).len().to_string());
        match refusal.status {
            405 => head.set("Allow", "POST"),
            429 => head.set("Retry-After", "1"),
            _ => {}
        }
        if closes {
            head.set("Connection", "close");
        }
        head
    }

    /// What every answer to a request begins with.
    pub(super) fn head(&self, status: u16, request: &RawRequest) -> Head {
        self.echoing(Head::new(status).with("Date", self.date()), request)
    }

    fn echoing(&self, mut head: Head, request: &RawRequest) -> Head {
        if let Some(id) = request.id() {
            head.set("X-Request-Id", id);
        }
        if request.closes && !self.broken.is("KAL-06") {
            head.set("Connection", "close");
        }
        head
    }

    fn date(&self) -> String {
        let off = if self.broken.is("OPS-05") { 3_600_000 } else { 0 };
        let millis = i64::try_from(self.clock.unix_millis() + off).unwrap_or_default();
        jiff::Timestamp::from_millisecond(millis)
            .map_or_else(|_| String::new(), |now| now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
    }
}

/// The key in a header: the scheme in any letter case, then spaces.
fn bearer(value: &str) -> Option<&str> {
    let (scheme, key) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim_start_matches(' '))
}

fn json_page(body: &Value) -> Page {
    Page { content_type: "application/json", body: body.to_string().into_bytes() }
}

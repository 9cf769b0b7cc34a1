//! What is answered to whom, byte by byte.

use bargein_net::Clock;
use bargein_wire::custom_tts::{ERROR_TYPE, Format};
use serde_json::{Value, json};

use super::ReferenceScript;
use super::broken::Broken;
use super::head::Head;
use super::refusal;
use super::state::State;
use super::wish::Wish;
use crate::raw::{Gone, Next, Peer, RawRequest, RawVendor, Refusal, Rules};

/// What the process is said to need for itself, and for each connection: figures of a model, so that they are the same
/// on every machine.
const RESIDENT: (usize, usize) = (48 * 1024 * 1024, 96 * 1024);
/// How many descriptors are open without any connection.
const DESCRIPTORS: usize = 9;

pub(super) struct Service {
    pub(super) script: ReferenceScript,
    pub(super) broken: Broken,
    pub(super) clock: Clock,
    pub(super) state: State,
}

impl RawVendor for Service {
    fn rules(&self) -> Rules {
        Rules::default()
    }

    async fn answer(&self, request: &RawRequest, peer: &mut Peer) -> Result<Next, Gone> {
        let wish = match self.door(request) {
            Door::Page(page) => return self.page(request, peer, &page).await,
            Door::Refused(refusal) => return self.refuse(request, peer, &refusal).await,
            Door::Speak(wish) => wish,
        };
        if self.state.active() >= self.script.streams {
            let refusal =
                Refusal::new(429, format!("expected at most {} texts at once", self.script.streams));
            return self.refuse(request, peer, &refusal).await;
        }
        let speaking = self.state.speaking();
        let spoken = self.speak(request, &wish, peer).await;
        drop(speaking);
        spoken
    }

    fn unreadable(&self, refusal: &Refusal) -> Vec<u8> {
        let mut bytes = self.error_head(refusal, true).bytes();
        bytes.extend(refusal::body(refusal));
        bytes
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
    pub(super) fn new(script: ReferenceScript, broken: Broken, clock: Clock) -> Self {
        Self { script, broken, clock, state: State::default() }
    }

    fn door(&self, request: &RawRequest) -> Door {
        let is_page = matches!(request.path.as_str(), "/health" | "/stats" | "/metrics");
        if request.path != self.script.path && !is_page {
            return Door::Refused(Refusal::new(404, format!("expected the path {}", self.script.path)));
        }
        let method = if is_page { "GET" } else { "POST" };
        if request.method != method {
            return Door::Refused(Refusal::new(405, format!("expected {method}, got {}", request.method)));
        }
        match request.path.as_str() {
            "/health" => Door::Page(json_page(&json!({ "status": "ok" }))),
            "/stats" => Door::Page(json_page(&json!({ "active": self.state.active() }))),
            "/metrics" => Door::Page(self.metrics()),
            _ => self
                .let_in(request)
                .and_then(|()| Wish::read(&request.body))
                .map_or_else(Door::Refused, |wish| Door::Speak(Box::new(wish))),
        }
    }

    /// Whether the key is the right one. The time it takes does not depend on how much of it is.
    fn let_in(&self, request: &RawRequest) -> Result<(), Refusal> {
        let given = request.header("authorization").and_then(bearer).unwrap_or_default();
        let wanted = self.script.key.expose();
        let differences = given.bytes().zip(wanted.bytes()).fold(0, |sum, (a, b)| sum | (a ^ b));
        if given.len() == wanted.len() && differences == 0 {
            return Ok(());
        }
        Err(Refusal::new(401, "expected the right key after `Bearer`".to_owned()))
    }

    /// Plain figures of the server itself, in the text format that monitors read.
    fn metrics(&self) -> Page {
        let connections = self.state.connections();
        let memory = RESIDENT.0 + connections * RESIDENT.1;
        let text = format!(
            "# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes {memory}\n\
             # TYPE process_open_fds gauge\nprocess_open_fds {}\n\
             # TYPE tts_active gauge\ntts_active {}\n",
            DESCRIPTORS + connections,
            self.state.active(),
        );
        Page { content_type: "text/plain; version=0.0.4", body: text.into_bytes() }
    }

    async fn page(&self, request: &RawRequest, peer: &mut Peer, page: &Page) -> Result<Next, Gone> {
        let head = self.head(200, request).with("Content-Type", page.content_type);
        self.whole(request, peer, head, &page.body).await
    }

    async fn refuse(&self, request: &RawRequest, peer: &mut Peer, refusal: &Refusal) -> Result<Next, Gone> {
        let head = self.error_head(refusal, false);
        self.whole(request, peer, self.echoing(head, request), &refusal::body(refusal)).await
    }

    /// An answer in one piece.
    async fn whole(
        &self,
        request: &RawRequest,
        peer: &mut Peer,
        head: Head,
        body: &[u8],
    ) -> Result<Next, Gone> {
        let mut head = head;
        head.set("Content-Length", body.len().to_string());
        let mut bytes = head.bytes();
        bytes.extend_from_slice(body);
        peer.write(&bytes).await?;
        Ok(if request.closes { Next::Close } else { Next::Keep })
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
    fn head(&self, status: u16, request: &RawRequest) -> Head {
        self.echoing(Head::new(status).with("Date", self.date()), request)
    }

    fn echoing(&self, mut head: Head, request: &RawRequest) -> Head {
        if let Some(id) = request.header("x-request-id").or_else(|| request.header("x-rquest-id")) {
            head.set("X-Request-Id", id);
        }
        if request.closes {
            head.set("Connection", "close");
        }
        head
    }

    fn date(&self) -> String {
        let millis = i64::try_from(self.clock.unix_millis()).unwrap_or_default();
        jiff::Timestamp::from_millisecond(millis)
            .map_or_else(|_| String::new(), |now| now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
    }

    /// Speaks: the head with the first audio, then piece after piece, each at its time.
    async fn speak(&self, request: &RawRequest, wish: &Wish, peer: &mut Peer) -> Result<Next, Gone> {
        let head = self
            .head(200, request)
            .with("Content-Type", wish.format.content_type())
            .with("Transfer-Encoding", "chunked")
            .with("Cache-Control", "no-store")
            .with("X-Accel-Buffering", "no");
        let mut bytes = head.bytes();
        let total = wish.speech.len();
        let step = wish.samples_in(self.script.piece).max(1);
        let mut due = request.arrived + self.script.first_audio;
        let mut at = 0;
        while at < total {
            peer.wait_until(due).await?;
            let mut audio = if at == 0 && wish.format == Format::Wav { wish.header() } else { Vec::new() };
            audio.extend(wish.audio(at, at + step));
            bytes.extend(chunk(&audio));
            peer.write(&bytes).await?;
            bytes.clear();
            at += step;
            due = due + self.script.gap;
        }
        if !self.broken.is("CHK-02") {
            bytes.extend_from_slice(b"0\r\n\r\n");
        }
        peer.write(&bytes).await?;
        Ok(if request.closes || self.broken.is("CHK-02") { Next::Close } else { Next::Keep })
    }
}

fn chunk(content: &[u8]) -> Vec<u8> {
    let mut bytes = format!("{:x}\r\n", content.len()).into_bytes();
    bytes.extend_from_slice(content);
    bytes.extend_from_slice(b"\r\n");
    bytes
}

/// The key in a header: the scheme in any letter case, then spaces.
fn bearer(value: &str) -> Option<&str> {
    let (scheme, key) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim_start_matches(' '))
}

fn json_page(body: &Value) -> Page {
    Page { content_type: "application/json", body: body.to_string().into_bytes() }
}

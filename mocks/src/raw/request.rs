//! Requests as they come over the wire: the head, then the body by length or by chunks.
//!
//! Strict where leniency would be dangerous (two lengths, a length beside chunks), lenient in letter case. What cannot
//! be read is refused and the connection given up, for nobody knows where the next request begins.

use std::time::Duration;

use bargein_net::Moment;

use super::peer::{Gone, Peer};

/// How requests are read. The default is a careful server; everything else is a mistake made on purpose.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    /// How long an idle connection is kept for its next request.
    pub(crate) idle: Duration,
    /// How long the head may take from its first byte.
    pub(crate) head_time: Duration,
    /// The longest head, in bytes.
    pub(crate) head_limit: usize,
    /// How long a body may make no progress.
    pub(crate) body_stall: Duration,
    /// The longest body, in bytes.
    pub(crate) body_limit: usize,
    /// How long a write may make no progress: a reader that stopped loses its own stream and nobody else's.
    pub(crate) write_stall: Duration,
    /// Whether a client that asks before it sends its body is told to go on.
    pub(crate) says_continue: bool,
    /// Whether bodies may come in chunks. Otherwise their chunks are awaited as if they were the next request.
    pub(crate) takes_chunks: bool,
    /// Whether a body is read until it is whole. Otherwise what came with its head is all of it.
    pub(crate) reads_on: bool,
    /// Whether lengths that contradict each other are refused. Otherwise the first one counts.
    pub(crate) compares_lengths: bool,
    /// Whether a header's name means the same in any letter case.
    pub(crate) folds_case: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            idle: Duration::from_secs(20),
            head_time: Duration::from_secs(10),
            head_limit: 32 * 1024,
            body_stall: Duration::from_secs(4),
            body_limit: 1024 * 1024,
            write_stall: Duration::from_secs(30),
            says_continue: true,
            takes_chunks: true,
            reads_on: true,
            compares_lengths: true,
            folds_case: true,
        }
    }
}

/// A request that is not served, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Refusal {
    /// The HTTP status.
    pub(crate) status: u16,
    /// For people.
    pub(crate) message: String,
}

impl Refusal {
    pub(crate) const fn new(status: u16, message: String) -> Self {
        Self { status, message }
    }
}

/// A request, whole.
#[derive(Clone, Debug)]
pub(crate) struct RawRequest {
    pub(crate) method: String,
    /// The path without its query.
    pub(crate) path: String,
    /// As sent, in their order; names in the client's letter case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Whether the client will close after the answer, or speaks a protocol without keep-alive.
    pub(crate) closes: bool,
    /// When it was whole.
    pub(crate) arrived: Moment,
    /// Which request of its connection it is, from 1.
    pub(crate) number: u64,
}

impl RawRequest {
    /// The first value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        value(&self.headers, name)
    }

    /// What the client calls it, under either spelling of the platform's documents.
    pub(crate) fn id(&self) -> Option<&str> {
        self.header("x-request-id").or_else(|| self.header("x-rquest-id"))
    }

    /// What a retry has in common with the request it repeats.
    pub(crate) fn retry_key(&self) -> Option<String> {
        self.id().map(|id| format!("{id} {}", String::from_utf8_lossy(&self.body)))
    }
}

fn value<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

fn values<'a>(headers: &'a [(String, String)], name: &str) -> Vec<&'a str> {
    let same = headers.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
    same.flat_map(|(_, value)| value.split(',')).map(str::trim).collect()
}

/// Why there is no request.
pub(crate) enum Unread {
    /// The client has gone.
    Over,
    /// It was silent for too long.
    Idle,
    /// It is told, and the connection closed.
    Refused(Refusal),
}

impl From<Gone> for Unread {
    fn from(Gone: Gone) -> Self {
        Self::Over
    }
}

impl From<Refusal> for Unread {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// What is known before the body has come.
struct Start {
    request: RawRequest,
    framing: Framing,
    expects: bool,
}

enum Framing {
    Length(usize),
    Chunks,
}

/// Reads the next request of a connection.
pub(crate) async fn read(peer: &mut Peer, rules: &Rules) -> Result<RawRequest, Unread> {
    let head = read_head(peer, rules).await?;
    let Start { mut request, framing, expects } = start(&head, rules)?;
    if let Framing::Length(length) = framing
        && length > rules.body_limit
    {
        return Err(
            Refusal::new(413, format!("expected at most {} bytes, got {length}", rules.body_limit)).into()
        );
    }
    if expects && rules.says_continue && peer.pending().is_empty() {
        peer.write(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
    }
    request.body = match framing {
        Framing::Length(length) if !rules.reads_on => peer.take(length),
        Framing::Length(length) => take(peer, length, rules).await?,
        Framing::Chunks => read_chunks(peer, rules).await?,
    };
    request.arrived = peer.clock().now();
    Ok(request)
}

async fn read_head(peer: &mut Peer, rules: &Rules) -> Result<Vec<u8>, Unread> {
    let mut deadline = peer.clock().now() + rules.idle;
    let mut has_begun = false;
    loop {
        // Empty lines before a request are nobody's (RFC 9112 2.2).
        while peer.pending().starts_with(b"\r\n") {
            peer.take(2);
        }
        if let Some(at) = find(peer.pending(), b"\r\n\r\n") {
            return Ok(peer.take(at + 4));
        }
        if peer.pending().len() > rules.head_limit {
            return Err(
                Refusal::new(431, format!("expected a head of at most {} bytes", rules.head_limit)).into()
            );
        }
        if !has_begun && !peer.pending().is_empty() {
            has_begun = true;
            deadline = peer.clock().now() + rules.head_time;
        }
        // A silent client is left without a word: it may be about to send, and an answer to nothing would be taken
        // for the answer to that.
        let left = deadline.since(peer.clock().now());
        if peer.fill_within(left).await.is_err() {
            return Err(if peer.has_ended() { Unread::Over } else { Unread::Idle });
        }
    }
}

async fn take(peer: &mut Peer, length: usize, rules: &Rules) -> Result<Vec<u8>, Unread> {
    while peer.pending().len() < length {
        more(peer, rules).await?;
    }
    Ok(peer.take(length))
}

async fn more(peer: &mut Peer, rules: &Rules) -> Result<(), Unread> {
    if peer.has_ended() {
        return Err(Refusal::new(400, "expected the rest of the body, got its end".to_owned()).into());
    }
    match peer.fill_within(rules.body_stall).await {
        Ok(()) => Ok(()),
        Err(Gone) if peer.has_ended() => {
            Err(Refusal::new(400, "expected the rest of the body, got its end".to_owned()).into())
        }
        Err(Gone) => {
            Err(Refusal::new(408, format!("expected the rest of the body within {:?}", rules.body_stall))
                .into())
        }
    }
}

async fn read_chunks(peer: &mut Peer, rules: &Rules) -> Result<Vec<u8>, Unread> {
    let mut body = Vec::new();
    loop {
        let size = line(peer, rules).await?;
        let digits = size.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(digits, 16)
            .map_err(|_| Refusal::new(400, format!("expected a chunk's size in hex, got {digits:?}")))?;
        if size == 0 {
            while !line(peer, rules).await?.is_empty() {}
            return Ok(body);
        }
        if body.len().saturating_add(size) > rules.body_limit {
            return Err(Refusal::new(413, format!("expected at most {} bytes", rules.body_limit)).into());
        }
        body.extend(take(peer, size, rules).await?);
        if !line(peer, rules).await?.is_empty() {
            return Err(Refusal::new(400, "expected CR LF after a chunk".to_owned()).into());
        }
    }
}

async fn line(peer: &mut Peer, rules: &Rules) -> Result<String, Unread> {
    loop {
        if let Some(at) = find(peer.pending(), b"\r\n") {
            let line = peer.take(at + 2);
            return Ok(String::from_utf8_lossy(line.get(..at).unwrap_or_default()).into_owned());
        }
        if peer.pending().len() > rules.head_limit {
            return Err(Refusal::new(400, "expected the end of a chunk's line".to_owned()).into());
        }
        more(peer, rules).await?;
    }
}

fn start(head: &[u8], rules: &Rules) -> Result<Start, Refusal> {
    let bad = |what: &str| Refusal::new(400, what.to_owned());
    let text = String::from_utf8_lossy(head);
    let mut lines = text.trim_end_matches("\r\n").split("\r\n");
    let mut words = lines.next().unwrap_or_default().split(' ');
    let (Some(method), Some(target), Some(version), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(bad("expected method, target and version"));
    };
    if !matches!(version, "HTTP/1.1" | "HTTP/1.0") {
        return Err(Refusal::new(505, "expected HTTP/1.1".to_owned()));
    }
    let mut headers = Vec::new();
    for line in lines {
        let (name, value) = line.split_once(':').ok_or_else(|| bad("expected `name: value`"))?;
        if name.is_empty() || name.contains(char::is_whitespace) {
            return Err(bad("expected a header's name without spaces"));
        }
        if rules.folds_case || name.starts_with(|c: char| c.is_ascii_uppercase()) {
            headers.push((name.to_owned(), value.trim().to_owned()));
        }
    }
    let framing = framing(&headers, rules)?;
    let options = values(&headers, "connection");
    let closes = version == "HTTP/1.0" || options.iter().any(|option| option.eq_ignore_ascii_case("close"));
    let expects = value(&headers, "expect").is_some_and(|value| value.eq_ignore_ascii_case("100-continue"));
    let path = target.split('?').next().unwrap_or_default().to_owned();
    let method = method.to_owned();
    let request =
        RawRequest { method, path, headers, body: Vec::new(), closes, arrived: Moment::ZERO, number: 0 };
    Ok(Start { request, framing, expects })
}

fn framing(headers: &[(String, String)], rules: &Rules) -> Result<Framing, Refusal> {
    let codings = values(headers, "transfer-encoding");
    let lengths = values(headers, "content-length");
    if !codings.is_empty() && rules.takes_chunks {
        if !lengths.is_empty() {
            return Err(Refusal::new(400, "expected a length or chunks, got both".to_owned()));
        }
        return match codings.as_slice() {
            [one] if one.eq_ignore_ascii_case("chunked") => Ok(Framing::Chunks),
            _ => Err(Refusal::new(501, "expected no coding but chunked".to_owned())),
        };
    }
    let Some(first) = lengths.first() else { return Ok(Framing::Length(0)) };
    if rules.compares_lengths && lengths.iter().any(|length| length != first) {
        return Err(Refusal::new(400, "expected one length, got two that differ".to_owned()));
    }
    first
        .parse()
        .map(Framing::Length)
        .map_err(|_| Refusal::new(400, format!("expected a length in bytes, got {first:?}")))
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

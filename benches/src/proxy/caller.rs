//! A caller that costs as little as can be: it looks for the first content and for the end, and for nothing else.

use std::io::{Error, ErrorKind, Result};
use std::time::Duration;

use bargein_net::{Clock, Io, World};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// The key that our proxy lets in.
pub(super) const KEY: &str = "sk-a-key-of-a-usual-length-0123456789";
/// The model that is asked for.
pub(super) const MODEL: &str = "bench";

/// Where speech is asked for.
pub(super) const SPEECH: &str = "/api/v1/tts/stream";

/// What is asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Asks {
    /// For a stream at once.
    Stream,
    /// For a stream, after a long conversation.
    LongStream,
    /// For a stream that is paced.
    Paced,
    /// For a whole answer.
    Whole,
    /// For speech.
    Speech,
}

/// What came of one request.
#[derive(Clone, Debug, Default)]
pub(super) struct Answered {
    /// Request to the first content; to the end, of a whole answer.
    pub(super) first: Duration,
    /// Of a paced stream: from the vendor's write to the caller's read of each event.
    pub(super) transits: Vec<Duration>,
}

/// A connection that is used again and again.
pub(super) struct Caller {
    io: Io,
    clock: Clock,
    request: Vec<u8>,
    asks: Asks,
    got: Vec<u8>,
}

impl Caller {
    pub(super) async fn connect(world: &World, authority: &str, asks: Asks) -> Result<Self> {
        let io = world.network.dial(authority).await?;
        let got = Vec::with_capacity(64 * 1024);
        Ok(Self { io, clock: world.clock.clone(), request: request(authority, asks), asks, got })
    }

    /// Asks once, and reads the answer to its end.
    pub(super) async fn ask(&mut self) -> Result<Answered> {
        self.got.clear();
        let began = self.clock.now();
        self.io.write_all(&self.request).await?;
        let mut answered = Answered::default();
        let (mut first, mut seen) = (None, 0);
        loop {
            if self.io.read_buf(&mut self.got).await? == 0 {
                return Err(Error::new(ErrorKind::UnexpectedEof, "expected an answer, got its end"));
            }
            let now = self.clock.now();
            if first.is_none() && find(&self.got, b"\"content\":\" word0\"").is_some() {
                first = Some(now.since(began));
            }
            if first.is_none() && self.asks == Asks::Speech && self.has_audio() {
                first = Some(now.since(began));
            }
            if self.asks == Asks::Paced {
                first.get_or_insert_with(|| now.since(began));
                while let Some(at) = find(&self.got[seen..], b"\"t=") {
                    let number = &self.got[seen + at + 3..];
                    let Some(end) = find(number, b";") else { break };
                    let nanos = std::str::from_utf8(&number[..end]).ok().and_then(|text| text.parse().ok());
                    let nanos = nanos.ok_or_else(|| Error::other("expected a time in the event"))?;
                    answered.transits.push(now.since(bargein_net::Moment::from_nanos(nanos)));
                    seen += at + 3 + end;
                }
            }
            if self.is_whole()? {
                answered.first = first.unwrap_or_else(|| now.since(began));
                return Ok(answered);
            }
        }
    }

    /// Whether there is more than the head and the first chunk's size.
    fn has_audio(&self) -> bool {
        let Some(head) = find(&self.got, b"\r\n\r\n") else { return false };
        let body = &self.got[head + 4..];
        find(body, b"\r\n").is_some_and(|size| body.len() > size + 2)
    }

    fn is_whole(&self) -> Result<bool> {
        if !self.got.starts_with(b"HTTP/1.1 200 ") {
            let shown = String::from_utf8_lossy(&self.got[..self.got.len().min(200)]).into_owned();
            return Err(Error::other(format!("expected the status 200, got: {shown}")));
        }
        if self.asks != Asks::Whole {
            return Ok(self.got.ends_with(b"\r\n0\r\n\r\n"));
        }
        let Some(head) = find(&self.got, b"\r\n\r\n") else { return Ok(false) };
        let text = String::from_utf8_lossy(&self.got[..head]).to_ascii_lowercase();
        let length = text.split("content-length:").nth(1).and_then(|rest| rest.split("\r\n").next());
        let length = length.and_then(|length| length.trim().parse::<usize>().ok());
        let length = length.ok_or_else(|| Error::other("expected a Content-Length, got none"))?;
        Ok(self.got.len() >= head + 4 + length)
    }
}

fn request(authority: &str, asks: Asks) -> Vec<u8> {
    if asks == Asks::Speech {
        // Without an id: a retry would be answered from memory.
        let body = r#"{"Text":"Hello there, how are you?","Format":"pcm","SampleRate":16000,"Channel":1}"#;
        return format!(
            "POST {SPEECH} HTTP/1.1\r\nhost: {authority}\r\nauthorization: Bearer {KEY}\r\n\
             content-type: application/json;charset=UTF-8\r\nx-task-id: task-1\r\nx-user-id: user-1\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes();
    }
    let history = match asks {
        Asks::LongStream => r#"{"role":"user","content":"And then, what happened after that, please?"},{"role":"assistant","content":"Well, as I said before, it went on and on."},"#.repeat(700),
        Asks::Stream | Asks::Paced | Asks::Whole | Asks::Speech => String::new(),
    };
    let body = format!(
        "{{\"model\":\"{MODEL}\",\"messages\":[{history}{{\"role\":\"user\",\"content\":\"Hello there\"}}],\"stream\":{},\
         \"temperature\":0.7}}",
        asks != Asks::Whole
    );
    let pace = if asks == Asks::Paced { "x-pace: 1\r\n" } else { "" };
    format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: {authority}\r\nauthorization: Bearer {KEY}\r\n\
         content-type: application/json\r\naccept: application/json\r\nuser-agent: OpenAI/Python 3.52.0\r\n\
         x-request-id: 0af76519-16cd-43dd-8448-eb211c80319c\r\nx-task-id: task-1\r\n{pace}content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn find(bytes: &[u8], word: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, word)
}

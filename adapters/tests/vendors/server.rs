//! A server that answers each request with a script of bytes and waits, and tells what it saw.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bargein_net::{Clock, Io, Moment, World};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;

/// What a server does with a request.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Send(Vec<u8>),
    Wait(Duration),
    /// Closes the connection.
    Close,
    /// Sends nothing more, and tells when the client has closed.
    Hold,
}

/// What a server saw.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Saw {
    Connection,
    Request(Request),
    ClosedByClient(Moment),
}

/// A request as it came.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Request {
    pub(crate) line: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }
}

/// Answers the requests to `authority` with these scripts, one after the other.
pub(crate) async fn serve(
    world: &World,
    authority: &str,
    scripts: impl IntoIterator<Item = Vec<Step>>,
) -> mpsc::Receiver<Saw> {
    let mut listener = world.network.listen(authority).await.expect("a free authority");
    let scripts: Arc<Mutex<VecDeque<Vec<Step>>>> = Arc::new(Mutex::new(scripts.into_iter().collect()));
    // More than any test's server sees.
    let (tell, saw) = mpsc::channel(64);
    let (clock, tasks) = (world.clock.clone(), world.tasks.clone());
    let accepting = async move {
        loop {
            let accepted = tokio::select! {
                biased;
                () = tasks.stopping() => return,
                accepted = listener.accept() => accepted,
            };
            let Ok(io) = accepted else { return };
            let _ = tell.send(Saw::Connection).await;
            let connection = connection(io, clock.clone(), Arc::clone(&scripts), tell.clone());
            let stopping = tasks.stopping();
            let connection = async move {
                tokio::select! {
                    biased;
                    () = stopping => {}
                    _ = connection => {}
                }
            };
            tasks.spawn("script connection", connection).detach();
        }
    };
    world.tasks.spawn("script server", accepting).detach();
    saw
}

async fn connection(
    mut io: Io,
    clock: Clock,
    scripts: Arc<Mutex<VecDeque<Vec<Step>>>>,
    tell: mpsc::Sender<Saw>,
) -> std::io::Result<()> {
    loop {
        let Some(request) = read_request(&mut io).await? else { return Ok(()) };
        let _ = tell.send(Saw::Request(request)).await;
        let script = scripts.lock().expect("no panic").pop_front().expect("a script for each request");
        for step in script {
            match step {
                Step::Send(bytes) => {
                    io.write_all(&bytes).await?;
                    io.flush().await?;
                }
                Step::Wait(duration) => clock.sleep(duration).await,
                Step::Close => return Ok(()),
                Step::Hold => {
                    let mut rest = Vec::new();
                    let _ = io.read_to_end(&mut rest).await;
                    let _ = tell.send(Saw::ClosedByClient(clock.now())).await;
                    return Ok(());
                }
            }
        }
    }
}

async fn read_request(io: &mut Io) -> std::io::Result<Option<Request>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match io.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) if head.is_empty() => return Ok(None),
            Err(error) => return Err(error),
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let mut lines = head.trim_end().lines();
    let line = lines.next().unwrap_or_default().to_owned();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let mut request = Request { line, headers, body: String::new() };
    let length = request.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    io.read_exact(&mut body).await?;
    request.body = String::from_utf8(body).expect("a body that is text");
    Ok(Some(request))
}

/// Text to send.
pub(crate) fn send(text: impl Into<Vec<u8>>) -> Step {
    Step::Send(text.into())
}

/// The head of a chunked answer.
pub(crate) fn head(status: &str, content_type: &str) -> Step {
    send(format!("HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nTransfer-Encoding: chunked\r\n\r\n"))
}

/// One chunk of a chunked answer.
pub(crate) fn chunk(bytes: impl AsRef<[u8]>) -> Step {
    let bytes = bytes.as_ref();
    Step::Send([format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat())
}

/// The end of a chunked answer.
pub(crate) fn end() -> Step {
    send("0\r\n\r\n")
}

/// A whole answer with a length.
pub(crate) fn whole(status: &str, headers: &str, body: &str) -> Step {
    send(format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len()))
}

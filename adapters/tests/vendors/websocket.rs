//! A WebSocket server that plays a script to each connection, frame by frame, and tells what it heard.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use bargein_net::{Clock, Io, Moment, World};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::{mpsc, watch};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// What a server does with a connection.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Sends bytes as they are.
    Send(Vec<u8>),
    Wait(Duration),
    /// Waits for a text.
    Hear(&'static str),
    /// Reads nothing more.
    Deafen,
    /// Closes the connection without a word.
    Drop,
}

/// What a server heard.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Heard {
    /// The target of the request.
    Opened(String),
    Audio(Vec<u8>),
    Text(String),
    Pong(Vec<u8>),
    /// The client closed the connection without a word.
    Gone,
    /// A frame of another kind.
    Other(u8),
}

/// Plays these scripts to the connections to `authority`, one after the other. A script that has ended listens on.
pub(crate) async fn serve(
    world: &World,
    authority: &str,
    scripts: impl IntoIterator<Item = Vec<Step>>,
) -> (String, mpsc::Receiver<(Moment, Heard)>) {
    let mut listener = world.network.listen(authority).await.expect("a free authority");
    let authority = listener.authority().to_owned();
    let mut scripts: VecDeque<Vec<Step>> = scripts.into_iter().collect();
    // More than any test's server hears.
    let (tell, heard) = mpsc::channel(1024);
    let World { clock, tasks, .. } = world.clone();
    let accepting = async move {
        let owner = tasks.clone();
        let accepting = async {
            while let Ok(io) = listener.accept().await {
                let script = scripts.pop_front().expect("a script for each connection");
                let connection = connection(io, clock.clone(), script, tell.clone());
                let stopping = owner.stopping();
                let connection = async move {
                    tokio::select! {
                        biased;
                        () = stopping => {}
                        ended = connection => drop(ended),
                    }
                };
                owner.spawn("script connection", connection).detach();
            }
        };
        tokio::select! {
            biased;
            () = tasks.stopping() => {}
            () = accepting => {}
        }
    };
    world.tasks.spawn("script server", accepting).detach();
    (authority, heard)
}

async fn connection(
    mut io: Io,
    clock: Clock,
    script: Vec<Step>,
    tell: mpsc::Sender<(Moment, Heard)>,
) -> io::Result<()> {
    let head = read_head(&mut io).await?;
    let target = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let _ = tell.send((clock.now(), Heard::Opened(target))).await;
    let key = head.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")).unwrap_or_default();
    let accept = derive_accept_key(key.as_bytes());
    let (mut read, mut write) = tokio::io::split(io);
    let (last_text, mut texts) = watch::channel(String::new());
    let (deafen, mut is_deaf) = watch::channel(false);
    let listening = async {
        loop {
            let _ = is_deaf.wait_for(|is_deaf| !is_deaf).await;
            let heard = hear(&mut read).await.unwrap_or(Heard::Gone);
            if let Heard::Text(text) = &heard {
                last_text.send_replace(text.clone());
            }
            let is_last = heard == Heard::Gone;
            let _ = tell.send((clock.now(), heard)).await;
            if is_last {
                return;
            }
        }
    };
    let playing = async {
        for step in script {
            match step {
                Step::Send(bytes) => {
                    let bytes = String::from_utf8(bytes.clone())
                        .map_or(bytes, |text| text.replace(ACCEPT, &accept).into_bytes());
                    write.write_all(&bytes).await?;
                    write.flush().await?;
                }
                Step::Wait(duration) => clock.sleep(duration).await,
                Step::Hear(expected) => {
                    let _ = texts.wait_for(|text| text == expected).await;
                }
                Step::Deafen => {
                    deafen.send_replace(true);
                }
                Step::Drop => return Ok(()),
            }
        }
        std::future::pending::<io::Result<()>>().await
    };
    tokio::select! {
        biased;
        () = listening => Ok(()),
        played = playing => played,
    }
}

async fn read_head(io: &mut Io) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(io.read_u8().await?);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

/// Reads a frame of a client: whole, short and masked, as RFC 6455 has it.
async fn hear(io: &mut (impl AsyncRead + Unpin)) -> io::Result<Heard> {
    let [first, second] = [io.read_u8().await?, io.read_u8().await?];
    let length = match second & 0x7f {
        126 => usize::from(io.read_u16().await?),
        short => usize::from(short),
    };
    let mut mask = [0; 4];
    io.read_exact(&mut mask).await?;
    let mut payload = vec![0; length];
    io.read_exact(&mut payload).await?;
    payload.iter_mut().zip(mask.into_iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
    Ok(match first {
        0x81 => Heard::Text(String::from_utf8_lossy(&payload).into_owned()),
        0x82 => Heard::Audio(payload),
        0x8a => Heard::Pong(payload),
        other => Heard::Other(other),
    })
}

/// Stands for the accept key.
const ACCEPT: &str = "{accept}";

/// The head that makes the connection a WebSocket.
pub(crate) fn upgrade() -> Step {
    let head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
    Step::Send(format!("{head}Sec-WebSocket-Accept: {ACCEPT}\r\n\r\n").into_bytes())
}

/// A text message in one frame.
pub(crate) fn text(text: &str) -> Step {
    Step::Send(frame(0x81, text.as_bytes()))
}

/// A frame: whole when the first byte has its highest bit.
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = payload.len();
    let mut frame = vec![first];
    match u8::try_from(length) {
        Ok(short @ ..=125) => frame.push(short),
        _ => {
            frame.push(126);
            frame.extend(u16::try_from(length).expect("a short message").to_be_bytes());
        }
    }
    frame.extend_from_slice(payload);
    frame
}

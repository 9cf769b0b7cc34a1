//! A vendor that costs as little as can be: it writes what it wrote before, one write an event.

use std::io::Result;
use std::time::Duration;

use super::caller::SPEECH;
use bargein_net::{Clock, Io, Listener, World};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// How many events a stream has that carry content; and how many chunks of 20 ms speech has.
pub(super) const EVENTS: usize = 20;

/// From one event to the next, when the request asks for a pace.
pub(super) const PACE: Duration = Duration::from_millis(20);

const STREAM: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ncache-control: no-cache\r\n\
                      x-request-id: req-1\r\ntransfer-encoding: chunked\r\n\r\n";

const SPOKEN: &str = "HTTP/1.1 200 OK\r\ncontent-type: audio/L16\r\ntransfer-encoding: chunked\r\n\r\n";

const WHOLE: &str = r#"{"id":"chatcmpl-1","object":"chat.completion","created":1763650000,"model":"bench","choices":[{"index":0,"message":{"role":"assistant","content":"A short answer that is said at once.","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":8,"total_tokens":17}}"#;

/// Serves until the world ends.
pub(super) async fn serve(world: World, mut listener: Listener) {
    while let Ok(io) = listener.accept().await {
        let clock = world.clock.clone();
        world.tasks.spawn_service("vendor", async move {
            // A caller who goes away ends it.
            let _ = talk(io, &clock).await;
        });
    }
}

async fn talk(mut io: Io, clock: &Clock) -> Result<()> {
    let mut request = Vec::with_capacity(8192);
    let events = events();
    let audio = [b"280\r\n".as_slice(), &[7; 640], b"\r\n"].concat();
    let last = [audio.as_slice(), b"0\r\n\r\n"].concat();
    loop {
        let length = loop {
            if let Some(length) = whole(&request) {
                break length;
            }
            if io.read_buf(&mut request).await? == 0 {
                return Ok(());
            }
        };
        let has = |word: &[u8]| request[..length].windows(word.len()).any(|window| window == word);
        let (is_stream, is_paced) = (has(b"\"stream\":true"), has(b"x-pace"));
        let is_speech = request.starts_with(b"POST ") && request[5..].starts_with(SPEECH.as_bytes());
        request.drain(..length);
        if is_speech {
            io.write_all(&[SPOKEN.as_bytes(), &audio].concat()).await?;
            for number in 1..EVENTS {
                let is_last = number + 1 == EVENTS;
                io.write_all(if is_last { &last } else { &audio }).await?;
            }
            continue;
        }
        if !is_stream {
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ";
            io.write_all(format!("{head}{}\r\n\r\n{WHOLE}", WHOLE.len()).as_bytes()).await?;
            continue;
        }
        let (first, rest) = (&events[0], &events[1..]);
        io.write_all(&[STREAM.as_bytes(), first].concat()).await?;
        let began = clock.now();
        for (number, event) in rest.iter().enumerate() {
            if is_paced && number < EVENTS {
                let due = u32::try_from(number + 1).unwrap_or(1);
                clock.sleep_until(began + PACE * due).await;
                io.write_all(&chunk(&content(&format!("t={};", clock.now().as_nanos())))).await?;
            } else {
                io.write_all(event).await?;
            }
        }
    }
}

/// The length of the request, head and body, once it is there.
fn whole(request: &[u8]) -> Option<usize> {
    let head = request.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&request[..head]).ok()?.to_ascii_lowercase();
    let length = text.split("content-length:").nth(1)?.split("\r\n").next()?.trim().parse::<usize>().ok()?;
    (request.len() >= head + length).then_some(head + length)
}

/// The role, the content, the reason to end, the end.
fn events() -> Vec<Vec<u8>> {
    let role = r#"{"role":"assistant","content":"","refusal":null}"#;
    let mut events = vec![chunk(&event(role, "null"))];
    events.extend((0..EVENTS).map(|number| chunk(&content(&format!(" word{number}")))));
    events.push(chunk(&event("{}", "\"stop\"")));
    events.push([chunk("data: [DONE]\n\n").as_slice(), b"0\r\n\r\n"].concat());
    events
}

fn content(text: &str) -> String {
    event(&format!("{{\"content\":\"{text}\"}}"), "null")
}

fn event(delta: &str, reason: &str) -> String {
    format!(
        "data: {{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1763650000,\"model\":\"bench\",\
         \"choices\":[{{\"index\":0,\"delta\":{delta},\"logprobs\":null,\"finish_reason\":{reason}}}]}}\n\n"
    )
}

fn chunk(text: &str) -> Vec<u8> {
    format!("{:x}\r\n{text}\r\n", text.len()).into_bytes()
}

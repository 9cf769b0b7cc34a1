//! The access log: one JSON object a line for every request, at its end. Never a body, a key or a text.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bargein_core::FaultKind;
use bargein_net::{Clock, World};
use serde::Serialize;
use tokio::sync::mpsc;

use crate::{Exchange, Observe, Timings};

/// How many lines may wait to be written. What fills this is a reader of the log who does not read; lines that find no
/// room are left out, and the next one says how many.
const WAITING: usize = 4096;

/// How many lines are written at once.
const AT_ONCE: usize = 256;

/// Writes a line for every request.
pub struct AccessLog {
    clock: Clock,
    lines: mpsc::Sender<String>,
    left_out: AtomicU64,
}

impl AccessLog {
    /// A log that is written to `out` by a task of the world. A request never waits for it.
    #[must_use]
    pub fn start(world: &World, out: Box<dyn Write + Send>) -> Arc<Self> {
        let (lines, waiting) = mpsc::channel(WAITING);
        world.tasks.spawn_service("access log", write(waiting, out));
        Arc::new(Self { clock: world.clock.clone(), lines, left_out: AtomicU64::new(0) })
    }
}

async fn write(mut waiting: mpsc::Receiver<String>, mut out: Box<dyn Write + Send>) {
    let mut lines = Vec::with_capacity(AT_ONCE);
    while waiting.recv_many(&mut lines, AT_ONCE).await > 0 {
        let text: String = lines.drain(..).collect();
        // There is nobody to tell when the log cannot be written.
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }
}

impl Observe for AccessLog {
    fn saw(&self, exchange: &Exchange) {
        let left_out = self.left_out.swap(0, Ordering::Relaxed);
        let line = Line::of(exchange, self.clock.unix_millis(), left_out);
        // A line holds nothing that JSON cannot.
        let mut text = serde_json::to_string(&line).unwrap_or_default();
        text.push('\n');
        if self.lines.try_send(text).is_err() {
            self.left_out.fetch_add(left_out + 1, Ordering::Relaxed);
        }
    }
}

/// One line. Times are milliseconds since the request came.
#[derive(Serialize)]
struct Line<'a> {
    unix_ms: u64,
    path: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    client: &'a str,
    request_id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    trace: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    route: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    target: &'a str,
    status: u16,
    end: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<&'static str>,
    attempts: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    connected_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    written_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    headers_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_event_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_content_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    largest_gap_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    own_ms: Option<f64>,
    total_ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    tokens_in: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tokens_out: Option<u64>,
    #[serde(skip_serializing_if = "is_zero")]
    characters: u64,
    bytes: u64,
    /// How many lines before this one found no room.
    #[serde(skip_serializing_if = "is_zero")]
    left_out: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl<'a> Line<'a> {
    fn of(exchange: &'a Exchange, unix_ms: u64, left_out: u64) -> Self {
        let Timings { connected, written, headers, first_event, first_content, largest_gap, total, own } =
            exchange.timings;
        Self {
            unix_ms,
            path: exchange.path,
            client: &exchange.client,
            request_id: &exchange.request_id,
            trace: &exchange.trace,
            route: &exchange.route,
            target: &exchange.target,
            status: exchange.status,
            end: exchange.end.word(),
            fault: exchange.fault.map(FaultKind::word),
            attempts: exchange.attempts,
            connected_ms: connected.map(millis),
            written_ms: written.map(millis),
            headers_ms: headers.map(millis),
            first_event_ms: first_event.map(millis),
            first_content_ms: first_content.map(millis),
            largest_gap_ms: largest_gap.map(millis),
            own_ms: own.map(millis),
            total_ms: millis(total),
            tokens_in: exchange.tokens_in,
            tokens_out: exchange.tokens_out,
            characters: exchange.characters,
            bytes: exchange.bytes,
            left_out,
        }
    }
}

/// Milliseconds with three digits after the point.
fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1_000_000.0).round() / 1000.0
}

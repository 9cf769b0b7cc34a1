//! What is counted of every request, as Prometheus reads it at `/metrics`.
//!
//! Fed by [`Observe`](crate::Observe) alone, so that a door cannot count what another one forgets. No key, text or
//! request id is ever a label, and a caller who makes up names cannot make labels without end.

mod labels;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use bargein_core::FaultKind;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use self::labels::{Asked, Door, Failed, Names, Requests, Sources, Tokens};
use crate::tts_server::Source;
use crate::{Exchange, Observe, ServerState};

/// The upper ends of the buckets of what a vendor takes, in seconds.
const WAITS: [f64; 14] = [0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0, 10.0];
/// Of what we add ourselves, in seconds.
const OWN: [f64; 12] = [0.000_05, 0.000_1, 0.000_2, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5];
/// Of a whole request, in seconds.
const WHOLE: [f64; 10] = [0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0];

/// The counters of one server.
pub struct Metrics {
    registry: Registry,
    names: Names,
    requests: Family<Requests, Counter>,
    in_flight: Gauge,
    first_token: Family<Asked, Histogram>,
    first_audio: Family<Asked, Histogram>,
    duration: Family<Door, Histogram>,
    own: Family<Door, Histogram>,
    tokens: Family<Tokens, Counter>,
    characters: Family<Asked, Counter>,
    bytes: Family<Door, Counter>,
    attempts: Family<Asked, Counter>,
    faults: Family<Failed, Counter>,
    sources: Family<Sources, Counter>,
}

impl Metrics {
    /// Counters at zero.
    #[must_use]
    pub fn new() -> Self {
        let waits = || Family::new_with_constructor((|| Histogram::new(WAITS)) as fn() -> Histogram);
        let mut metrics = Self {
            registry: Registry::with_prefix("bargein"),
            names: Names::default(),
            requests: Family::default(),
            in_flight: Gauge::default(),
            first_token: waits(),
            first_audio: waits(),
            duration: Family::new_with_constructor((|| Histogram::new(WHOLE)) as fn() -> Histogram),
            own: Family::new_with_constructor((|| Histogram::new(OWN)) as fn() -> Histogram),
            tokens: Family::default(),
            characters: Family::default(),
            bytes: Family::default(),
            attempts: Family::default(),
            faults: Family::default(),
            sources: Family::default(),
        };
        metrics.register();
        metrics
    }

    fn register(&mut self) {
        let all = &mut self.registry;
        all.register("requests", "Requests that are over, by how they ended", self.requests.clone());
        all.register("in_flight", "Requests in progress", self.in_flight.clone());
        let mut time = |name, help, family| all.register_with_unit(name, help, Unit::Seconds, family);
        time("time_to_first_token", "Request to the first content of a model", self.first_token.clone());
        time("time_to_first_audio", "Request to the first chunk of audio", self.first_audio.clone());
        let mut time = |name, help, family| all.register_with_unit(name, help, Unit::Seconds, family);
        time("request_duration", "Request to its end", self.duration.clone());
        time("own_time", "What this server itself added before the first content", self.own.clone());
        all.register("tokens", "Tokens, as vendors counted them", self.tokens.clone());
        all.register("characters", "Characters to be said", self.characters.clone());
        all.register("response_bytes", "Bytes of answers' bodies", self.bytes.clone());
        all.register("vendor_attempts", "How often vendors were asked", self.attempts.clone());
        all.register("faults", "Requests that a vendor's fault ended, by its kind", self.faults.clone());
        all.register("audio", "Where the audio of answers came from", self.sources.clone());
    }

    /// All of it, as text.
    fn text(&self, in_flight: usize) -> Result<String, std::fmt::Error> {
        self.in_flight.set(i64::try_from(in_flight).unwrap_or(i64::MAX));
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Observe for Metrics {
    fn saw(&self, exchange: &Exchange) {
        let door = Door { door: exchange.path };
        let asked = Asked {
            door: exchange.path,
            route: self.names.known(&exchange.route),
            target: self.names.known(&exchange.target),
        };
        let (status, end) = (exchange.status, exchange.end.word());
        self.requests.get_or_create(&Requests { door: exchange.path, status, end }).inc();
        let timings = &exchange.timings;
        let seconds = |time: Duration| time.as_secs_f64();
        if let Some(first) = timings.first_content {
            let is_audio = exchange.source.is_some();
            let family = if is_audio { &self.first_audio } else { &self.first_token };
            family.get_or_create(&asked).observe(seconds(first));
        }
        self.duration.get_or_create(&door).observe(seconds(timings.total));
        if let Some(own) = timings.own {
            self.own.get_or_create(&door).observe(seconds(own));
        }
        for (direction, count) in [("in", exchange.tokens_in), ("out", exchange.tokens_out)] {
            if let Some(count) = count {
                let labels = Tokens { route: asked.route.clone(), direction };
                self.tokens.get_or_create(&labels).inc_by(count);
            }
        }
        if exchange.characters > 0 {
            self.characters.get_or_create(&asked).inc_by(exchange.characters);
        }
        self.bytes.get_or_create(&door).inc_by(exchange.bytes);
        if exchange.attempts > 0 {
            self.attempts.get_or_create(&asked).inc_by(exchange.attempts.into());
        }
        if let Some(kind) = exchange.fault.map(FaultKind::word) {
            let Asked { door, route, target } = asked;
            self.faults.get_or_create(&Failed { door, route, target, kind }).inc();
        }
        if let Some(source) = exchange.source.map(Source::word) {
            self.sources.get_or_create(&Sources { source }).inc();
        }
    }
}

/// The path of the counters.
pub(crate) fn router() -> Router<Arc<ServerState>> {
    Router::new().route("/metrics", get(show))
}

async fn show(State(state): State<Arc<ServerState>>) -> Response {
    let text = state.metrics.text(state.in_flight.count());
    let status = if text.is_ok() { StatusCode::OK } else { StatusCode::INTERNAL_SERVER_ERROR };
    let mut response = Response::new(text.unwrap_or_default().into());
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{End, Timings};

    fn exchange() -> Exchange {
        Exchange {
            path: "/v1/chat/completions",
            client: "one".into(),
            request_id: "r-secret".into(),
            trace: String::new(),
            route: "fast".into(),
            target: "llm.test".into(),
            status: 200,
            end: End::Whole,
            fault: None,
            attempts: 2,
            timings: Timings {
                first_content: Some(Duration::from_millis(320)),
                own: Some(Duration::from_micros(90)),
                total: Duration::from_millis(1_500),
                ..Timings::default()
            },
            tokens_in: Some(12),
            tokens_out: Some(30),
            characters: 0,
            source: None,
            bytes: 4_000,
        }
    }

    #[test]
    fn a_request_is_counted_in_all_that_it_says() {
        let metrics = Metrics::new();
        metrics.saw(&exchange());
        metrics.saw(&Exchange {
            path: "/api/v1/tts/stream",
            route: "anna".into(),
            target: "custom".into(),
            fault: Some(FaultKind::RateLimited),
            status: 429,
            end: End::Refused,
            characters: 7,
            source: Some(Source::Vendor),
            ..exchange()
        });
        let text = metrics.text(3).unwrap();
        for line in [
            r#"bargein_requests_total{door="/v1/chat/completions",status="200",end="whole"} 1"#,
            r#"bargein_requests_total{door="/api/v1/tts/stream",status="429",end="refused"} 1"#,
            "bargein_in_flight 3",
            r#"bargein_time_to_first_token_seconds_count{door="/v1/chat/completions",route="fast",target="llm.test"} 1"#,
            r#"bargein_time_to_first_token_seconds_bucket{le="0.3",door="/v1/chat/completions",route="fast",target="llm.test"} 0"#,
            r#"bargein_time_to_first_token_seconds_bucket{le="0.4",door="/v1/chat/completions",route="fast",target="llm.test"} 1"#,
            r#"bargein_time_to_first_audio_seconds_count{door="/api/v1/tts/stream",route="anna",target="custom"} 1"#,
            r#"bargein_own_time_seconds_count{door="/v1/chat/completions"} 1"#,
            r#"bargein_tokens_total{route="fast",direction="out"} 30"#,
            r#"bargein_characters_total{door="/api/v1/tts/stream",route="anna",target="custom"} 7"#,
            r#"bargein_vendor_attempts_total{door="/v1/chat/completions",route="fast",target="llm.test"} 2"#,
            r#"bargein_faults_total{door="/api/v1/tts/stream",route="anna",target="custom",kind="rate_limited"} 1"#,
            r#"bargein_audio_total{source="vendor"} 1"#,
            "# EOF",
        ] {
            assert!(text.contains(line), "expected {line} in\n{text}");
        }
        assert!(!text.contains("r-secret"));
    }

    #[test]
    fn made_up_names_make_no_labels_without_end() {
        let metrics = Metrics::new();
        for number in 0..2_000 {
            metrics.saw(&Exchange { route: format!("model-{number}"), ..exchange() });
        }
        let text = metrics.text(0).unwrap();
        assert!(text.contains("model-1\"") && !text.contains("model-1999"));
        let other = r#"bargein_tokens_total{route="other",direction="in"}"#;
        let count = text.lines().find_map(|line| line.strip_prefix(other)).unwrap();
        assert!(count.trim().parse::<u64>().unwrap() > 12 * 1_000, "{count}");
    }
}

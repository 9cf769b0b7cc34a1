//! `/v1/audio/transcriptions`, before a mock recogniser of live speech.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bargein_mocks::script::AsrScript;
use bargein_mocks::{Mock, Observer, Says, What, serve_asr};
use bargein_net::{ServerHandle, World, http_client, run_virtual};
use bargein_server::config::{Config, RecogniserConfig, RecogniserText};
use bargein_server::{ServerState, open};
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use serde_json::{Value, json};

struct Stage {
    world: World,
    server: ServerHandle,
    _vendor: Mock,
    closed: Arc<Mutex<Vec<u64>>>,
}

fn with(script: &Value, speed: u32, test: impl AsyncFnOnce(Stage)) {
    run_virtual(7, async |world| {
        let closed = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&closed);
        let observer = Observer::new(move |observation| {
            if observation.what == What::ClosedByAgent {
                seen.lock().unwrap().push(observation.at.as_millis());
            }
        });
        let listener = world.network.listen("asr.mock:80").await.unwrap();
        let script = AsrScript::parse(script).unwrap();
        let vendor_id = script.vendor().to_owned();
        let vendor = serve_asr(&world, listener, script, Says::new(), observer);
        let settings = vendor.client_settings().as_object().unwrap().clone();
        let text = RecogniserText { vendor: vendor_id, settings, speed, ..RecogniserText::default() };
        let mut config = Config::of_models(Vec::new());
        config.recognisers.push(RecogniserConfig { name: "ears".to_owned(), is_any: false, text });
        let state = ServerState::new(&world, config, Vec::new()).unwrap();
        let server = open(world.network.listen("server.localhost:80").await.unwrap(), &state);
        test(Stage { world: world.clone(), server, _vendor: vendor, closed }).await;
    })
    .unwrap();
}

fn recording() -> Vec<u8> {
    std::fs::read(format!("{}/../../fixtures/speech/hello-world.wav", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn form(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut form = Vec::new();
    for (name, value) in parts {
        let file = if *name == "file" { "; filename=\"a.wav\"" } else { "" };
        let head = format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
        form.extend_from_slice(head.as_bytes());
        form.extend_from_slice(value);
        form.extend_from_slice(b"\r\n");
    }
    form.extend_from_slice(b"--b--\r\n");
    form
}

impl Stage {
    /// Status, content type and body of the answer.
    async fn ask(&self, parts: &[(&str, &[u8])]) -> (u16, String, String) {
        let request = Request::post(format!("http://{}/v1/audio/transcriptions", self.server.authority()))
            .header("content-type", "multipart/form-data; boundary=b")
            .body(Full::new(Bytes::from(form(parts))))
            .unwrap();
        let response = http_client(&self.world).request(request).await.unwrap();
        let (head, body) = response.into_parts();
        let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
        let kind = head.headers.get("content-type").unwrap().to_str().unwrap().to_owned();
        (head.status.as_u16(), kind, String::from_utf8(body.to_vec()).unwrap())
    }
}

#[test]
fn a_recording_is_written_down() {
    with(&json!({ "hears": "hello world" }), 1, async |stage| {
        let (status, kind, body) = stage.ask(&[("model", b"ears"), ("file", &recording())]).await;
        assert_eq!((status, kind.as_str()), (200, "application/json"), "{body}");
        let body: Value = serde_json::from_str(&body).unwrap();
        assert!(body["text"].as_str().unwrap().contains("hello world"), "{body}");
        let seconds = body["usage"]["seconds"].as_f64().unwrap();
        let took = stage.world.clock.now().as_millis() as f64 / 1000.0;
        assert!(took >= seconds && took < seconds + 3.0, "live: {seconds} s took {took} s");
    });
    with(&json!({ "hears": "hello world" }), 10, async |stage| {
        let parts: [(&str, &[u8]); 3] =
            [("model", b"ears"), ("response_format", b"text"), ("file", &recording())];
        let (status, kind, body) = stage.ask(&parts).await;
        assert_eq!((status, kind.as_str()), (200, "text/plain; charset=utf-8"));
        assert!(body.contains("hello world"), "{body}");
    });
}

#[test]
fn sentences_come_as_events_when_they_are_asked_for() {
    with(&json!({ "hears": "hello world" }), 1, async |stage| {
        let parts: [(&str, &[u8]); 3] = [("model", b"ears"), ("stream", b"true"), ("file", &recording())];
        let (status, kind, body) = stage.ask(&parts).await;
        assert_eq!((status, kind.as_str()), (200, "text/event-stream"));
        let events: Vec<Value> =
            body.split_terminator("\n\n").map(|event| serde_json::from_str(&event[6..]).unwrap()).collect();
        let deltas: String = events.iter().filter_map(|event| event["delta"].as_str()).collect();
        let last = events.last().unwrap();
        assert_eq!(
            (&last["type"], last["text"].as_str()),
            (&json!("transcript.text.done"), Some(deltas.as_str()))
        );
    });
}

#[test]
fn what_cannot_be_read_is_refused() {
    with(&json!({}), 1, async |stage| {
        let file = recording();
        for (parts, status, param) in [
            (vec![("model", &b"ears"[..])], 400, "file"),
            (vec![("file", &file[..])], 400, "model"),
            (vec![("model", &b"nobody"[..]), ("file", &file[..])], 404, "model"),
            (vec![("model", &b"ears"[..]), ("file", &b"ID3"[..])], 400, "file"),
            (
                vec![("model", &b"ears"[..]), ("response_format", &b"srt"[..]), ("file", &file[..])],
                400,
                "response_format",
            ),
        ] {
            let (got, _, body) = stage.ask(&parts).await;
            let body: Value = serde_json::from_str(&body).unwrap();
            assert_eq!((got, body["error"]["param"].as_str()), (status, Some(param)), "{body}");
        }
    });
}

#[test]
fn a_recogniser_that_fails_is_a_refusal_and_who_hangs_up_closes_its_stream() {
    with(&json!({ "status": 500 }), 1, async |stage| {
        let (status, _, body) = stage.ask(&[("model", b"ears"), ("file", &recording())]).await;
        assert_eq!(status, 502, "{body}");
    });
    with(&json!({}), 1, async |stage| {
        let file = recording();
        let asking = stage.world.clock.timeout(Duration::from_millis(300), async {
            stage.ask(&[("model", b"ears"), ("file", &file)]).await
        });
        assert!(asking.await.is_err());
        stage.world.clock.sleep(Duration::from_millis(5)).await;
        assert_eq!(*stage.closed.lock().unwrap(), [300]);
    });
}

//! A server with one voice, the mock vendor behind it, and a client that writes down what comes when.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use bargein_mocks::script::TtsScript;
use bargein_mocks::{Mock, Observation, Observer, What, serve_tts};
use bargein_net::{Io, ServerHandle, World, http_client, run_virtual};
use bargein_server::{Config, Exchange, Observe, SecretSource, ServerState, open};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// The key of the one client.
pub(crate) const KEY: &str = "sk-test";
const SERVER: &str = "server.localhost:80";

/// Where a run happens.
pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) server: ServerHandle,
    pub(crate) state: Arc<ServerState>,
    pub(crate) vendor: Option<Mock>,
    pub(crate) seen: Seen,
    pub(crate) told: Told,
}

/// What a stage is made of.
pub(crate) struct Setting {
    /// What the vendor does.
    pub(crate) script: Value,
    /// What the configuration says besides its voice.
    pub(crate) config: &'static str,
    /// What its client and its target say besides.
    pub(crate) client: &'static str,
    pub(crate) target: &'static str,
}

impl Default for Setting {
    fn default() -> Self {
        Self { script: json!({}), config: "", client: "", target: "" }
    }
}

/// Runs a test in memory with a vendor that does this.
pub(crate) fn with(script: Value, test: impl AsyncFnOnce(Stage)) {
    with_setting(Setting { script, ..Setting::default() }, test);
}

pub(crate) fn with_setting(setting: Setting, test: impl AsyncFnOnce(Stage)) {
    run_virtual(7, async |world| test(Stage::open(&world, "tts.mock:80", SERVER, setting).await).await)
        .unwrap();
}

struct Secrets;

impl SecretSource for Secrets {
    fn variable(&self, _: &str) -> Option<String> {
        Some(KEY.to_owned())
    }

    fn file(&self, _: &str) -> io::Result<String> {
        Err(io::ErrorKind::NotFound.into())
    }
}

impl Stage {
    pub(crate) async fn open(world: &World, vendor: &str, server: &str, setting: Setting) -> Self {
        let Setting { script, config, client, target } = setting;
        let seen = Seen::default();
        let read = |file: &str| {
            std::fs::read(format!("{}/../../fixtures/speech/{file}", env!("CARGO_MANIFEST_DIR")))
        };
        let script = TtsScript::parse(&script, read).unwrap();
        let listener = world.network.listen(vendor).await.unwrap();
        let vendor = serve_tts(world, listener, script, seen.observer());
        let config = format!(
            "{config}\n[clients.one]\nkey = \"env:KEY\"\n{client}\n[voices.anna]\naliases = [\"bob\"]\n\
             [[voices.anna.targets]]\nvendor = \"custom\"\n\
             settings = {{ url = \"http://{}/stream-audio\", format = \"pcm\" }}\n{target}",
            vendor.authority()
        );
        let config = Config::read(&config, &Secrets).unwrap_or_else(|error| panic!("{config}\n{error}"));
        let told = Told::default();
        let state = ServerState::new(world, config, vec![Arc::new(told.clone())]).unwrap();
        let listener = world.network.listen(server).await.unwrap();
        let server = open(listener, &state);
        Self { world: world.clone(), server, state, vendor: Some(vendor), seen, told }
    }

    pub(crate) fn now(&self) -> u64 {
        self.world.clock.now().as_millis()
    }

    /// Asks for a text and hears the answer out.
    pub(crate) async fn say(&self, body: Value) -> Heard {
        self.ask(body, &[]).await
    }

    /// As [`Self::say`], with further headers.
    pub(crate) async fn ask(&self, body: Value, headers: &[(&str, &str)]) -> Heard {
        let given = [("content-type", "application/json;charset=UTF-8"), ("authorization", "Bearer sk-test")];
        self.send(Method::POST, "/api/v1/tts/stream", &[&given, headers].concat(), body.to_string()).await
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Heard {
        let mut request =
            Request::builder().method(method).uri(format!("http://{}{path}", self.server.authority()));
        for (name, value) in headers {
            request = request.header(*name, http::HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        let request = request.body(Full::new(body.into())).unwrap();
        let mut heard = Heard::default();
        let Ok(response) = http_client(&self.world).request(request).await else {
            heard.end = (self.now(), false);
            return heard;
        };
        heard.head_at = self.now();
        (heard.status, heard.headers) = (response.status(), response.headers().clone());
        let mut body = response.into_body();
        let whole = loop {
            match body.frame().await {
                None => break true,
                Some(Err(_)) => break false,
                Some(Ok(frame)) => heard.pieces.push((self.now(), frame.into_data().unwrap_or_default())),
            }
        };
        heard.end = (self.now(), whole);
        heard
    }

    /// A connection on which a request for this has been written.
    pub(crate) async fn raw(&self, body: &Value) -> Io {
        let mut io = self.world.network.dial(self.server.authority()).await.unwrap();
        io.write_all(request(body, "").as_bytes()).await.unwrap();
        io
    }
}

/// A request as it is written, with further header lines.
pub(crate) fn request(body: &Value, headers: &str) -> String {
    let body = body.to_string();
    format!(
        "POST /api/v1/tts/stream HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {KEY}\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Reads until the peer closes, for at most ten seconds.
pub(crate) async fn rest(world: &World, io: &mut Io) -> String {
    let mut all = Vec::new();
    let reading = world.clock.timeout(std::time::Duration::from_secs(10), io.read_to_end(&mut all)).await;
    assert!(reading.is_ok(), "not closed: {}", String::from_utf8_lossy(&all));
    String::from_utf8_lossy(&all).into_owned()
}

/// What a client got: each piece of the body with the millisecond it came in.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) head_at: u64,
    pub(crate) pieces: Vec<(u64, Bytes)>,
    /// When the body ended, and whether it was whole.
    pub(crate) end: (u64, bool),
}

impl Heard {
    pub(crate) fn body(&self) -> Vec<u8> {
        self.pieces.iter().flat_map(|(_, bytes)| bytes.to_vec()).collect()
    }

    pub(crate) fn times(&self) -> Vec<u64> {
        self.pieces.iter().map(|(at, _)| *at).collect()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The code of a refusal, which is in the protocol's shape.
    pub(crate) fn code(&self) -> String {
        assert_eq!(self.header("content-type"), "application/json", "{self:?}");
        assert!(self.end.1, "{self:?}");
        let body: Value = serde_json::from_slice(&self.body()).unwrap();
        let message = body["error"]["message"].as_str().unwrap();
        assert!(!message.is_empty() && message.len() <= 512, "{message}");
        body["error"]["code"].as_str().unwrap().to_owned()
    }
}

/// What the vendor was asked.
#[derive(Clone, Default)]
pub(crate) struct Seen(Arc<Mutex<Vec<Observation>>>);

impl Seen {
    fn observer(&self) -> Observer {
        let seen = self.clone();
        Observer::new(move |observation| {
            seen.0.lock().unwrap_or_else(PoisonError::into_inner).push(observation);
        })
    }

    fn all(&self) -> Vec<Observation> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The texts it was asked for, in their order.
    pub(crate) fn texts(&self) -> Vec<String> {
        let text = |observation: Observation| match observation.what {
            What::Request { text, .. } => text,
            _ => None,
        };
        self.all().into_iter().filter_map(text).collect()
    }

    /// A header of its nth request, counted from 0.
    pub(crate) fn header(&self, nth: usize, name: &str) -> String {
        let requests = self.all().into_iter().filter_map(|observation| match observation.what {
            What::Request { headers, .. } => Some(headers),
            _ => None,
        });
        let headers = requests.into_iter().nth(nth).unwrap();
        headers.into_iter().find(|(known, _)| known == name).map(|(_, value)| value).unwrap_or_default()
    }

    /// When its callers hung up.
    pub(crate) fn hung_up(&self) -> Vec<u64> {
        let all = self.all().into_iter().filter(|observation| observation.what == What::ClosedByAgent);
        all.map(|observation| observation.at.as_millis()).collect()
    }
}

/// What observers were told of requests.
#[derive(Clone, Default)]
pub(crate) struct Told(Arc<Mutex<Vec<Exchange>>>);

impl Told {
    pub(crate) fn all(&self) -> Vec<Exchange> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Observe for Told {
    fn saw(&self, exchange: &Exchange) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(exchange.clone());
    }
}

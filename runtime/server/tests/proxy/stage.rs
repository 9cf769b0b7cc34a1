//! A proxy, the mock vendors behind it, and what all of them tell.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use bargein_mocks::script::LlmScript;
use bargein_mocks::{Mock, Observation, Observer, What, serve_llm};
use bargein_net::{ServerHandle, World, run_virtual};
use bargein_server::config::{Config, SecretSource};
use bargein_server::{Exchange, Observe, ServerState, open};
use serde_json::Value;

use crate::client::{Got, chat, request, send};

/// Where the proxy is.
pub(crate) const CHAT: &str = "http://proxy.localhost/v1/chat/completions";

/// A proxy and its vendors at work.
pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) state: Arc<ServerState>,
    pub(crate) vendors: Vec<Mock>,
    _server: ServerHandle,
    told: Told,
    seen: Seen,
}

/// What the server tells of each request.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<Exchange>>>);

impl Observe for Told {
    fn saw(&self, exchange: &Exchange) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(exchange.clone());
    }
}

/// What the vendors tell.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<(usize, Observation)>>>);

impl Seen {
    fn observer(&self, vendor: usize) -> Observer {
        let seen = self.clone();
        Observer::new(move |observation| {
            seen.0.lock().unwrap_or_else(PoisonError::into_inner).push((vendor, observation));
        })
    }
}

/// The secrets of the tests.
pub(crate) struct Secrets;

impl SecretSource for Secrets {
    fn variable(&self, name: &str) -> Option<String> {
        Some(format!("sk-{name}"))
    }

    fn file(&self, _: &str) -> io::Result<String> {
        Err(io::ErrorKind::NotFound.into())
    }
}

/// A configuration with the model `m`, which is behind so many vendors with these keys each.
pub(crate) fn behind(vendors: usize, keys: &str) -> String {
    let target = |vendor: usize| {
        format!("[[models.m.targets]]\nurl = \"http://vendor{vendor}.mock/v1/chat/completions\"\n{keys}\n")
    };
    format!("[server]\nlisten = \"proxy.localhost:80\"\n{}", (0..vendors).map(target).collect::<String>())
}

/// Plays with a proxy of this configuration before vendors of these scripts.
pub(crate) fn check<T>(config: &str, scripts: &[Value], play: impl AsyncFnOnce(&Stage) -> T) -> T {
    let played = run_virtual(7, async |world| {
        let seen = Seen::default();
        let mut vendors = Vec::new();
        for (vendor, script) in scripts.iter().enumerate() {
            let listener = world.network.listen(&format!("vendor{vendor}.mock:80")).await.unwrap();
            let script = LlmScript::parse(script).unwrap();
            vendors.push(serve_llm(&world, listener, script, seen.observer(vendor)));
        }
        let stage = stage(&world, config, vendors, seen).await;
        play(&stage).await
    });
    played.unwrap_or_else(|error| panic!("{error}"))
}

async fn stage(world: &World, config: &str, vendors: Vec<Mock>, seen: Seen) -> Stage {
    let told = Told::default();
    let config = Config::read(config, &Secrets).unwrap_or_else(|error| panic!("{error}"));
    let listener = world.network.listen(&config.server.listen).await.unwrap();
    let observers: Vec<Arc<dyn Observe>> = vec![Arc::new(told.clone())];
    let state = ServerState::new(world, config, observers).unwrap();
    let server = open(listener, &state);
    Stage { world: world.clone(), state, vendors, _server: server, told, seen }
}

impl Stage {
    /// Asks the model `m`.
    pub(crate) async fn ask(&self, stream: bool) -> Got {
        self.post(&chat("m", stream)).await
    }

    pub(crate) async fn post(&self, body: &Value) -> Got {
        send(&self.world, request(CHAT, body)).await
    }

    /// The same request straight to the first vendor.
    pub(crate) async fn straight(&self, body: &Value) -> Got {
        send(&self.world, request("http://vendor0.mock/v1/chat/completions", body)).await
    }

    /// What became of each request, in the order of their ends.
    pub(crate) fn told(&self) -> Vec<Exchange> {
        self.told.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// One line for each thing a vendor saw: millisecond, vendor, what.
    pub(crate) fn seen(&self) -> Vec<String> {
        let seen = self.seen.0.lock().unwrap_or_else(PoisonError::into_inner);
        let line = |(vendor, Observation { at, what, .. }): &(usize, Observation)| {
            let what = match what {
                What::Request { .. } => "request",
                What::FirstToken => "first token",
                What::Response { .. } => "response",
                What::ClosedByAgent => "closed",
                other => panic!("{other:?}"),
            };
            format!("{} vendor{vendor} {what}", at.as_millis())
        };
        seen.iter().map(line).collect()
    }

    /// The requests a vendor got: their headers and bodies.
    pub(crate) fn requests(&self, vendor: usize) -> Vec<(Vec<(String, String)>, Value)> {
        let seen = self.seen.0.lock().unwrap_or_else(PoisonError::into_inner);
        let request = |(of, observation): &(usize, Observation)| match &observation.what {
            What::Request { headers, body, .. } if *of == vendor => Some((headers.clone(), body.clone())),
            _ => None,
        };
        seen.iter().filter_map(request).collect()
    }
}

/// A header of a request that a vendor got.
pub(crate) fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

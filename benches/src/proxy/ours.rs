//! The LLM proxy and the TTS server with every feature on that a request can meet: a key, limits, the log, counters, timings, the hold.

use std::io::sink;
use std::sync::Arc;

use bargein_net::World;
use bargein_server::config::{Config, SecretSource};
use bargein_server::{AccessLog, Observe, ServerState, open};

use super::{caller, child};
use crate::sessions::Fallible;

struct Key;

impl SecretSource for Key {
    fn variable(&self, _: &str) -> Option<String> {
        Some(caller::KEY.to_owned())
    }

    fn file(&self, _: &str) -> std::io::Result<String> {
        Err(std::io::ErrorKind::NotFound.into())
    }
}

/// Serves until nobody listens any more.
pub(super) async fn run(world: &World, vendor: &str) -> Fallible<()> {
    let config = format!(
        "[server]\nlisten = \"127.0.0.1:0\"\n[clients.caller]\nkey = \"env:KEY\"\nrate = \"1000000 per second\"\n\
         concurrent = 10000\n[[models.{}.targets]]\nurl = \"http://{vendor}/v1/chat/completions\"\nkey = \"env:KEY\"\n\
         [[voices.bench.targets]]\nvendor = \"custom\"\n\
         settings = {{ url = \"http://{vendor}{}\", key = \"env:KEY\", format = \"pcm\" }}\n",
        caller::MODEL,
        caller::SPEECH
    );
    let config = Config::read(&config, &Key)?;
    let listener = world.network.listen(&config.server.listen).await?;
    let observers: Vec<Arc<dyn Observe>> = vec![AccessLog::start(world, Box::new(sink()))];
    let state = ServerState::new(world, config, observers)?;
    let server = open(listener, &state);
    child::tell(world, server.authority()).await
}

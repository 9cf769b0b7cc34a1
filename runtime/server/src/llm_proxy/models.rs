//! The models that can be asked for, by every name they have.

use std::sync::Arc;

use bargein_adapters::llm::Llm;
use bargein_adapters::registry::{self, OpenError};
use bargein_net::World;
use bargein_wire::units::Secret;
use http::{HeaderValue, Uri};
use indexmap::IndexMap;

use super::attempt::ChatTarget;
use super::hedge::Hedge;

use crate::config::{ModelConfig, Reach, TargetConfig};
use crate::upstream::{Pool, PoolLimits};
use crate::{Config, StateError};

/// The models of a configuration, with their clients.
pub struct Models {
    /// By every name and alias.
    by_name: IndexMap<String, Arc<Model>>,
    /// What a name means that no model has.
    any: Option<Arc<Model>>,
}

/// One model and what is tried for it.
pub struct Model {
    /// The configuration.
    pub config: ModelConfig,
    pub(super) targets: Vec<Target>,
}

/// A vendor's model, ready to be asked.
pub(super) struct Target {
    pub(super) config: TargetConfig,
    /// Its host, or the id of its adapter, for logs.
    pub(super) name: String,
    pub(super) hedge: Hedge,
    pub(super) client: TargetClient,
}

/// What asks a vendor's model.
pub(super) enum TargetClient {
    /// It speaks chat completions itself.
    Chat(Box<ChatTarget>),
    /// It has an adapter.
    Adapter(Arc<dyn Llm>),
}

impl Models {
    pub(crate) fn open(world: &World, config: &Config) -> Result<Self, StateError> {
        let mut models = Self { by_name: IndexMap::new(), any: None };
        for config in &config.models {
            let target = |(at, target): (usize, &TargetConfig)| {
                Target::open(world, target).map_err(|error| {
                    let path = format!("models.{}.targets[{at}].settings", config.name);
                    StateError::Vendor { path, error }
                })
            };
            let targets = config.targets.iter().enumerate().map(target).collect::<Result<_, _>>()?;
            let model = Arc::new(Model { config: config.clone(), targets });
            for name in std::iter::once(&config.name).chain(&config.aliases) {
                models.by_name.insert(name.clone(), Arc::clone(&model));
            }
            if config.is_any {
                models.any = Some(model);
            }
        }
        Ok(models)
    }

    /// All names, aliases too, in the order of the file.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }

    /// The model of this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Arc<Model>> {
        self.by_name.get(name).or(self.any.as_ref())
    }
}

impl Target {
    fn open(world: &World, config: &TargetConfig) -> Result<Self, OpenError> {
        let (name, client) = match &config.reach {
            Reach::Chat { url, key, model } => {
                let name = url.authority().map(ToString::to_string).unwrap_or_default();
                let chat = chat_target(world, config, url, key, model.clone());
                (name, TargetClient::Chat(Box::new(chat.map_err(|message| wrong("url", message))?)))
            }
            Reach::Adapter { vendor, settings } => {
                let llm = registry::llm(vendor, world, settings.clone())?;
                (vendor.clone(), TargetClient::Adapter(llm))
            }
        };
        Ok(Self { hedge: Hedge::new(config.hedge_percent), config: config.clone(), name, client })
    }
}

fn chat_target(
    world: &World,
    config: &TargetConfig,
    url: &Uri,
    key: &Secret,
    model: Option<String>,
) -> Result<ChatTarget, String> {
    let path = url.path_and_query().map_or("/", |path| path.as_str());
    let path = path.parse().map_err(|error| format!("expected a path, got `{path}`: {error}"))?;
    let host = HeaderValue::try_from(url.authority().map_or("", |all| all.as_str()));
    let host = host.map_err(|error| format!("expected a host, got: {error}"))?;
    let bearer = |key: &str| {
        let mut value = HeaderValue::try_from(format!("Bearer {key}"))
            .map_err(|_| "expected no control characters in the key, got some".to_owned())?;
        value.set_sensitive(true);
        Ok::<_, String>(value)
    };
    let authorization = if key.is_empty() { None } else { Some(bearer(key.expose())?) };
    let pool = Pool::new(world, PoolLimits { url: url.clone(), connect: config.connect.get() });
    // One spare from the start. It ends when the configuration is replaced.
    world.tasks.spawn_service("warm connection", Arc::clone(&pool).keep_warm());
    Ok(ChatTarget { pool, path, host, authorization, key: key.clone(), model })
}

fn wrong(path: &str, message: String) -> OpenError {
    OpenError::Settings { path: path.to_owned(), message }
}

//! The models that callers can ask for: a name, and the vendors' models behind it in the order they are tried.

use bargein_wire::units::{Dur, Secret};
use http::Uri;
use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::context::ContextConfig;
use super::secret::fetch_all;
use super::{ConfigError, SecretRef, SecretSource, ServerText};

/// A section `[models.NAME]`.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModelText {
    /// Further names that callers may use. Default none.
    pub aliases: Vec<String>,
    /// The vendors' models, in the order in which they are tried. At least one.
    pub targets: Vec<TargetText>,
    /// How long everything may take, from the request to the last byte, all attempts together. Default 5m.
    pub total: Dur,
    /// What is remembered of sessions. Without it, requests are passed on as they are.
    pub context: Option<ContextConfig>,
}

impl Default for ModelText {
    fn default() -> Self {
        Self { aliases: Vec::new(), targets: Vec::new(), total: Dur::from_secs(300), context: None }
    }
}

/// A section `[[models.NAME.targets]]`: either a `url` that speaks chat completions itself, or a `vendor` that has
/// an adapter, with its `settings`.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TargetText {
    /// The whole address of a service that speaks chat completions, with its path.
    pub url: Option<String>,
    /// Where the vendor's key is. With `url` only. Default none.
    pub key: Option<SecretRef>,
    /// What the vendor calls the model. With `url` only. Default: as the caller named it.
    pub model: Option<String>,
    /// A vendor that has an adapter, by its id.
    pub vendor: Option<String>,
    /// The settings of the vendor's adapter; texts such as `env:NAME` become the secret they name.
    pub settings: Map<String, Value>,
    /// How long connecting may take, TLS included. Default 2s.
    pub connect: Dur,
    /// From the request to the first content of a stream. Default 10s.
    pub first_token: Dur,
    /// From one event of a stream to the next; comments do not count. Default 10s.
    pub between_tokens: Dur,
    /// From the request to the end of an answer that is no stream. Default 60s.
    pub whole: Dur,
    /// How often a request that failed before its first content is sent again, with the same request id, before the
    /// next target is tried. Default 1.
    pub retries: u32,
    /// How many of a hundred streams may be asked for a second time when the first request takes longer than 95 of a
    /// hundred did before; the first content is used, the other request cancelled. Default 0, none.
    pub hedge_percent: u8,
}

impl Default for TargetText {
    fn default() -> Self {
        Self {
            url: None,
            key: None,
            model: None,
            vendor: None,
            settings: Map::new(),
            connect: Dur::from_secs(2),
            first_token: Dur::from_secs(10),
            between_tokens: Dur::from_secs(10),
            whole: Dur::from_secs(60),
            retries: 1,
            hedge_percent: 0,
        }
    }
}

/// A model that callers can ask for.
#[derive(Clone, Debug)]
pub struct ModelConfig {
    /// The name in lists.
    pub name: String,
    /// Further names.
    pub aliases: Vec<String>,
    /// Whether every name that no model has means this one.
    pub is_any: bool,
    /// What is tried, in this order. Never empty.
    pub targets: Vec<TargetConfig>,
    /// How long everything may take.
    pub total: Dur,
    /// What is remembered of sessions.
    pub context: Option<ContextConfig>,
}

/// A vendor's model.
#[derive(Clone, Debug)]
pub struct TargetConfig {
    /// How it is reached.
    pub reach: Reach,
    /// How long connecting may take.
    pub connect: Dur,
    /// From the request to the first content.
    pub first_token: Dur,
    /// From one event to the next.
    pub between_tokens: Dur,
    /// From the request to the end of an answer that is no stream.
    pub whole: Dur,
    /// How often a request is sent again.
    pub retries: u32,
    /// How many of a hundred streams may be asked for a second time.
    pub hedge_percent: u8,
}

/// How a vendor's model is reached.
#[derive(Clone, Debug)]
pub enum Reach {
    /// It speaks chat completions itself: what it says is passed on as it is.
    Chat {
        /// The whole address.
        url: Uri,
        /// The key; empty for none.
        key: Secret,
        /// What the vendor calls the model; `None` for the caller's own word.
        model: Option<String>,
    },
    /// It has an adapter.
    Adapter {
        /// The vendor's id.
        vendor: String,
        /// The settings of its adapter, with their secrets.
        settings: Value,
    },
}

impl ModelConfig {
    /// A model behind one address that answers to every name: what is served when nothing is configured.
    #[must_use]
    pub fn any(name: &str, url: Uri, key: Secret) -> Self {
        let text = TargetText::default();
        let reach = Reach::Chat { url, key, model: None };
        Self {
            name: name.to_owned(),
            aliases: Vec::new(),
            is_any: true,
            targets: vec![TargetConfig::new(reach, &text)],
            total: ModelText::default().total,
            context: None,
        }
    }
}

impl TargetConfig {
    fn new(reach: Reach, text: &TargetText) -> Self {
        Self {
            reach,
            connect: text.connect,
            first_token: text.first_token,
            between_tokens: text.between_tokens,
            whole: text.whole,
            retries: text.retries,
            hedge_percent: text.hedge_percent,
        }
    }
}

pub(super) fn check(
    models: IndexMap<String, ModelText>,
    server: &ServerText,
    secrets: &dyn SecretSource,
) -> Result<Vec<ModelConfig>, ConfigError> {
    let mut names: Vec<String> = Vec::new();
    let mut checked = Vec::new();
    for (name, text) in models {
        let path = format!("models.{name}");
        for known in std::iter::once(&name).chain(&text.aliases) {
            if names.contains(known) {
                return Err(ConfigError::value(
                    path,
                    format!("expected names of its own, got `{known}` twice"),
                ));
            }
            names.push(known.clone());
        }
        if text.targets.is_empty() {
            return Err(ConfigError::value(
                path,
                "expected at least one target: add [[models.NAME.targets]]",
            ));
        }
        let target = |(at, target): (usize, TargetText)| {
            check_target(&target, &format!("{path}.targets[{at}]"), server, secrets)
        };
        let targets = text.targets.into_iter().enumerate().map(target).collect::<Result<_, _>>()?;
        let (aliases, total, context) = (text.aliases, text.total, text.context);
        checked.push(ModelConfig { name, aliases, is_any: false, targets, total, context });
    }
    Ok(checked)
}

fn check_target(
    text: &TargetText,
    path: &str,
    server: &ServerText,
    secrets: &dyn SecretSource,
) -> Result<TargetConfig, ConfigError> {
    let reach = match (&text.url, &text.vendor) {
        (Some(url), None) => {
            if !text.settings.is_empty() {
                return Err(ConfigError::value(format!("{path}.settings"), "expected none beside `url`"));
            }
            let url = address(url, &format!("{path}.url"))?;
            allow(&url, server, &format!("{path}.url"))?;
            let key = text.key.as_ref().map(|key| key.fetch(secrets)).transpose();
            let key = key.map_err(|error| ConfigError::value(format!("{path}.key"), error.to_string()))?;
            Reach::Chat { url, key: key.unwrap_or_default(), model: text.model.clone() }
        }
        (None, Some(vendor)) => {
            if text.key.is_some() || text.model.is_some() {
                return Err(ConfigError::value(
                    path,
                    "expected `key` and `model` among the vendor's `settings`",
                ));
            }
            let mut settings = Value::Object(text.settings.clone());
            fetch_all(&mut settings, &format!("{path}.settings"), secrets)?;
            if let Some(Ok(url)) = settings["url"].as_str().map(str::parse::<Uri>) {
                allow(&url, server, &format!("{path}.settings.url"))?;
            }
            Reach::Adapter { vendor: vendor.clone(), settings }
        }
        _ => return Err(ConfigError::value(path, "expected either `url` or `vendor`")),
    };
    Ok(TargetConfig::new(reach, text))
}

fn address(text: &str, path: &str) -> Result<Uri, ConfigError> {
    let uri = text.parse::<Uri>().ok();
    uri.filter(|uri| uri.host().is_some() && matches!(uri.scheme_str(), Some("http" | "https"))).ok_or_else(
        || {
            let message = format!("expected an address that begins with http:// or https://, got `{text}`");
            ConfigError::value(path, message)
        },
    )
}

/// Refuses a host that is not in the list, if there is a list.
pub(super) fn allow(url: &Uri, server: &ServerText, path: &str) -> Result<(), ConfigError> {
    let hosts = &server.upstream_hosts;
    let (host, authority) = (url.host().unwrap_or_default(), url.authority().map_or("", |all| all.as_str()));
    if hosts.is_empty() || hosts.iter().any(|allowed| allowed == host || allowed == authority) {
        return Ok(());
    }
    let message = format!("expected a host of `server.upstream_hosts`, got `{authority}`: add it there");
    Err(ConfigError::value(path, message))
}

//! `bargein serve`: the doors, with the vendors of a configuration, or with embedded mocks when there is none.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use bargein_mocks::script::{AsrScript, LlmScript, TtsScript};
use bargein_mocks::{Mock, Observer, Says, serve_asr, serve_llm, serve_tts};
use bargein_net::{Ids, ServerHandle, World};
use bargein_server::config::{Config, ConfigError, ModelConfig, RecogniserConfig, SecretSource, VoiceConfig};
use bargein_server::{AccessLog, Observe, ServerState, StateError, open};
use bargein_wire::units::Secret;
use serde_json::json;

use super::{Exit, Surroundings};

/// The model that the embedded mocks are listed as.
const MOCK: &str = "mock";
/// What the embedded recogniser hears in every recording.
const HEARD: &str = "This is what the mock recogniser hears.";
/// How many times faster than it was spoken it takes a recording.
const MOCK_SPEED: u32 = 20;

#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    /// Where to listen. Default: what the configuration says, or 127.0.0.1:8080.
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// The configuration, TOML. Without one, mock vendors answer, and only this machine is listened to.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Read the configuration, say what is wrong with it, and end.
    #[arg(long, requires = "config")]
    check_config: bool,
    /// Print the commented reference of the configuration, and end.
    #[arg(long)]
    print_config: bool,
}

/// Why nothing is served.
#[derive(Debug, thiserror::Error)]
enum ServeError {
    #[error("expected a configuration in {}, got: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("{}: {source}", path.display())]
    Config { path: PathBuf, source: ConfigError },
    #[error("--listen: {0}")]
    Listen(#[source] ConfigError),
    #[error(transparent)]
    State(#[from] StateError),
    #[error("expected to listen at {authority}, got: {source}")]
    Port { authority: String, source: io::Error },
    #[error("expected the embedded mocks to be reachable, got: {0}")]
    Mocks(String),
    #[error("expected the system to tell when to end, got: {0}")]
    Signals(#[source] io::Error),
    #[error("expected to append to the access log {}, got: {source}", path.display())]
    Log { path: PathBuf, source: io::Error },
    #[error("expected to write where the server is: {0}")]
    Address(#[source] io::Error),
}

impl ServeError {
    const fn exit(&self) -> Exit {
        match self {
            Self::Unreadable { .. } | Self::Config { .. } | Self::Listen(_) | Self::State(_) => Exit::Usage,
            Self::Port { .. } | Self::Log { .. } | Self::Mocks(_) | Self::Signals(_) | Self::Address(_) => {
                Exit::NotJudged
            }
        }
    }
}

/// The secrets of this process.
struct Secrets(fn(&str) -> Option<String>);

impl SecretSource for Secrets {
    fn variable(&self, name: &str) -> Option<String> {
        (self.0)(name)
    }

    fn file(&self, path: &str) -> io::Result<String> {
        fs::read_to_string(path)
    }
}

pub(super) fn run(arguments: &Arguments, surroundings: &mut Surroundings) -> Exit {
    if arguments.print_config {
        return match write!(surroundings.out, "{}", bargein_server::config::DEFAULT) {
            Ok(()) => Exit::Passed,
            Err(_) => Exit::NotJudged,
        };
    }
    let secrets = Secrets(surroundings.variable);
    let served = if arguments.check_config {
        check(arguments, &secrets, &mut *surroundings.out)
    } else {
        let served = bargein_net::run_real(Ids::fresh_seed(), async |world| {
            serve(&world, arguments, &secrets, surroundings).await
        });
        match served {
            Ok(served) => served,
            Err(error) => {
                surroundings.complain(error);
                return Exit::NotJudged;
            }
        }
    };
    match served {
        Ok(()) => Exit::Passed,
        Err(error) => {
            surroundings.complain(&error);
            error.exit()
        }
    }
}

/// Reads the configuration of the command line, if there is one.
fn configured(arguments: &Arguments, secrets: &Secrets) -> Result<Option<Config>, ServeError> {
    let Some(path) = &arguments.config else { return Ok(None) };
    let unreadable = |source| ServeError::Unreadable { path: path.clone(), source };
    let text = fs::read_to_string(path).map_err(unreadable)?;
    let config = Config::read(&text, secrets);
    let mut config = config.map_err(|source| ServeError::Config { path: path.clone(), source })?;
    if let Some(listen) = &arguments.listen {
        config.listen_at(listen).map_err(ServeError::Listen)?;
    }
    Ok(Some(config))
}

/// Everything but listening.
fn check(arguments: &Arguments, secrets: &Secrets, out: &mut dyn Write) -> Result<(), ServeError> {
    let Some(config) = configured(arguments, secrets)? else { return Ok(()) };
    let (models, clients) = (config.models.len(), config.clients.len());
    // Clients of vendors are made and dropped again; nothing is dialed.
    let opened =
        bargein_net::run_virtual(1, async |world| ServerState::new(&world, config, Vec::new()).map(drop));
    opened.map_err(|error| ServeError::Mocks(error.to_string()))??;
    writeln!(out, "ok: {models} models, {clients} clients").map_err(ServeError::Address)
}

/// Serves until the system asks for the end, and reads the configuration again when it asks for that. Asked for the end
/// again, it does not wait for anybody.
async fn serve(
    world: &World,
    arguments: &Arguments,
    secrets: &Secrets,
    surroundings: &mut Surroundings,
) -> Result<(), ServeError> {
    let mut termination = world.termination().map_err(ServeError::Signals)?;
    let mut hangup = world.hangup().map_err(ServeError::Signals)?;
    let mut mocks = Vec::new();
    let config = match configured(arguments, secrets)? {
        Some(config) => config,
        None => embedded(world, arguments, &mut mocks).await?,
    };
    let authority = config.server.listen.clone();
    let observers = access_log(world, &config.server.access_log)?;
    let state = ServerState::new(world, config, observers)?;
    let listener = world.network.listen(&authority).await;
    let listener = listener.map_err(|source| ServeError::Port { authority, source })?;
    let server = open(listener, &state);
    tell(&mut *surroundings.out, &server, &mocks).map_err(ServeError::Address)?;
    loop {
        tokio::select! {
            biased;
            () = termination.asked() => break,
            () = hangup.asked() => match reload(arguments, secrets, &state) {
                Ok(true) => surroundings.complain("the configuration was read again and is in force"),
                Ok(false) => surroundings.complain("there is no configuration to read again"),
                Err(error) => surroundings.complain(format!("the configuration before stays in force: {error}")),
            },
        }
    }
    state.in_flight.drain();
    let drain = state.live().config.server.drain.get();
    tokio::select! {
        biased;
        () = termination.asked() => {}
        // What outlives the grace is a client that does not read.
        _ = server.stop(drain) => {}
    }
    Ok(())
}

/// Puts the configuration in force as it is now. Requests in progress go on as they began.
fn reload(arguments: &Arguments, secrets: &Secrets, state: &ServerState) -> Result<bool, ServeError> {
    let Some(config) = configured(arguments, secrets)? else { return Ok(false) };
    state.reload(config)?;
    Ok(true)
}

/// Who writes a line for every request, if anybody shall.
fn access_log(world: &World, place: &str) -> Result<Vec<Arc<dyn Observe>>, ServeError> {
    let out: Box<dyn Write + Send> = match place {
        "off" => return Ok(Vec::new()),
        "stdout" => Box::new(io::stdout()),
        path => {
            let unwritable = |source| ServeError::Log { path: path.into(), source };
            Box::new(fs::OpenOptions::new().create(true).append(true).open(path).map_err(unwritable)?)
        }
    };
    Ok(vec![AccessLog::start(world, out)])
}

/// What is served when nothing is configured: mock vendors, started here.
async fn embedded(world: &World, arguments: &Arguments, mocks: &mut Vec<Mock>) -> Result<Config, ServeError> {
    let unreachable = |error: &dyn std::fmt::Display| ServeError::Mocks(error.to_string());
    let free = async || world.network.listen("127.0.0.1:0").await.map_err(|error| unreachable(&error));
    let settings = |mock: &Mock| mock.client_settings().as_object().cloned().unwrap_or_default();
    let listener = free().await?;
    let model = serve_llm(world, listener, LlmScript::default(), Observer::nobody());
    let setting = |name: &str| model.client_settings()[name].as_str().unwrap_or_default().to_owned();
    let url = setting("url").parse().map_err(|error| unreachable(&error))?;
    let key = Secret::new(setting("key"));
    let models = vec![ModelConfig::any(MOCK, url, key)];
    mocks.push(model);
    let mut config = Config::of_models(models);

    let script = TtsScript::default();
    let vendor = script.vendor().to_owned();
    let voice = serve_tts(world, free().await?, script, Observer::nobody());
    config.voices.push(VoiceConfig::any(MOCK, &vendor, settings(&voice)));
    mocks.push(voice);

    let script = AsrScript::parse(&json!({ "hears": HEARD })).map_err(|error| unreachable(&error))?;
    let vendor = script.vendor().to_owned();
    let ears = serve_asr(world, free().await?, script, Says::new(), Observer::nobody());
    config.recognisers.push(RecogniserConfig::any(MOCK, &vendor, settings(&ears), MOCK_SPEED));
    mocks.push(ears);
    if let Some(listen) = &arguments.listen {
        config.listen_at(listen).map_err(ServeError::Listen)?;
    }
    Ok(config)
}

fn tell(out: &mut dyn Write, server: &ServerHandle, mocks: &[Mock]) -> io::Result<()> {
    writeln!(out, "listening at http://{}", server.authority())?;
    if !mocks.is_empty() {
        writeln!(
            out,
            "No configuration: mock vendors answer, any key is accepted, only this machine is listened to."
        )?;
    }
    out.flush()
}

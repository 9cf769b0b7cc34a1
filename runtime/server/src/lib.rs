//! The doors: servers that put vendors behind protocols which everybody speaks.
//!
//! [`Config`] is read from one file, [`ServerState`] is what all doors share, [`open`] serves them at a listener. A
//! door is a folder of its own. Deliberately out: the mock vendors. Whoever wants to try a door without a vendor
//! starts mocks and hands in their addresses.

mod access_log;
mod audio_api;
mod clients;
pub mod config;
mod door;
mod error;
mod health;
mod llm_proxy;
mod metrics;
mod observe;
mod openapi;
mod request_body;
mod state;
mod tts_server;
mod upstream;

pub use access_log::AccessLog;
pub use audio_api::{Recogniser, Recognisers};
pub use clients::{Admission, Clients, Denied};
pub use config::{Config, ConfigError, SecretSource};
pub use door::open;
pub use error::Refusal;
pub use llm_proxy::{Model, Models};
pub use metrics::Metrics;
pub use observe::{End, Exchange, Observe, Timings};
pub use openapi::OPENAPI;
pub use state::{Flight, InFlight, Live, ServerState, StateError};
pub use tts_server::{Source, Voice, VoiceTarget, Voices};

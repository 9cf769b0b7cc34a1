//! One case's world: mock vendors, the agent's session, its room, and a witness who records the timeline.
//!
//! The same code over a network in memory and over sockets. Deliberately out: what user and app do, and when
//! ([`crate::run`]).

mod cast;
mod clients;
mod ear;
mod heard;
mod notices;
mod observations;
mod recorder;
mod scripts;
mod speeches;
mod stage;
mod witness;

pub use cast::Cast;
pub(crate) use cast::wrong_config;
pub use recorder::Recorder;
pub use scripts::load_scripts;
pub use stage::StageError;
pub(crate) use stage::{Stage, Struck};

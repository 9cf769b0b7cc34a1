//! The agent's clients of the mock vendors, made from settings as a server's configuration would give them.

use bargein_adapters::registry::{self, OpenError};
use bargein_agent::Vendors;
use bargein_mocks::Mock;
use bargein_net::World;

use super::cast::Cast;

/// A client for each of the mocks of recogniser, model and synthesiser.
pub(super) fn clients(world: &World, cast: &Cast, [asr, llm, tts]: &[Mock; 3]) -> Result<Vendors, OpenError> {
    Ok(Vendors {
        asr: Some(registry::asr(cast.asr.vendor(), world, asr.client_settings().clone())?),
        llm: Some(registry::llm(cast.llm.vendor(), world, llm.client_settings().clone())?),
        tts: Some(registry::tts(cast.tts.vendor(), world, tts.client_settings().clone())?),
    })
}

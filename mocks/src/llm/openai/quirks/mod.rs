//! What each quirk does to an answer.
//!
//! A quirk of these streams changes their frames ([`frames`], [`ends`]). Those that any stream may show are one level up.
//! Several may be shown at once.

mod ends;
mod frames;

use super::ask::Ask;
use super::stream::ChatStream;
use crate::llm::quirk::Quirk;
use crate::script::LlmBehaviour;

/// Changes the frames of a stream.
pub(super) fn change_frames(quirks: &[Quirk], stream: &mut ChatStream, ask: &Ask, does: &LlmBehaviour) {
    for quirk in quirks {
        frames::change(*quirk, stream, ask, does);
        ends::change(*quirk, stream, ask, does);
    }
}

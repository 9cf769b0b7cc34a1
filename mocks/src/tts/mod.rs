//! Speech synthesisers played by us.

pub(crate) mod azure;
pub(crate) mod bytedance;
pub(crate) mod cartesia;
pub(crate) mod cosyvoice;
pub(crate) mod custom;
pub(crate) mod elevenlabs;
pub(crate) mod http;
pub(crate) mod minimax;
pub(crate) mod openai;
mod outbox;
pub(crate) mod socket;
mod sound;
mod speech;
pub(crate) mod stepfun;
pub(crate) mod tencent;

use axum::Router;
use bargein_net::{Listener, World};

use crate::ledger::Ledger;
use crate::mock::Mock;
use crate::observe::{Observer, Role};
use crate::registry;
use crate::script::TtsScript;

/// Plays the script's speech synthesiser at `listener`. Its tasks are the world's.
pub fn serve_tts(world: &World, listener: Listener, script: TtsScript, observer: Observer) -> Mock {
    let ledger = Ledger::new(world, Role::Tts, script.limits().clone(), observer);
    let vendor = registry::vendor(registry::TTS, script.vendor());
    let settings =
        vendor.map(|vendor| (vendor.settings)(listener.authority(), script.key())).unwrap_or_default();
    let router = vendor.map_or_else(Router::new, |vendor| (vendor.router)(script, ledger.clone()));
    Mock::serve(world, listener, ledger, router, settings)
}

//! Language models played by us.

mod any_stream;
pub(crate) mod ark;
pub(crate) mod coze;
pub(crate) mod deepseek;
pub(crate) mod dify;
pub(crate) mod ernie;
mod events;
pub(crate) mod hunyuan;
pub(crate) mod lkeap;
pub(crate) mod minimax;
pub(crate) mod openai;
pub(crate) mod openai_responses;
mod pace;
pub(crate) mod quirk;
pub(crate) mod qwen;
mod refusal;
pub(crate) mod siliconflow;
pub(crate) mod stepfun;
mod tokens;

use axum::Router;
use bargein_net::{Listener, World};

use crate::ledger::Ledger;
use crate::mock::Mock;
use crate::observe::{Observer, Role};
use crate::registry;
use crate::script::LlmScript;

/// Plays the script's language model at `listener`. Its tasks are the world's.
pub fn serve_llm(world: &World, listener: Listener, script: LlmScript, observer: Observer) -> Mock {
    let ledger = Ledger::new(world, Role::Llm, script.limits().clone(), observer);
    let vendor = registry::vendor(registry::LLM, script.vendor());
    let settings =
        vendor.map(|vendor| (vendor.settings)(listener.authority(), script.key())).unwrap_or_default();
    let router = vendor.map_or_else(Router::new, |vendor| (vendor.router)(script, ledger.clone()));
    Mock::serve(world, listener, ledger, router, settings)
}

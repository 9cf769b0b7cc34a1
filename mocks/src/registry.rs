//! The vendors that we play: one line each. The first of a role is its default.

use std::sync::Arc;

use axum::Router;
use bargein_wire::units::Secret;
use serde_json::Value;
use tokio::sync::watch;

use crate::asr::{Says, bytedance, dashscope, tencent};
use crate::ledger::Ledger;
use crate::llm::{
    ark, coze, deepseek, dify, ernie, hunyuan, lkeap, minimax, openai, openai_responses, qwen, siliconflow,
    stepfun,
};
use crate::raw::MutantVendor;
use crate::script::{AsrScript, LlmScript, TtsScript};
use crate::tts::{self, custom};

/// Language models.
pub(crate) const LLM: &[Vendor<LlmRouter>] = &[
    openai::VENDOR,
    deepseek::VENDOR,
    hunyuan::VENDOR,
    ark::VENDOR,
    qwen::VENDOR,
    stepfun::VENDOR,
    ernie::VENDOR,
    siliconflow::VENDOR,
    lkeap::VENDOR,
    minimax::VENDOR,
    coze::VENDOR,
    dify::VENDOR,
    openai_responses::VENDOR,
];

/// Speech synthesisers.
pub(crate) const TTS: &[Vendor<TtsRouter>] = &[
    custom::VENDOR,
    tts::openai::VENDOR,
    tts::stepfun::VENDOR,
    tts::elevenlabs::VENDOR,
    tts::cartesia::VENDOR,
    tts::minimax::VENDOR,
    tts::azure::VENDOR,
    tts::tencent::VENDOR,
    tts::bytedance::VENDOR,
    tts::cosyvoice::VENDOR,
];

/// Speech recognisers.
pub(crate) const ASR: &[Vendor<AsrRouter>] = &[tencent::VENDOR, dashscope::VENDOR, bytedance::VENDOR];

/// The endpoint of models that can be played with a rule broken.
pub use crate::llm::openai::reference as model_reference;

/// The vendors that can also be played with every rule kept, or with just one broken.
pub const MUTANT_VENDORS: &[MutantVendor] =
    &[custom::reference::MUTANT_VENDOR, openai::reference::MUTANT_VENDOR];

/// A vendor of a role.
pub(crate) struct Vendor<Router> {
    /// Its id in scripts.
    pub(crate) id: &'static str,
    /// What serves it.
    pub(crate) router: Router,
    /// What its client is to be set to, by the authority that serves it and the key that is let in.
    pub(crate) settings: fn(&str, &Secret) -> Value,
    /// How it is found at a port that it may share with other roles of the same company.
    pub(crate) door: Door,
}

/// Where one role of a company is found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Door {
    /// Whether its clients speak WebSocket.
    pub(crate) is_web_socket: bool,
    /// Whether a path is this role's. What is nobody's is answered by the company's first role.
    pub(crate) takes: fn(&str) -> bool,
    /// How people point the vendor's own client at an authority: one line.
    pub(crate) client: fn(&str) -> String,
}

/// Serves a language model.
pub(crate) type LlmRouter = fn(LlmScript, Arc<Ledger>) -> Router;
/// Serves a speech synthesiser.
pub(crate) type TtsRouter = fn(TtsScript, Arc<Ledger>) -> Router;
/// Serves a speech recogniser. Its streams end with the channel.
pub(crate) type AsrRouter = fn(AsrScript, Says, Arc<Ledger>, watch::Receiver<()>) -> Router;

/// The ids of all companies, in the order of the tables; one that has several roles stands once.
pub(crate) fn companies() -> Vec<&'static str> {
    let mut companies = Vec::new();
    for id in [ids(LLM), ids(TTS), ids(ASR)].concat() {
        if !companies.contains(&id) {
            companies.push(id);
        }
    }
    companies
}

/// The ids of a role's vendors.
pub(crate) fn ids<Router>(vendors: &[Vendor<Router>]) -> Vec<&'static str> {
    vendors.iter().map(|vendor| vendor.id).collect()
}

/// The vendor of this id; a script cannot name one that is not there.
pub(crate) fn vendor<'a, Router>(vendors: &'a [Vendor<Router>], id: &str) -> Option<&'a Vendor<Router>> {
    vendors.iter().find(|vendor| vendor.id == id)
}

//! Vendors played by us: an LLM, a TTS and an ASR that speak the real protocols from a script.
//!
//! A vendor is three things: a [`script`] of its behaviour, a sans-IO model that turns a request and the script into
//! an answer (bytes, each at its time), and a server that plays answers in either world. Times are
//! absolute: everything is due at a fixed distance from the arrival of its request.
//!
//! Nothing here shares code with the adapters, so that a mistake is not made twice.
//!
//! ```
//! use bargein_mocks::script::LlmScript;
//! use bargein_mocks::{Observer, serve_llm};
//! use serde_json::json;
//!
//! let script = json!({ "reply": "我在。", "first_token": "300ms", "request 1": { "status": 429, "after": "80ms" } });
//! let status = bargein_net::run_virtual(7, async |world| -> Result<u16, Box<dyn std::error::Error>> {
//!     let listener = world.network.listen("llm.mock:80").await?;
//!     let vendor = serve_llm(&world, listener, LlmScript::parse(&script)?, Observer::nobody());
//!     let ask = json!({ "model": "any", "messages": [{ "role": "user", "content": "hi" }], "stream": true });
//!     let request = http::Request::post("http://llm.mock/v1/chat/completions").body(ask.to_string())?;
//!     let response = bargein_net::http_client(&world).request(request).await?;
//!     assert_eq!(world.clock.now().as_millis(), 80);
//!     assert_eq!(vendor.journal().len(), 1);
//!     Ok(response.status().as_u16())
//! })?;
//! assert_eq!(status.map_err(|error| error.to_string())?, 429);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answer;
mod asr;
mod cjk;
mod ledger;
mod llm;
mod mischief;
mod mock;
mod observe;
mod play;
mod raw;
mod refusal;
mod registry;
mod request;
pub mod script;
mod tts;
mod vendors;

pub use asr::{Says, Utterance, serve_asr};
pub use ledger::{JOURNAL_BODY, JOURNAL_LENGTH, JournalEntry};
pub use llm::serve_llm;
pub use mock::Mock;
pub use observe::{Observation, Observer, Role, What};
pub use raw::{Mutant, MutantVendor, Reference};
pub use registry::{MUTANT_VENDORS, model_reference};
pub use tts::custom::reference;
pub use tts::serve_tts;
pub use vendors::{MockVendor, MockVendors, Scripts, StartError};

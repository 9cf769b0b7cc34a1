//! A model endpoint without a fault, and the mutants of it: one rule broken on purpose, down to the bytes.
//!
//! It is what `bargein check llm` is tested against. Wire facts: the official SDK and the API reference. Out: images,
//! audio, `n` above 1, log probabilities, and scripts, which the mock beside it has.

mod frames;
mod head;
mod mutants;
mod refusal;
mod script;
mod vendor;
mod wish;
mod wreck;

use std::sync::Arc;

use bargein_net::{Listener, World};

pub use self::mutants::MUTANTS;
pub use self::script::ModelScript;
use crate::raw::{Mutant, MutantVendor, Reference, serve_raw};

/// The reference and its mutants under the vendor's name.
pub(crate) const MUTANT_VENDOR: MutantVendor = MutantVendor {
    id: "openai",
    mutants: MUTANTS,
    serve: |world, listener, mutant| serve_model_reference(world, listener, ModelScript::default(), mutant),
};

/// Serves the reference, or one of its mutants. Its tasks are the world's.
pub fn serve_model_reference(
    world: &World,
    listener: Listener,
    script: ModelScript,
    mutant: Option<&'static Mutant>,
) -> Reference {
    let key = script.key.clone();
    let model = vendor::Model::new(script, mutant, world.clock.clone());
    Reference::new(serve_raw(world, listener, Arc::new(model), None), "http", script::PATH, key)
}

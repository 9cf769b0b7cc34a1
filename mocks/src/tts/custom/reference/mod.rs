//! The reference: a custom TTS server that keeps every rule of the protocol, and breaks any one of them on demand.
//!
//! It is what the checker is tested with. Each check has a [`Mutant`], a switch that breaks its rule and as little else
//! as can be, so the server writes its own bytes (`crate::raw`): a library would mend them. It works in both worlds
//! and depends on nothing but its script. Out: TLS, and the formats `mp3` and `ogg_opus`, which the protocol's first phase
//! does not have.

mod answer;
mod asked;
mod broken;
mod content;
mod head;
mod mutants;
mod refusal;
mod service;
mod speak;
mod speech;
mod state;
mod timing;
mod wish;

use std::sync::Arc;
use std::time::Duration;

use bargein_net::{Listener, ServerTls, World};
use bargein_wire::units::Secret;

use self::broken::Broken;
pub use self::mutants::MUTANTS;
use self::service::Service;
use crate::raw::{Mutant, MutantVendor, Reference, serve_raw};

/// The reference and its mutants under the vendor's name.
pub(crate) const MUTANT_VENDOR: MutantVendor = MutantVendor {
    id: "custom",
    mutants: MUTANTS,
    serve: |world, listener, mutant| serve_reference(world, listener, ReferenceScript::default(), mutant),
};

/// What the reference does. The default is a good server of a small voice.
#[derive(Clone, Debug)]
pub struct ReferenceScript {
    /// The key that is let in.
    pub key: Secret,
    /// The only path that speaks.
    pub path: String,
    /// From the request's last byte to the first audio. Default 100 ms.
    pub first_audio: Duration,
    /// Between two pieces of audio, by the schedule of the first. Default 20 ms.
    pub gap: Duration,
    /// How much audio a piece is. Default 200 ms.
    pub piece: Duration,
    /// How many texts are spoken at once; more are refused with status 429. Default 24.
    pub streams: usize,
    /// What is shown to clients that speak TLS; `None` speaks plain HTTP. In memory nothing is encrypted.
    pub tls: Option<ServerTls>,
}

impl Default for ReferenceScript {
    fn default() -> Self {
        Self {
            key: Secret::new("reference-key"),
            path: "/stream-audio".to_owned(),
            first_audio: Duration::from_millis(100),
            gap: Duration::from_millis(20),
            piece: Duration::from_millis(200),
            streams: 24,
            tls: None,
        }
    }
}

/// Serves the reference, unbroken or with one rule broken.
pub fn serve_reference(
    world: &World,
    listener: Listener,
    script: ReferenceScript,
    mutant: Option<&'static Mutant>,
) -> Reference {
    let (path, key) = (script.path.clone(), script.key.clone());
    let broken = Broken::by(mutant);
    let tls = script.tls.clone().or_else(|| broken.is("OPS-01").then(untrusted).flatten());
    let service = Service::new(script, broken, world.clock.clone(), listener.authority());
    let scheme = if tls.is_some() { "https" } else { "http" };
    Reference::new(serve_raw(world, listener, Arc::new(service), tls), scheme, &path, key)
}

/// TLS with a certificate that only those trust who were told to: its key is known to everybody.
fn untrusted() -> Option<ServerTls> {
    let certificate = include_bytes!("tls/certificate.der");
    ServerTls::new(&[certificate], include_bytes!("tls/key.der")).ok()
}

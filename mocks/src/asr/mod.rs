//! Speech recognisers played by us.

pub(crate) mod bytedance;
pub(crate) mod dashscope;
mod hearing;
mod outbox;
mod protocol;
mod says;
mod socket;
mod stream;
pub(crate) mod tencent;

use axum::Router;
use bargein_net::{Listener, World};
pub use says::{Says, Utterance};
use tokio::sync::watch;

use crate::ledger::Ledger;
use crate::mock::Mock;
use crate::observe::{Observer, Role};
use crate::registry;
use crate::script::AsrScript;

/// Plays the script's recogniser at `listener`; `says` are the words of the user it hears. Its tasks are the world's.
pub fn serve_asr(
    world: &World,
    listener: Listener,
    script: AsrScript,
    says: Says,
    observer: Observer,
) -> Mock {
    let ledger = Ledger::new(world, Role::Asr, script.limits().clone(), observer);
    // Nothing is ever sent: the end of the mock is the end of the channel.
    let (open, closed) = watch::channel(());
    let vendor = registry::vendor(registry::ASR, script.vendor());
    let settings =
        vendor.map(|vendor| (vendor.settings)(listener.authority(), script.key())).unwrap_or_default();
    let router =
        vendor.map_or_else(Router::new, |vendor| (vendor.router)(script, says, ledger.clone(), closed));
    Mock::serve(world, listener, ledger, router, settings).with_streams(open)
}

//! Tencent Cloud real-time speech recognition over WebSocket: classic version 2, and version 3 of the room service.
//!
//! Wire facts: [`bargein_wire::tencent_asr`] and the service's document,
//! <https://cloud.tencent.com/document/product/1093/48982>. Deliberately out: sentence mode, word times, every audio
//! format but PCM, engines for 8 kHz, making user signatures, and opening a stream again.

mod fault;
mod settings;
mod stream;

use std::sync::Arc;

use bargein_core::{AsrEvent, FaultKind, VendorFault};
use bargein_net::{Clock, Connector, Ids, World};
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::{self as streams, BoxStream};
use http::{HeaderMap, Uri};
use tokio::sync::mpsc;

pub use self::settings::{HotWord, Settings, Version};
use self::stream::{Said, Told};
use super::{Asr, AsrCall, socket};
use crate::registry::{OpenError, VendorSettings};

impl VendorSettings for Settings {
    type Client = dyn Asr;

    fn open(self, world: &World) -> Result<Arc<dyn Asr>, OpenError> {
        self.check()?;
        Ok(Arc::new(Recogniser {
            connector: Connector::new(world),
            clock: world.clock.clone(),
            ids: world.ids.clone(),
            settings: self,
        }))
    }
}

/// A client of the service.
struct Recogniser {
    connector: Connector,
    clock: Clock,
    ids: Ids,
    settings: Settings,
}

impl Asr for Recogniser {
    fn open(&self, _call: AsrCall, audio: mpsc::Receiver<Bytes>) -> BoxStream<'static, AsrEvent> {
        let (address, start) = match self.opening() {
            Ok(opening) => opening,
            Err(fault) => return streams::iter([AsrEvent::Failed(fault)]).boxed(),
        };
        let (connector, clock) = (self.connector.clone(), self.clock.clone());
        let connecting = async move {
            socket::connect(&connector, &clock, address, HeaderMap::new(), fault::of_refusal).await
        };
        let key = self.settings.key().clone();
        socket::events(self.clock.clone(), connecting, Said { start }, Told, key, audio).boxed()
    }
}

impl Recogniser {
    /// The address of a new stream, and what is said first there.
    fn opening(&self) -> Result<(Uri, Option<String>), VendorFault> {
        let unix_secs = self.clock.unix_millis() / 1000;
        // New for every stream, also after one that failed: the service refuses a name it has seen.
        let voice_id = self.ids.uuid();
        tracing::debug!(%voice_id, "a stream is opened");
        let (address, start) = self.settings.opening(unix_secs, self.ids.nonce(), &voice_id.to_string());
        let address = address.parse().map_err(|error| {
            VendorFault::new(FaultKind::BadRequest, format!("expected an address, got {error}"))
        })?;
        Ok((address, start))
    }
}

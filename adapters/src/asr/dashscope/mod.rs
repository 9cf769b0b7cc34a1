//! DashScope real-time recognition over WebSocket: Paraformer, Fun-ASR and Gummy.
//!
//! A stream is one task on a connection of its own. Wire facts: [`bargein_wire::dashscope`]. Deliberately out: running
//! a second task on a connection, translations, word times, making tables of hot words, and audio that is not PCM.

mod fault;
mod settings;
mod stream;

use std::sync::Arc;

use bargein_core::AsrEvent;
use bargein_net::{Clock, Connector, Ids, World};
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::{self as streams, BoxStream};
use http::{HeaderMap, Uri};
use tokio::sync::mpsc;

pub use self::settings::Settings;
use self::stream::{Said, Told};
use super::{Asr, AsrCall, socket};
use crate::registry::{OpenError, VendorSettings, address};

impl VendorSettings for Settings {
    type Client = dyn Asr;

    fn open(self, world: &World) -> Result<Arc<dyn Asr>, OpenError> {
        self.check()?;
        Ok(Arc::new(Recogniser {
            address: address("url", &self.url, ["ws", "wss"])?,
            headers: self.headers()?,
            connector: Connector::new(world),
            clock: world.clock.clone(),
            ids: world.ids.clone(),
            settings: self,
        }))
    }
}

/// A client of the service.
struct Recogniser {
    address: Uri,
    headers: HeaderMap,
    connector: Connector,
    clock: Clock,
    ids: Ids,
    settings: Settings,
}

impl Asr for Recogniser {
    fn open(&self, _call: AsrCall, audio: mpsc::Receiver<Bytes>) -> BoxStream<'static, AsrEvent> {
        let task_id = self.ids.uuid().simple().to_string();
        tracing::debug!(%task_id, "a task is run");
        let said = match Said::new(&self.settings, &task_id) {
            Ok(said) => said,
            Err(fault) => return streams::iter([AsrEvent::Failed(fault)]).boxed(),
        };
        let (connector, clock) = (self.connector.clone(), self.clock.clone());
        let (address, headers) = (self.address.clone(), self.headers.clone());
        let connecting =
            async move { socket::connect(&connector, &clock, address, headers, fault::of_refusal).await };
        let key = self.settings.api_key.clone();
        socket::events(self.clock.clone(), connecting, said, Told::default(), key, audio).boxed()
    }
}

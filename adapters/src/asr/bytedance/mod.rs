//! ByteDance's streaming recognition ("bigmodel") in binary frames over WebSocket.
//!
//! Wire facts: [`bargein_wire::bytedance`]. Deliberately out: compression, which the service does not ask for,
//! word times, audio that is not PCM, and keeping a silent stream alive.

mod fault;
mod settings;
mod stream;

use std::sync::Arc;

use bargein_core::AsrEvent;
use bargein_net::{Clock, Connector, Ids, World};
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use http::{HeaderMap, HeaderValue, Uri};
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
    fn open(&self, call: AsrCall, audio: mpsc::Receiver<Bytes>) -> BoxStream<'static, AsrEvent> {
        let connect_id = self.ids.uuid().to_string();
        tracing::debug!(%connect_id, "a stream is opened");
        let mut headers = self.headers.clone();
        if let Ok(id) = HeaderValue::from_str(&connect_id) {
            headers.insert("x-api-connect-id", id.clone());
            headers.insert("x-api-request-id", id);
        }
        let said = Said::new(&self.settings, &call.session.user_id);
        let (connector, clock, address) = (self.connector.clone(), self.clock.clone(), self.address.clone());
        let connecting =
            async move { socket::connect(&connector, &clock, address, headers, fault::of_refusal).await };
        let key = self.settings.key().clone();
        socket::events(self.clock.clone(), connecting, said, Told::default(), key, audio).boxed()
    }
}

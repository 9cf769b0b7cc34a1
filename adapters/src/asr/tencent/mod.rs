//! Tencent Cloud real-time speech recognition, version 2 of its WebSocket protocol.
//!
//! Wire facts: [`bargein_wire::tencent_asr`] and the service's document,
//! <https://cloud.tencent.com/document/product/1093/48982>. Deliberately out: sentence mode, word times, every audio
//! format but PCM, engines for 8 kHz, and opening a stream again.

mod fault;
mod settings;
mod stream;

use std::sync::Arc;

use bargein_core::{AsrEvent, FaultKind, VendorFault};
use bargein_net::{Clock, Connector, Ids, Io, World};
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use http::Uri;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

pub use self::settings::{HotWord, Settings};
use super::{Asr, AsrCall};
use crate::registry::{OpenError, VendorSettings};

/// Size of the read and of the write buffer: a frame of audio is 1,280 bytes, a result one line of JSON.
const BUFFER: usize = 4 * 1024;

/// The longest message that is read: some hundred times the longest sentence.
const LONGEST_MESSAGE: usize = 256 * 1024;

impl VendorSettings for Settings {
    type Client = dyn Asr;

    fn open(self, world: &World) -> Result<Arc<dyn Asr>, OpenError> {
        self.check()?;
        Ok(Arc::new(Recogniser(Arc::new(Inner {
            connector: Connector::new(world),
            clock: world.clock.clone(),
            ids: world.ids.clone(),
            settings: self,
        }))))
    }
}

/// A client of the service.
struct Recogniser(Arc<Inner>);

struct Inner {
    connector: Connector,
    clock: Clock,
    ids: Ids,
    settings: Settings,
}

impl Asr for Recogniser {
    fn open(&self, _call: AsrCall, audio: mpsc::Receiver<Bytes>) -> BoxStream<'static, AsrEvent> {
        stream::events(Arc::clone(&self.0), audio).map(|event| event.unwrap_or_else(AsrEvent::Failed)).boxed()
    }
}

impl Inner {
    /// Opens a WebSocket for one stream. The service has not said yet whether it takes the stream.
    async fn connect(&self) -> Result<WebSocketStream<Io>, VendorFault> {
        let address = self.address()?;
        let io = self.connector.dial(&address).await;
        let io = io.map_err(|error| crate::fault::of_transport(&error, true))?;
        let config = WebSocketConfig::default()
            .read_buffer_size(BUFFER)
            .write_buffer_size(BUFFER)
            .max_message_size(Some(LONGEST_MESSAGE))
            .max_frame_size(Some(LONGEST_MESSAGE));
        match client_async_with_config(address, io, Some(config)).await {
            Ok((socket, _)) => Ok(socket),
            Err(error) => Err(fault::of_handshake(&error, self.clock.unix_millis())),
        }
    }

    /// The signed address of a new stream.
    fn address(&self) -> Result<Uri, VendorFault> {
        let unix_secs = self.clock.unix_millis() / 1000;
        // New for every stream, also after one that failed: the service refuses a name it has seen.
        let voice_id = self.ids.uuid();
        tracing::debug!(%voice_id, "a stream is opened");
        let address = self.settings.address(unix_secs, self.ids.nonce(), &voice_id.to_string());
        address.parse().map_err(|error| {
            VendorFault::new(FaultKind::BadRequest, format!("expected an address, got {error}"))
        })
    }
}

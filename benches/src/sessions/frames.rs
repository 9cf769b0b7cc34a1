//! The room's transport: frames of 640 bytes, one behind the other, in both directions of a connection.

use std::io;

use bargein_agent::{AudioFrame, FRAME_BYTES};
use bargein_net::Io;
use bytes::BytesMut;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// How much is read at once: two frames, since a late one comes with its successor.
const READ: usize = 2 * FRAME_BYTES;

/// One end of a room's connection.
pub(super) struct Frames {
    io: Io,
    arrived: BytesMut,
}

impl Frames {
    pub(super) fn new(io: Io) -> Self {
        Self { io, arrived: BytesMut::new() }
    }

    /// Sends a frame.
    pub(super) async fn send(&mut self, frame: &AudioFrame) -> io::Result<()> {
        self.io.write_all(&frame.bytes()).await
    }

    /// The next frame; `None` when the other end has left. Nothing is lost when the future is dropped.
    pub(super) async fn next(&mut self) -> io::Result<Option<AudioFrame>> {
        while self.arrived.len() < FRAME_BYTES {
            self.arrived.reserve(READ);
            if self.io.read_buf(&mut self.arrived).await? == 0 {
                return Ok(None);
            }
        }
        let bytes = self.arrived.split_to(FRAME_BYTES).freeze();
        AudioFrame::from_bytes(bytes).map(Some).map_err(io::Error::other)
    }
}

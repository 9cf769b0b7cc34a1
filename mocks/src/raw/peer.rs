//! One connection, byte by byte: what has come and is not yet taken, and writes that do not wait for ever.

use std::time::Duration;

use bargein_net::{Clock, Io, Moment, Tasks};
use futures_util::FutureExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// Half of the clock's resolution, in nanoseconds.
const HALF_A_TICK: u64 = 500_000;
/// How much is read at once.
const READ: usize = 16 * 1024;
/// How much of requests to come is taken in while an answer is being written.
const AHEAD: usize = 64 * 1024;
/// How much of a refused request is read before the connection is given up, and for how long: closing a connection
/// with unread bytes takes the answer along.
const LINGER: (Duration, usize) = (Duration::from_secs(1), 16 * 1024 * 1024);

/// The client has gone, or does not move.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Gone;

/// The other end of a connection.
pub(crate) struct Peer {
    io: Io,
    clock: Clock,
    pending: Vec<u8>,
    has_ended: bool,
    /// How long a write may make no progress.
    write_stall: Duration,
    tasks: Tasks,
    /// Whether a request on this connection was refused: for vendors that wrongly remember it.
    pub(crate) spoiled: bool,
}

impl Peer {
    pub(super) const fn new(io: Io, clock: Clock, tasks: Tasks, write_stall: Duration) -> Self {
        Self { io, clock, pending: Vec::new(), has_ended: false, write_stall, tasks, spoiled: false }
    }

    /// The time of its world.
    pub(crate) const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// What has come and was not taken.
    pub(crate) fn pending(&self) -> &[u8] {
        &self.pending
    }

    /// Whether the client will send no more. It may still read.
    pub(crate) const fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// Takes the first bytes of what has come.
    pub(crate) fn take(&mut self, length: usize) -> Vec<u8> {
        let rest = self.pending.split_off(length.min(self.pending.len()));
        std::mem::replace(&mut self.pending, rest)
    }

    /// Waits for more bytes.
    pub(crate) async fn fill_within(&mut self, limit: Duration) -> Result<(), Gone> {
        if self.has_ended {
            return Err(Gone);
        }
        // A buffer grows by 64 bytes if it is left to it, and no server reads so little.
        self.pending.reserve(READ);
        let read = self.clock.timeout(limit, self.io.read_buf(&mut self.pending)).await;
        match read {
            Ok(Ok(0)) => {
                self.has_ended = true;
                Err(Gone)
            }
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) => {
                self.has_ended = true;
                Err(Gone)
            }
            Err(_) => Err(Gone),
        }
    }

    /// Waits, and notices when the client breaks the connection meanwhile. That it sends no more is not the same: it
    /// may wait for its answer.
    pub(crate) async fn wait_until(&mut self, at: Moment) -> Result<(), Gone> {
        // The clock ends waits at whole milliseconds, and so half of one late in the mean, which is taken off. What is due
        // at a whole millisecond is not moved by it.
        let at = Moment::from_nanos(at.as_nanos().saturating_sub(HALF_A_TICK));
        let mut over = self.clock.sleep_until(at);
        loop {
            if self.has_ended || self.pending.len() >= AHEAD {
                over.await;
                return Ok(());
            }
            self.pending.reserve(READ);
            tokio::select! {
                biased;
                () = &mut over => return Ok(()),
                read = self.io.read_buf(&mut self.pending) => match read {
                    Ok(0) => self.has_ended = true,
                    Ok(_) => {}
                    Err(_) => return Err(Gone),
                },
            }
        }
    }

    /// Writes all of it.
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> Result<(), Gone> {
        let mut left = bytes;
        while !left.is_empty() {
            let written = self.clock.timeout(self.write_stall, self.io.write(left)).await;
            match written {
                Ok(Ok(count)) if count > 0 => left = left.get(count..).unwrap_or_default(),
                _ => return Err(Gone),
            }
        }
        Ok(())
    }

    /// Writes what goes out at once, and takes that for all of it when it is little: the mistake of those who do not
    /// look at how much was written.
    pub(crate) async fn write_once(&mut self, bytes: &[u8]) -> Result<(), Gone> {
        match self.clock.timeout(self.write_stall, self.io.write(bytes)).await {
            Ok(Ok(count)) if count > 0 => Ok(()),
            _ => Err(Gone),
        }
    }

    /// Whether the server was told to stop.
    pub(crate) fn is_stopping(&self) -> bool {
        self.tasks.stopping().now_or_never().is_some()
    }

    /// Breaks the connection off.
    pub(crate) fn reset(self) {
        self.io.reset();
    }

    /// Says that no more comes, and gives the client the time to read what was said.
    pub(crate) async fn close(mut self) {
        // The client may be gone already, which is what was wanted.
        if self.io.shutdown().await.is_err() || self.has_ended {
            return;
        }
        let (time, most) = LINGER;
        let io = &mut self.io;
        let drained = async {
            let mut buffer = vec![0; 16 * 1024];
            let mut read = 0;
            while let Ok(count) = io.read(&mut buffer).await {
                read += count;
                if count == 0 || read > most {
                    return;
                }
            }
        };
        // Who goes on for longer than this does not listen.
        let _ = self.clock.timeout(time, drained).await;
    }
}

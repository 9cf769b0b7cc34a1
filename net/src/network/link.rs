//! A faulty link: carries bytes between two connections, late, slowly, and perhaps not to the end.
//!
//! It works on any two connections, so that the same faults happen in memory and on sockets.

use std::collections::VecDeque;
use std::io;
use std::num::NonZeroU64;
use std::time::Duration;

use rand::RngCore;
use rand_chacha::ChaCha8Rng;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::faults::{CutAt, CutHow, LinkFaults};
use super::io::Io;
use crate::{Clock, Moment};

/// The most one packet carries: what Ethernet leaves of 1,500 bytes after the headers of IP and TCP.
const PACKET: usize = 1_460;

/// How many packets may be under way in each direction before the sender waits: some 1.5 MB, a large TCP window.
const WINDOW: usize = 1_024;

/// Why a link came to its end before both directions had.
enum Broken {
    /// One end is gone and takes no more.
    Gone,
    /// One end was reset.
    Reset,
    /// It was to be cut now.
    Cut,
}

/// Carries bytes between `near`, the end that dialed, and `far` until both have ended or the link is cut.
pub(super) async fn carry(
    mut near: Io,
    mut far: Io,
    faults: LinkFaults,
    clock: Clock,
    random: [ChaCha8Rng; 2],
) {
    let (cut_byte, cut_time) = match faults.cut.map(|cut| cut.at) {
        Some(CutAt::Byte(byte)) => (Some(byte), None),
        Some(CutAt::Time(time)) => (None, Some(clock.now() + time)),
        None => (None, None),
    };
    let cut_in_time = clock.sleep_until_option(cut_time);
    let [random_out, random_back] = random;
    let broken = {
        let (near_read, near_write) = tokio::io::split(&mut near);
        let (far_read, far_write) = tokio::io::split(&mut far);
        let out = Lane::new(&clock, &faults, random_out, None).run(near_read, far_write);
        let back = Lane::new(&clock, &faults, random_back, cut_byte).run(far_read, near_write);
        tokio::select! {
            biased;
            () = cut_in_time => Err(Broken::Cut),
            ended = async { tokio::try_join!(biased; out, back) } => ended.map(|_| ()),
        }
    };
    let is_reset = match broken {
        Err(Broken::Reset) => true,
        Err(Broken::Cut) => faults.cut.is_some_and(|cut| cut.how == CutHow::Reset),
        Err(Broken::Gone) | Ok(()) => false,
    };
    if is_reset {
        near.reset();
        far.reset();
    }
}

/// One direction of a link.
struct Lane<'a> {
    clock: &'a Clock,
    latency: Duration,
    jitter_millis: u64,
    bandwidth: Option<NonZeroU64>,
    random: ChaCha8Rng,
    /// How many more bytes arrive before the cut.
    left: Option<u64>,
    under_way: VecDeque<(Moment, Packet)>,
    /// When the sender's wire is free for the next packet.
    free: Moment,
    /// When the last packet arrives: none overtakes it.
    last: Moment,
}

/// What travels: bytes, the end (no bytes), or news of a broken connection.
type Packet = io::Result<Vec<u8>>;

impl<'a> Lane<'a> {
    fn new(clock: &'a Clock, faults: &LinkFaults, random: ChaCha8Rng, left: Option<u64>) -> Self {
        Self {
            clock,
            latency: faults.latency,
            jitter_millis: u64::try_from(faults.jitter.as_millis()).unwrap_or(u64::MAX),
            bandwidth: faults.bandwidth,
            random,
            left,
            under_way: VecDeque::new(),
            free: Moment::ZERO,
            last: Moment::ZERO,
        }
    }

    /// Carries everything from one end to the other, its end included.
    async fn run<R, W>(mut self, mut from: R, mut to: W) -> Result<(), Broken>
    where
        R: AsyncRead + Unpin,
        W: AsyncWrite + Unpin,
    {
        let mut buffer = [0; PACKET];
        let mut is_open = true;
        loop {
            let arrival = self.under_way.front().map(|(at, _)| *at);
            tokio::select! {
                biased;
                read = from.read(&mut buffer), if is_open && self.under_way.len() < WINDOW => {
                    let packet = read.map(|length| buffer[..length].to_vec());
                    is_open = packet.as_ref().is_ok_and(|bytes| !bytes.is_empty());
                    self.send(packet);
                }
                () = self.clock.sleep_until_option(arrival) => match self.under_way.pop_front() {
                    Some((_, Ok(bytes))) if bytes.is_empty() => {
                        return to.shutdown().await.map_err(|_| Broken::Gone);
                    }
                    Some((_, Ok(bytes))) => self.deliver(&bytes, &mut to).await?,
                    Some((_, Err(_))) => return Err(Broken::Reset),
                    None => {}
                },
            }
        }
    }

    /// Puts a packet on its way.
    fn send(&mut self, packet: Packet) {
        let size = packet.as_ref().map_or(0, Vec::len);
        self.free = self.free.max(self.clock.now()) + self.transmission(size);
        let jitter = match self.jitter_millis {
            0 => 0,
            most => self.random.next_u64() % most.saturating_add(1),
        };
        self.last = self.last.max(self.free + self.latency + Duration::from_millis(jitter));
        self.under_way.push_back((self.last, packet));
    }

    /// How long the wire is busy with so many bytes.
    fn transmission(&self, bytes: usize) -> Duration {
        self.bandwidth.map_or(Duration::ZERO, |per_second| {
            Duration::from_nanos(bytes as u64 * 1_000_000_000 / per_second)
        })
    }

    /// Hands over what arrives, up to the cut.
    async fn deliver<W: AsyncWrite + Unpin>(&mut self, bytes: &[u8], to: &mut W) -> Result<(), Broken> {
        let reaches = match &mut self.left {
            None => bytes.len(),
            Some(left) => {
                let reaches = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                *left -= reaches as u64;
                reaches
            }
        };
        to.write_all(&bytes[..reaches]).await.map_err(|_| Broken::Gone)?;
        if self.left == Some(0) { Err(Broken::Cut) } else { Ok(()) }
    }
}

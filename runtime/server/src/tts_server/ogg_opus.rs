//! Opus in Ogg as it is streamed: each packet of 20 ms on a page of its own, so that it can leave at once.
//!
//! Sources: RFC 6716 and 7845. The codec and the container are crates; what is here is the identification header, the
//! comment header, and the counting of samples.

use bargein_core::{FaultKind, VendorFault};
use bytes::Bytes;
use ogg::{PacketWriteEndInfo, PacketWriter};
use opus_rs::{Application, OpusEncoder};

use super::layout::Layout;

/// The rates that the codec takes, in samples a second.
const RATES: [u32; 5] = [8_000, 12_000, 16_000, 24_000, 48_000];
/// Granule positions count at this rate, whatever the codec was given.
const GRANULES: u32 = 48_000;
/// What a decoder drops at the beginning: how far the encoder lags behind, in granules.
const PRE_SKIP: u16 = 312;
/// One packet.
const PACKET_MILLIS: u32 = 20;
/// No packet is longer.
const LONGEST_PACKET: usize = 1_276;
/// For one voice.
const BITS_A_SECOND: i32 = 32_000;
/// There is one stream in the file: its number says nothing.
const SERIAL: u32 = 1;

/// The encoder of one answer.
pub(super) struct OggOpus {
    rate: u32,
    channels: usize,
    codec: OpusEncoder,
    pages: PacketWriter<'static, Vec<u8>>,
    /// Samples for the next packet, the channels interleaved.
    waiting: Vec<i16>,
    /// How many samples of one channel were taken.
    taken: u64,
    /// How many packets were made.
    packets: u64,
}

impl OggOpus {
    pub(super) fn new(layout: Layout) -> Result<Self, VendorFault> {
        // The next rate above: nothing of the voice is lost.
        let rate = RATES.into_iter().find(|rate| *rate >= layout.rate).unwrap_or(GRANULES);
        let channels = usize::from(layout.channels);
        let mut codec = OpusEncoder::new(rate.cast_signed(), channels, Application::Voip).map_err(broken)?;
        codec.bitrate_bps = BITS_A_SECOND * i32::from(layout.channels);
        let mut pages = PacketWriter::new(Vec::new());
        let mut head = Vec::with_capacity(19);
        head.extend_from_slice(b"OpusHead\x01");
        head.push(layout.channels.to_le_bytes()[0]);
        head.extend_from_slice(&PRE_SKIP.to_le_bytes());
        head.extend_from_slice(&layout.rate.to_le_bytes());
        head.extend_from_slice(&[0; 3]);
        let mut tags = b"OpusTags".to_vec();
        tags.extend_from_slice(&7_u32.to_le_bytes());
        tags.extend_from_slice(b"bargein");
        tags.extend_from_slice(&0_u32.to_le_bytes());
        for header in [head, tags] {
            pages.write_packet(header, SERIAL, PacketWriteEndInfo::EndPage, 0).map_err(broken)?;
        }
        Ok(Self { rate, channels, codec, pages, waiting: Vec::new(), taken: 0, packets: 0 })
    }

    /// The rate at which samples are taken.
    pub(super) const fn rate(&self) -> u32 {
        self.rate
    }

    /// The pages that are complete by these samples; the headers are before the first one.
    pub(super) fn push(&mut self, samples: &[u8]) -> Result<Bytes, VendorFault> {
        self.waiting.extend(bargein_wire::pcm::samples(samples));
        self.taken += (samples.len() / 2 / self.channels) as u64;
        let packet = self.packet() * self.channels;
        let mut from = 0;
        while self.waiting.len() - from >= packet {
            self.encode(from..from + packet, PacketWriteEndInfo::EndPage)?;
            from += packet;
        }
        self.waiting.drain(..from);
        Ok(if from == 0 { Bytes::new() } else { std::mem::take(self.pages.inner_mut()).into() })
    }

    /// The last page. It says how many samples there were, so that what fills up its packet is not heard.
    pub(super) fn finish(mut self) -> Result<Bytes, VendorFault> {
        let packet = self.packet() * self.channels;
        // What the codec lags behind must be pushed out of it, which may take a packet more.
        let lag = u64::from(PRE_SKIP) * u64::from(self.rate) / u64::from(GRANULES);
        let wanted = (self.taken + lag).div_ceil(self.packet() as u64).max(self.packets + 1);
        while self.packets < wanted {
            self.waiting.resize(packet, 0);
            let is_last = self.packets + 1 == wanted;
            let end = if is_last { PacketWriteEndInfo::EndStream } else { PacketWriteEndInfo::EndPage };
            self.encode(0..packet, end)?;
            self.waiting.clear();
        }
        Ok(std::mem::take(self.pages.inner_mut()).into())
    }

    /// Samples of one channel in a packet.
    const fn packet(&self) -> usize {
        (self.rate * PACKET_MILLIS / 1000) as usize
    }

    fn encode(
        &mut self,
        samples: std::ops::Range<usize>,
        end: PacketWriteEndInfo,
    ) -> Result<(), VendorFault> {
        let mut packet = vec![0; LONGEST_PACKET];
        let frame = self.packet();
        let length = self.codec.encode_i16(&self.waiting[samples], frame, &mut packet).map_err(broken)?;
        packet.truncate(length);
        self.packets += 1;
        let so_far = self.packets * u64::from(GRANULES * PACKET_MILLIS / 1000);
        let granules = match end {
            PacketWriteEndInfo::EndStream => {
                self.taken * u64::from(GRANULES / self.rate) + u64::from(PRE_SKIP)
            }
            PacketWriteEndInfo::EndPage | PacketWriteEndInfo::NormalPacket => so_far,
        };
        self.pages.write_packet(packet, SERIAL, end, granules).map_err(broken)
    }
}

fn broken(error: impl std::fmt::Display) -> VendorFault {
    VendorFault::new(FaultKind::Broken, format!("expected audio that can be packed as Opus: {error}"))
}

#[cfg(test)]
mod tests {
    use ogg::PacketReader;
    use opus_rs::OpusDecoder;

    use super::super::layout::Packing;
    use super::*;

    /// What a player hears of a file: samples at 48 kHz, from its first channel.
    fn played(file: &[u8], channels: usize) -> Vec<f32> {
        let mut reader = PacketReader::new(std::io::Cursor::new(file));
        let head = reader.read_packet_expected().expect("a header").data;
        assert_eq!((&head[..8], head[9]), (&b"OpusHead"[..], u8::try_from(channels).expect("channels")));
        let skip = usize::from(u16::from_le_bytes([head[10], head[11]]));
        assert!(reader.read_packet_expected().expect("tags").data.starts_with(b"OpusTags"));
        let mut decoder = OpusDecoder::new(48_000, channels).expect("a decoder");
        let mut all = Vec::new();
        let mut end = 0;
        while let Some(packet) = reader.read_packet().expect("pages") {
            let mut pcm = vec![0.0; 960 * channels];
            let samples = decoder.decode(&packet.data, 960, &mut pcm).expect("a packet");
            all.extend(pcm[..samples * channels].iter().step_by(channels));
            assert!(packet.last_in_page(), "a packet a page");
            end = packet.absgp_page();
            assert_eq!(packet.last_in_stream(), reader.get_mut().position() as usize == file.len());
        }
        all.truncate(usize::try_from(end).expect("a length"));
        all.split_off(skip)
    }

    fn tone(rate: u32, millis: u32) -> Vec<i16> {
        let turn = |n: u32| f64::from(n) / f64::from(rate) * 440.0 * std::f64::consts::TAU;
        (0..rate * millis / 1000).map(|n| (turn(n).sin() * 12_000.0) as i16).collect()
    }

    #[test]
    fn what_is_heard_is_what_was_said_and_as_long() {
        for (rate, channels) in [(8_000, 1), (16_000, 1), (24_000, 1), (48_000, 1), (16_000, 2), (22_050, 1)]
        {
            let layout = Layout { packing: Packing::OggOpus, rate, channels };
            let mut opus = OggOpus::new(layout).expect("an encoder");
            let said = tone(opus.rate(), 410);
            let samples = said.iter().flat_map(|sample| vec![*sample; usize::from(channels)]);
            let bytes = bargein_wire::pcm::to_bytes(&samples.collect::<Vec<_>>());
            let mut file = Vec::new();
            for piece in bytes.chunks(300 * 2 * usize::from(channels)) {
                file.extend(opus.push(piece).expect("pages"));
            }
            file.extend(opus.finish().expect("an end"));
            let heard = played(&file, channels.into());
            assert_eq!(heard.len(), 48 * 410, "{layout:?}");
            // The same tone at the same time: it goes with a tone of our own and not with one a quarter later.
            let with = |shift: f64| {
                let turn = |n: usize| (n as f64 / 48_000.0 * 440.0 * std::f64::consts::TAU + shift).sin();
                let middle = 4_800..14_400;
                let product: f64 = middle.clone().map(|n| f64::from(heard[n]) * turn(n)).sum();
                product / middle.len() as f64
            };
            let (in_phase, quarter) = (with(0.0), with(std::f64::consts::FRAC_PI_2));
            assert!(in_phase > 0.12 && quarter.abs() < 0.35 * in_phase, "{layout:?}: {in_phase} {quarter}");
        }
    }

    #[test]
    fn the_first_packet_leaves_with_the_headers_before_it() {
        let layout = Layout { packing: Packing::OggOpus, rate: 16_000, channels: 1 };
        let mut opus = OggOpus::new(layout).expect("an encoder");
        assert!(opus.push(&[0; 638]).expect("pages").is_empty());
        let first = opus.push(&[0; 2]).expect("pages");
        assert!(first.starts_with(b"OggS"), "{first:?}");
        assert_eq!(first.windows(4).filter(|four| four == b"OggS").count(), 3, "two headers and a packet");
    }
}

//! The audio of an answer, and what can be measured in it.

use bargein_wire::pcm;

use crate::check::Heard;
use crate::check::raw::Exchange;

/// The audio of an answer: of a WAV what its header says, of PCM what was asked for. `None` when it is none.
#[must_use]
pub fn heard(exchange: &Exchange) -> Option<Heard> {
    let head = exchange.head.as_ref()?;
    let media_type = head.media_type();
    // A wrong type is one check's matter: all others listen.
    if head.status != 200
        || media_type == "application/json"
        || media_type.starts_with("text/")
        || exchange.body.is_empty()
    {
        return None;
    }
    if exchange.body.starts_with(b"RIFF") {
        return wav(exchange);
    }
    let asked = |name: &str, default: u64| {
        let body: serde_json::Value = serde_json::from_slice(&exchange.ask.body).unwrap_or_default();
        body.get(name).and_then(serde_json::Value::as_u64).filter(|value| *value > 0).unwrap_or(default)
    };
    let rate = u32::try_from(asked("SampleRate", 16_000)).unwrap_or(16_000);
    let channels = u16::try_from(asked("Channel", 1)).unwrap_or(1);
    Some(Heard::new(rate, channels, 0, exchange.body.clone()))
}

fn wav(exchange: &Exchange) -> Option<Heard> {
    let header = WavHeader::read(&exchange.body)?;
    let end = header.data_end(exchange.body.len());
    let samples = exchange.body.slice(header.data..end);
    Some(Heard::new(header.rate.max(1), header.channels.max(1), header.data, samples))
}

/// A WAV header as it stands there, right or wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct WavHeader {
    pub(super) riff_size: u32,
    pub(super) tag: u16,
    pub(super) sub_tag: Option<u16>,
    pub(super) channels: u16,
    pub(super) rate: u32,
    pub(super) byte_rate: u32,
    pub(super) block_align: u16,
    pub(super) bits: u16,
    /// Where the samples begin.
    pub(super) data: usize,
    pub(super) data_size: u32,
    /// Whether `fmt ` stands before `data`.
    pub(super) has_format: bool,
    /// How many bytes other chunks before `data` take, with their heads.
    pub(super) others: usize,
}

/// How far into a body the samples must begin.
const HEADER_REACH: usize = 4_096;

impl WavHeader {
    /// Reads the header; `None` when the body does not begin with one, or it holds no samples.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        if !body.starts_with(b"RIFF") || body.get(8..12)? != b"WAVE" {
            return None;
        }
        let mut header = Self { riff_size: word(body, 4)?, ..Self::default() };
        let mut at = 12;
        while at < HEADER_REACH {
            let (id, size) = (body.get(at..at + 4)?, word(body, at + 4)?);
            let content = at + 8;
            match id {
                b"data" => {
                    (header.data, header.data_size) = (content, size);
                    return Some(header);
                }
                b"fmt " => {
                    header.has_format = true;
                    header.tag = half(body, content)?;
                    header.channels = half(body, content + 2)?;
                    header.rate = word(body, content + 4)?;
                    header.byte_rate = word(body, content + 8)?;
                    header.block_align = half(body, content + 12)?;
                    header.bits = half(body, content + 14)?;
                    header.sub_tag = if size >= 26 { half(body, content + 24) } else { None };
                }
                _ => header.others += 8 + usize::try_from(size).ok()?,
            }
            let size = usize::try_from(size).ok()?;
            at = content.checked_add(size + size % 2)?;
        }
        None
    }

    /// Whether a size is one of those that say "not known yet".
    pub(super) const fn is_placeholder(size: u32) -> bool {
        matches!(size, 0 | 0x7FFF_FFFF | 0xFFFF_FFFF)
    }

    /// Where the samples end in a body of this length.
    pub(super) fn data_end(&self, length: usize) -> usize {
        let size = usize::try_from(self.data_size).unwrap_or(usize::MAX);
        if Self::is_placeholder(self.data_size) { length } else { self.data.saturating_add(size).min(length) }
    }
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2).map(|two| u16::from_le_bytes([two[0], two[1]]))
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4).map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]]))
}

/// The first channel.
pub(super) fn first_channel(heard: &Heard) -> Vec<i16> {
    let channels = usize::from(heard.channels.max(1));
    pcm::samples(&heard.samples).step_by(channels).collect()
}

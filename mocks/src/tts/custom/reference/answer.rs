//! What mutants make of an answer: its head, its chunks, its samples, its header, its end.
//!
//! Each is asked where the unbroken server does its part, and gives that back when no rule of this part is broken.

use bargein_wire::custom_tts::Format;

use super::broken::Broken;
use super::head::Head;
use super::wish::Wish;
use crate::raw::{RawRequest, Refusal, Rules};

/// From how many characters on a text is long enough to show how it streams.
const LONG: usize = 50;
/// From how many on it is there to be cut, and not to be heard.
const VERY_LONG: usize = 1_000;

impl Broken {
    /// How requests are read.
    pub(super) fn rules(self) -> Rules {
        let rules = Rules::default();
        match self.id() {
            Some("HTTP-16") => Rules { says_continue: false, ..rules },
            Some("HTTP-17") => Rules { reads_on: false, ..rules },
            Some("HTTP-18") => Rules { takes_chunks: false, ..rules },
            Some("HTTP-19") => Rules { folds_case: false, ..rules },
            Some("HTTP-21") => Rules { compares_lengths: false, ..rules },
            _ => rules,
        }
    }

    /// The answer to what cannot be read, in place of the refusal.
    pub(super) fn unreadable(self, refusal: &Refusal) -> Option<Vec<u8>> {
        // An empty SETTINGS frame: the server speaks HTTP/2 to who begins with it.
        (self.is("HTTP-20") && refusal.status == 505).then(|| b"\0\0\0\x04\0\0\0\0\0".to_vec())
    }

    /// The head of an answer with audio, of which so many bytes will come.
    pub(super) fn head(self, mut head: Head, request: &RawRequest, wish: &Wish, bytes: u64) -> Head {
        let is_pcm = wish.format == Format::Pcm;
        match self.id() {
            Some("HTTP-01") => head.status = 206,
            Some("HTTP-02") => head.version = "HTTP/1.0",
            Some("HTTP-03") => head = head.with("Transfer-Encoding", "chunked"),
            Some("HTTP-04") => head.set("Content-Length", bytes.to_string()),
            Some("HTTP-05") => head = head.with("Content-Type", "application/octet-stream"),
            Some("HTTP-06") if !is_pcm => head.set("Content-Type", "audio/mpeg"),
            Some("HTTP-07") if is_pcm => head.set("Content-Type", "application/octet-stream"),
            Some("HTTP-08") if is_pcm => head.set("Content-Type", "audio/L16;rate=16000;channels=1"),
            Some("HTTP-10") if request.header("accept-encoding").is_some() => {
                head.set("Content-Encoding", "gzip");
            }
            Some("HTTP-11") => head.set("Connection", "close"),
            Some("HTTP-12") => head.set("Cache-Control", "public, max-age=3600"),
            Some("HTTP-13") => head.remove("X-Request-Id"),
            Some("PAR-02") if self.falls_back(request, "flac") => head.set("Content-Type", "audio/L16"),
            Some("PAR-09") if self.falls_back(request, "mp3") => head.set("Content-Type", "audio/mpeg"),
            _ => {}
        }
        head
    }

    /// Whether a request names this format, which is served as if it were another.
    fn falls_back(self, request: &RawRequest, format: &str) -> bool {
        let asked = String::from_utf8_lossy(&request.body);
        asked.contains(&format!("\"Format\":\"{format}\""))
    }

    /// How many pieces of the script a chunk is, the first of them being number 0.
    pub(super) fn pieces_at_once(self, wish: &Wish, index: u64) -> u64 {
        let is_long = (LONG..VERY_LONG).contains(&wish.characters);
        match self.id() {
            Some("CHK-05") if is_long => 8,
            Some("CHK-09") if is_long && index == 0 => 4,
            _ => 1,
        }
    }

    /// Whether all audio is held back until the last of it is there.
    pub(super) fn holds_back(self, wish: &Wish) -> bool {
        self.is("CHK-04") && (LONG..VERY_LONG).contains(&wish.characters)
    }

    /// Samples as bytes, every channel the same.
    pub(super) fn bytes(self, wish: &Wish, samples: &[i16]) -> Option<Vec<u8>> {
        if wish.format != Format::Pcm {
            return None;
        }
        match self.id()? {
            "PCM-04" => Some(interleaved(samples, wish.channels, i16::to_be_bytes)),
            "PCM-05" => Some(interleaved(samples, wish.channels, |sample| {
                (sample.cast_unsigned() ^ 0x8000).to_le_bytes()
            })),
            "PCM-08" => Some(interleaved(samples, 1, i16::to_le_bytes)),
            _ => None,
        }
    }

    /// The rate at which the voice speaks.
    pub(super) fn voice_rate(self, format: Format, rate: u32) -> u32 {
        let is_fixed = match self.id() {
            Some("PCM-06") => format == Format::Pcm,
            Some("PCM-07") => format == Format::Pcm && rate == 48_000,
            _ => false,
        };
        if is_fixed { 16_000 } else { rate }
    }

    /// The samples of one channel, before they become bytes.
    pub(super) fn samples(self, wish: &Wish, samples: Vec<i16>) -> Vec<i16> {
        if self.is("PCM-07") && wish.format == Format::Pcm && wish.rate == 48_000 {
            return samples.into_iter().flat_map(|sample| [sample; 3]).collect();
        }
        samples
    }

    /// What stands before the samples.
    pub(super) fn header(self, wish: &Wish, mut header: Vec<u8>) -> Vec<u8> {
        if self.is("PCM-03") && wish.format == Format::Pcm {
            return wish.header(wish.rate);
        }
        if header.is_empty() {
            return header;
        }
        let mut put = |at: usize, bytes: &[u8]| {
            if let Some(place) = header.get_mut(at..at + bytes.len()) {
                place.copy_from_slice(bytes);
            }
        };
        match self.id() {
            Some("WAV-01") if wish.names_format => header.clear(),
            Some("WAV-02") => put(20, &[3, 0]),
            Some("WAV-03") => put(28, &16_000_u32.to_le_bytes()),
            Some("WAV-04") if wish.names_format => {
                put(24, &16_000_u32.to_le_bytes());
                put(28, &(32_000 * u32::from(wish.channels)).to_le_bytes());
            }
            Some("WAV-05") if wish.names_format => {
                put(22, &[1, 0]);
                put(28, &(wish.rate * 2).to_le_bytes());
                put(32, &[2, 0]);
            }
            Some("WAV-07") => {
                put(4, &0x0100_0024_u32.to_le_bytes());
                put(40, &0x0100_0000_u32.to_le_bytes());
            }
            Some("WAV-09") => {
                let data = header.split_off(36);
                header.extend_from_slice(b"LIST");
                header.extend_from_slice(&600_u32.to_le_bytes());
                header.resize(header.len() + 600, b' ');
                header.extend(data);
            }
            _ => {}
        }
        header
    }

    /// What stands before piece `index` beside the first.
    pub(super) fn between(self, wish: &Wish, index: u64) -> Vec<u8> {
        if self.is("WAV-06") && wish.is_wav() && index == 3 { wish.header(wish.rate) } else { Vec::new() }
    }

    /// Whether the header of a WAV goes out long before its samples.
    pub(super) fn header_first(self, wish: &Wish) -> bool {
        self.is("WAV-11") && wish.is_wav()
    }

    /// What stands behind the samples.
    pub(super) fn behind(self, wish: &Wish) -> Vec<u8> {
        match self.id() {
            Some("PCM-01") if wish.format == Format::Pcm && wish.channels == 1 => vec![0],
            Some("WAV-12") if wish.is_wav() => vec![0],
            Some("WAV-08") if wish.is_wav() => b"LIST\x0e\0\0\0INFOISFT\x02\0\0\0x\0".to_vec(),
            _ => Vec::new(),
        }
    }

    /// How many samples of a text are spoken.
    pub(super) fn spoken(self, wish: &Wish, samples: u64) -> u64 {
        match self.id() {
            Some("WAV-10") if wish.is_wav() => samples * 8 / 10,
            Some("HTTP-09") if wish.format == Format::Pcm && wish.rate == 8_000 => 0,
            _ => samples,
        }
    }

    /// A piece of the body as it goes over the wire.
    pub(super) fn chunk(self, wish: &Wish, index: u64, content: &[u8]) -> Vec<u8> {
        let is_pcm = wish.format == Format::Pcm;
        match self.id() {
            Some("CHK-01") => [format!("{:x}\n", content.len()).as_bytes(), content, b"\r\n"].concat(),
            Some("CHK-06") => content.chunks(160).flat_map(plain).collect(),
            Some("CHK-07") => {
                [format!("{:x};at={index}\r\n", content.len()).as_bytes(), content, b"\r\n"].concat()
            }
            Some("CHK-08") if wish.characters == 1 && index == 0 => {
                [plain(content), b"0\r\n\r\n".to_vec()].concat()
            }
            Some("PCM-02") if is_pcm && content.len() > 2 => {
                let (most, last) = content.split_at(content.len() - 1);
                [plain(most), plain(last)].concat()
            }
            _ => plain(content),
        }
    }

    /// The end of the body; nothing, when the connection is to end instead.
    pub(super) fn last_chunk(self, wish: &Wish) -> &'static [u8] {
        match self.id() {
            Some("CHK-02") if !wish.names_format => b"",
            Some("CHK-03") => b"0\r\n\r\n\r\n",
            _ => b"0\r\n\r\n",
        }
    }
}

fn interleaved(samples: &[i16], channels: u16, bytes: fn(i16) -> [u8; 2]) -> Vec<u8> {
    samples
        .iter()
        .flat_map(|sample| std::iter::repeat_n(bytes(*sample), usize::from(channels)))
        .flatten()
        .collect()
}

fn plain(content: &[u8]) -> Vec<u8> {
    let mut bytes = format!("{:x}\r\n", content.len()).into_bytes();
    bytes.extend_from_slice(content);
    bytes.extend_from_slice(b"\r\n");
    bytes
}

//! The format of the samples, and the 44 bytes that announce it.

/// The data size of a stream whose length is not known when its header is sent.
pub const UNKNOWN: u32 = u32::MAX;

/// The format tag of PCM.
const PCM: u16 = 1;
/// The format tag that says: the real tag is the beginning of the sub-format.
const EXTENSIBLE: u16 = 0xFFFE;
/// Where the sub-format stands in an extensible format chunk.
const SUB_FORMAT: usize = 24;

/// How samples are laid out. They are signed, of 16 bits, little-endian, the channels interleaved.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Format {
    /// How many channels; at least 1.
    pub channels: u16,
    /// Samples a second of each channel; at least 1.
    pub rate: u32,
}

/// A canonical header of 44 bytes before this many bytes of samples, or before [`UNKNOWN`] many.
#[must_use]
pub fn header(format: Format, data_size: u32) -> [u8; 44] {
    let frame = format.channels.saturating_mul(2);
    let mut header = [0; 44];
    let fields: [&[u8]; 13] = [
        b"RIFF",
        &data_size.saturating_add(36).to_le_bytes(),
        b"WAVE",
        b"fmt ",
        &16_u32.to_le_bytes(),
        &PCM.to_le_bytes(),
        &format.channels.to_le_bytes(),
        &format.rate.to_le_bytes(),
        &format.rate.saturating_mul(u32::from(frame)).to_le_bytes(),
        &frame.to_le_bytes(),
        &16_u16.to_le_bytes(),
        b"data",
        &data_size.to_le_bytes(),
    ];
    for (byte, field) in header.iter_mut().zip(fields.concat()) {
        *byte = field;
    }
    header
}

/// Reads the content of a `fmt ` chunk.
///
/// # Errors
/// With the tag and the bits of a sample, when it is not PCM of 16 bits; with zeros, when it is too short.
pub(super) fn read_format(chunk: &[u8]) -> Result<Format, (u16, u16)> {
    let half = |at: usize| chunk.get(at..at + 2).map_or(0, |two| u16::from_le_bytes([two[0], two[1]]));
    let tag = match half(0) {
        EXTENSIBLE => half(SUB_FORMAT),
        tag => tag,
    };
    let (channels, bits) = (half(2), half(14));
    let rate = u32::from(half(4)) | u32::from(half(6)) << 16;
    if tag == PCM && bits == 16 && channels > 0 && rate > 0 {
        Ok(Format { channels, rate })
    } else {
        Err((half(0), bits))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_of_unknown_length_is_the_one_servers_send() {
        let sent = include_bytes!("../../../fixtures/wire/custom/header-16k-mono-unknown.wav");
        assert_eq!(&header(Format { channels: 1, rate: 16_000 }, UNKNOWN), sent);
    }

    #[test]
    fn a_known_length_is_in_both_sizes() {
        let written = header(Format { channels: 2, rate: 48_000 }, 1000);
        assert_eq!(
            (&written[4..8], &written[40..]),
            (&1036_u32.to_le_bytes()[..], &1000_u32.to_le_bytes()[..])
        );
        assert_eq!(read_format(&written[20..36]), Ok(Format { channels: 2, rate: 48_000 }));
    }

    #[test]
    fn only_pcm_of_16_bits_is_a_format() {
        let chunk = |tag: u16, channels: u16, bits: u16| {
            [
                tag.to_le_bytes(),
                channels.to_le_bytes(),
                [0x80, 0x3E],
                [0; 2],
                [0; 2],
                [0; 2],
                [0; 2],
                bits.to_le_bytes(),
            ]
            .concat()
        };
        let extensible = |tag: u16| {
            [chunk(EXTENSIBLE, 1, 16), vec![0; 8], tag.to_le_bytes().to_vec(), vec![0; 14]].concat()
        };
        let mono = Ok(Format { channels: 1, rate: 16_000 });
        assert_eq!(read_format(&chunk(1, 1, 16)), mono);
        assert_eq!(read_format(&extensible(1)), mono);
        assert_eq!(read_format(&extensible(3)), Err((EXTENSIBLE, 16)));
        assert_eq!(read_format(&chunk(3, 1, 32)), Err((3, 32)));
        assert_eq!(read_format(&chunk(6, 1, 8)), Err((6, 8)));
        assert_eq!(read_format(&chunk(1, 0, 16)), Err((1, 16)));
        assert_eq!(read_format(&chunk(1, 1, 16)[..14]), Err((1, 0)));
    }
}

//! One binary frame.
//!
//! ```text
//! byte 0   version 1 | length of the head in words, 1
//! byte 1   kind | flags: 1 a sequence, 2 the last, 4 an event
//! byte 2   serialization: 0 raw, 1 JSON | compression: 0 none, 1 gzip
//! byte 3   0
//! then     sequence (4), event (4), length (4) and name of the connection or session, length (4) and payload
//! ```
//!
//! All numbers are big-endian. A failure has a code in place of sequence, event and name.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

/// The longest payload that is unpacked, in bytes.
pub const LONGEST_PAYLOAD: usize = 1024 * 1024;

/// The flag of a sequence, of the last frame, and of an event.
const SEQUENCE: u8 = 0b0001;
const LAST: u8 = 0b0010;
const EVENT: u8 = 0b0100;

/// Events of a client about its connection. They alone have no name.
const NAMELESS: [i32; 2] = [1, 2];

/// What a frame is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// 1: a request in words.
    Request,
    /// 2: audio of the client.
    Audio,
    /// 9: an answer in words.
    Response,
    /// 11: audio of the service.
    Speech,
    /// 12: times of the words of a synthesis.
    Times,
    /// 15: a failure, of which [`Frame::order`] has the code.
    Failure,
}

/// What stands between the head of a frame and its payload.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Order {
    /// Nothing.
    #[default]
    None,
    /// The number of the frame; below 0 of the last one.
    Sequence(i32),
    /// What happened, and to which connection or session. The two events of a client about its connection have no
    /// name.
    Event {
        /// The event's number.
        event: i32,
        /// The name, empty if there is none.
        name: String,
    },
    /// The code of a failure.
    Code(u32),
}

/// One frame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frame {
    /// What it is.
    pub kind: Kind,
    /// Its number, event or code.
    pub order: Order,
    /// Whether it is the last of its direction.
    pub is_last: bool,
    /// Whether the payload is JSON, not raw bytes.
    pub is_json: bool,
    /// Whether it travels compressed. An answer is compressed as the question was.
    pub is_packed: bool,
    /// The payload, never compressed.
    pub payload: Vec<u8>,
}

/// A message is no frame.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// It ends too early.
    #[error("expected {wanted} more bytes from byte {at} of a frame, got {got}")]
    Short {
        /// Where.
        at: usize,
        /// How many were announced.
        wanted: usize,
        /// How many there are.
        got: usize,
    },
    /// A part of the head is not known.
    #[error("expected {expected} in a frame, got {got}")]
    Unknown {
        /// What was expected.
        expected: &'static str,
        /// What is there.
        got: u8,
    },
    /// The name is no text.
    #[error("expected a name in UTF-8 in a frame")]
    Name,
    /// The payload cannot be unpacked within [`LONGEST_PAYLOAD`].
    #[error("expected gzip of up to {LONGEST_PAYLOAD} bytes in a frame, got {0}")]
    Packed(String),
}

impl Frame {
    /// A frame of words without number, event or compression.
    #[must_use]
    pub fn words(kind: Kind, payload: Vec<u8>) -> Self {
        Self { kind, order: Order::None, is_last: false, is_json: true, is_packed: false, payload }
    }

    /// A failure in words.
    #[must_use]
    pub fn failure(code: u32, payload: Vec<u8>) -> Self {
        Self { order: Order::Code(code), ..Self::words(Kind::Failure, payload) }
    }

    /// Reads a message.
    ///
    /// # Errors
    /// When it is cut short, or of a version, a kind or a compression that is not known.
    pub fn read(message: &[u8]) -> Result<Self, FrameError> {
        let mut rest = Rest { message, at: 0 };
        let [version, kind, coding, _] = *rest.array()?;
        if version >> 4 != 1 {
            return Err(FrameError::Unknown { expected: "version 1", got: version >> 4 });
        }
        // The head may grow; what is new in it is passed over.
        rest.bytes((usize::from(version & 0xf) * 4).saturating_sub(4))?;
        let (kind, flags) = (Kind::of(kind >> 4)?, kind & 0xf);
        let order = if kind == Kind::Failure {
            Order::Code(u32::from_be_bytes(*rest.array()?))
        } else if flags & EVENT != 0 {
            let event = rest.number()?;
            let name = if NAMELESS.contains(&event) { &[][..] } else { rest.sized()? };
            Order::Event { event, name: String::from_utf8(name.to_vec()).map_err(|_| FrameError::Name)? }
        } else if flags & SEQUENCE != 0 || (flags & LAST != 0 && kind == Kind::Speech) {
            Order::Sequence(rest.number()?)
        } else {
            Order::None
        };
        let is_packed = match coding & 0xf {
            0 => false,
            1 => true,
            got => return Err(FrameError::Unknown { expected: "no compression or gzip", got }),
        };
        // An acknowledgement has no payload, and no length either.
        let payload = if rest.is_empty() { &[][..] } else { rest.sized()? };
        let payload = if is_packed && !payload.is_empty() { unpacked(payload)? } else { payload.to_vec() };
        let is_last = flags & EVENT == 0 && flags & LAST != 0;
        Ok(Self { kind, order, is_last, is_json: coding >> 4 == 1, is_packed, payload })
    }

    /// The message of this frame.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let last = if self.is_last { LAST } else { 0 };
        let flags = match &self.order {
            Order::None => last,
            Order::Sequence(_) => SEQUENCE | last,
            Order::Event { .. } => EVENT,
            Order::Code(_) => 0,
        };
        let mut message = vec![
            0x11,
            self.kind.number() << 4 | flags,
            u8::from(self.is_json) << 4 | u8::from(self.is_packed),
            0,
        ];
        match &self.order {
            Order::None => {}
            Order::Sequence(number) => message.extend(number.to_be_bytes()),
            Order::Code(code) => message.extend(code.to_be_bytes()),
            Order::Event { event, name } => {
                message.extend(event.to_be_bytes());
                if !NAMELESS.contains(event) {
                    push_sized(&mut message, name.as_bytes());
                }
            }
        }
        if self.is_packed {
            push_sized(&mut message, &packed(&self.payload));
        } else {
            push_sized(&mut message, &self.payload);
        }
        message
    }
}

impl Kind {
    const ALL: [Self; 6] =
        [Self::Request, Self::Audio, Self::Response, Self::Speech, Self::Times, Self::Failure];

    const fn number(self) -> u8 {
        match self {
            Self::Request => 0b0001,
            Self::Audio => 0b0010,
            Self::Response => 0b1001,
            Self::Speech => 0b1011,
            Self::Times => 0b1100,
            Self::Failure => 0b1111,
        }
    }

    fn of(number: u8) -> Result<Self, FrameError> {
        let kind = Self::ALL.into_iter().find(|kind| kind.number() == number);
        kind.ok_or(FrameError::Unknown { expected: "one of the kinds 1, 2, 9, 11, 12 and 15", got: number })
    }
}

/// What is left of a message.
struct Rest<'a> {
    message: &'a [u8],
    at: usize,
}

impl<'a> Rest<'a> {
    fn bytes(&mut self, wanted: usize) -> Result<&'a [u8], FrameError> {
        let left = self.message.get(self.at..).unwrap_or_default();
        let Some(bytes) = left.get(..wanted) else {
            return Err(FrameError::Short { at: self.at, wanted, got: left.len() });
        };
        self.at += wanted;
        Ok(bytes)
    }

    fn array(&mut self) -> Result<&'a [u8; 4], FrameError> {
        let at = self.at;
        let bytes = self.bytes(4)?;
        bytes.try_into().map_err(|_| FrameError::Short { at, wanted: 4, got: bytes.len() })
    }

    fn number(&mut self) -> Result<i32, FrameError> {
        self.array().map(|bytes| i32::from_be_bytes(*bytes))
    }

    /// Bytes with their length before them.
    fn sized(&mut self) -> Result<&'a [u8], FrameError> {
        let length = u32::from_be_bytes(*self.array()?);
        self.bytes(usize::try_from(length).unwrap_or(usize::MAX))
    }

    const fn is_empty(&self) -> bool {
        self.at >= self.message.len()
    }
}

fn push_sized(message: &mut Vec<u8>, bytes: &[u8]) {
    // What is sent is far shorter than four gigabytes.
    message.extend(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
    message.extend(bytes);
}

fn unpacked(bytes: &[u8]) -> Result<Vec<u8>, FrameError> {
    let mut unpacked = Vec::new();
    // One more than is allowed tells what is too long from what is just long enough.
    let mut decoder = GzDecoder::new(bytes).take(LONGEST_PAYLOAD as u64 + 1);
    decoder.read_to_end(&mut unpacked).map_err(|error| FrameError::Packed(error.to_string()))?;
    if unpacked.len() > LONGEST_PAYLOAD {
        return Err(FrameError::Packed("more".to_owned()));
    }
    Ok(unpacked)
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    // Writing into memory cannot fail.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A frame of the fixtures, by name.
    fn fixture(name: &str) -> Vec<u8> {
        let lines = include_str!("../../../fixtures/wire/bytedance/frames.txt").lines();
        let line = lines.filter_map(|line| line.split_once(' ')).find(|(named, _)| *named == name);
        let digits = line.expect("a fixture of this name").1;
        let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).expect("digits");
        (0..digits.len()).step_by(2).map(byte).collect()
    }

    #[test]
    fn the_packages_frames_read() {
        let plain = Frame::read(&fixture("request-plain")).expect("a frame");
        assert_eq!((plain.kind, &plain.order, plain.is_json), (Kind::Request, &Order::Sequence(1), true));
        assert!(plain.payload.starts_with(br#"{"user":{"uid":"u1"}"#));
        let packed = Frame::read(&fixture("request-gzip")).expect("a frame");
        assert_eq!(packed, Frame { is_packed: true, ..plain });
        for (name, order, is_last, payload) in [
            ("audio-plain", 2, false, &[1, 0, 2, 0][..]),
            ("audio-gzip", 3, false, &[1, 0, 2, 0]),
            ("audio-last", -4, true, &[]),
        ] {
            let audio = Frame::read(&fixture(name)).expect("a frame");
            let got = (audio.kind, audio.order, audio.is_last, &audio.payload[..]);
            assert_eq!(got, (Kind::Audio, Order::Sequence(order), is_last, payload), "{name}");
        }
    }

    #[test]
    fn the_documents_frames_read() {
        let start = Frame::read(&fixture("start-connection")).expect("a frame");
        let order = Order::Event { event: 1, name: String::new() };
        assert_eq!(start, Frame { order, ..Frame::words(Kind::Request, b"{}".to_vec()) });
        let last = Frame::read(&fixture("speech-last")).expect("a frame");
        let got = (last.kind, last.order, last.is_last, last.is_json, last.payload);
        assert_eq!(got, (Kind::Speech, Order::Sequence(-3), true, false, vec![1, 2, 3, 4]));
    }

    #[test]
    fn what_is_not_packed_is_written_as_the_others_write_it() {
        for name in ["request-plain", "start-connection", "speech-last"] {
            let bytes = fixture(name);
            assert_eq!(Frame::read(&bytes).expect("a frame").write(), bytes, "{name}");
        }
    }

    #[test]
    fn an_acknowledgement_ends_after_its_head() {
        let read = Frame::read(&[0x11, 0xb0, 0, 0]).expect("a frame");
        assert_eq!((read.kind, read.order, read.payload), (Kind::Speech, Order::None, vec![]));
    }

    #[test]
    fn a_head_of_another_length_is_passed_over() {
        let read = Frame::read(&[0x12, 0x90, 0x10, 0, 9, 9, 9, 9, 0, 0, 0, 1, b'1']).expect("a frame");
        assert_eq!(read, Frame::words(Kind::Response, b"1".to_vec()));
    }

    #[test]
    fn what_is_no_frame_says_why() {
        let mut bomb =
            Frame { is_packed: true, ..Frame::words(Kind::Response, vec![0; LONGEST_PAYLOAD + 1]) };
        let too_long = bomb.write();
        bomb.payload.pop();
        assert!(Frame::read(&bomb.write()).is_ok());
        for (bytes, expected) in [
            (&[][..], "expected 4 more bytes from byte 0 of a frame, got 0"),
            (&[0x21, 0x10, 0, 0], "expected version 1 in a frame, got 2"),
            (&[0x11, 0x70, 0, 0], "expected one of the kinds 1, 2, 9, 11, 12 and 15 in a frame, got 7"),
            (&[0x11, 0x10, 0x13, 0], "expected no compression or gzip in a frame, got 3"),
            (&[0x11, 0x10, 0, 0, 0, 0, 0, 9, 1], "expected 9 more bytes from byte 8 of a frame, got 1"),
            (&[0x11, 0x94, 0, 0, 0, 0, 0, 50, 0, 0, 0, 1, 0xff], "expected a name in UTF-8 in a frame"),
            (&[0x11, 0x10, 1, 0, 0, 0, 0, 1, 0], "expected gzip of up to 1048576 bytes in a frame"),
            (&too_long, "expected gzip of up to 1048576 bytes in a frame, got more"),
        ] {
            let error = Frame::read(bytes).expect_err("no frame").to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }

    fn frames() -> impl Strategy<Value = Frame> {
        let orders = prop_oneof![
            Just(Order::None),
            any::<i32>().prop_map(Order::Sequence),
            (3..1000, "[a-z0-9]{0,12}").prop_map(|(event, name)| Order::Event { event, name }),
            (1..3).prop_map(|event| Order::Event { event, name: String::new() }),
        ];
        let kinds =
            prop_oneof![Just(Kind::Request), Just(Kind::Audio), Just(Kind::Response), Just(Kind::Times)];
        let payloads = prop::collection::vec(any::<u8>(), 0..64);
        (kinds, orders, any::<[bool; 3]>(), payloads).prop_map(
            |(kind, order, [is_last, is_json, is_packed], payload)| {
                let is_last = is_last && !matches!(order, Order::Event { .. });
                Frame { kind, order, is_last, is_json, is_packed, payload }
            },
        )
    }

    proptest! {
        #[test]
        fn what_is_written_reads_the_same(frame in frames()) {
            prop_assert_eq!(Frame::read(&frame.write()), Ok(frame));
        }

        #[test]
        fn any_bytes_are_a_frame_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = Frame::read(&bytes);
        }

        #[test]
        fn a_frame_that_is_cut_short_is_an_error(frame in frames(), cut in 0_usize..64) {
            let bytes = frame.write();
            // After the head a frame may end: an acknowledgement does.
            let cut = cut.min(bytes.len() - 1);
            if let Ok(read) = Frame::read(&bytes[..cut]) {
                prop_assert!(read.payload.is_empty());
            }
        }
    }
}

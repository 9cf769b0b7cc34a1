//! The body of an answer, cut anywhere, to what it is made of.

use std::collections::VecDeque;

use bargein_core::VendorFault;
use bargein_wire::lines::{self, LONGEST_LINE};
use bargein_wire::sse;
use bytes::Bytes;

use super::Packing;
use crate::tts::samples::broken;

/// Reads one body.
pub(super) enum Frames {
    /// Bare samples that were not taken yet.
    Samples(VecDeque<Bytes>),
    Events(Option<sse::Decoder>, Option<String>),
    Lines(Option<lines::Decoder>, Option<String>),
    /// The document so far, and whether it is whole.
    Document(Vec<u8>, bool),
}

/// A part of a body.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Frame {
    /// Bytes of samples, cut anywhere.
    Samples(Bytes),
    /// A message.
    Message(String),
}

impl Frames {
    pub(super) fn new(packing: Packing) -> Self {
        let limits = sse::Limits { line: LONGEST_LINE, event: LONGEST_LINE };
        match packing {
            Packing::Samples => Self::Samples(VecDeque::new()),
            Packing::Events => Self::Events(Some(sse::Decoder::with_limits(limits)), None),
            Packing::Lines => Self::Lines(Some(lines::Decoder::default()), None),
            Packing::Document => Self::Document(Vec::new(), false),
        }
    }

    /// Takes the next bytes.
    pub(super) fn push(&mut self, bytes: Bytes) -> Result<(), VendorFault> {
        match self {
            Self::Samples(arrived) => arrived.push_back(bytes),
            Self::Events(Some(decoder), _) => decoder.push(&bytes),
            Self::Lines(Some(decoder), _) => decoder.push(&bytes),
            Self::Events(None, _) | Self::Lines(None, _) => {}
            Self::Document(document, _) => {
                if document.len() + bytes.len() > LONGEST_LINE {
                    return Err(broken(&format!(
                        "expected an answer of at most {LONGEST_LINE} bytes, got a longer one"
                    )));
                }
                document.extend_from_slice(&bytes);
            }
        }
        Ok(())
    }

    /// The body has ended: what it ended on is a frame, too. Limits it exceeded have been told by [`Self::next`].
    pub(super) fn end(&mut self) {
        match self {
            Self::Samples(_) => {}
            Self::Events(decoder, last) => {
                let event = decoder.take().and_then(|decoder| decoder.finish().ok().flatten());
                *last = event.map(|event| event.data);
            }
            Self::Lines(decoder, last) => {
                *last = decoder.take().and_then(|decoder| decoder.finish().ok().flatten());
            }
            Self::Document(_, is_whole) => *is_whole = true,
        }
    }

    /// The next frame; `None` until more arrives.
    pub(super) fn next(&mut self) -> Result<Option<Frame>, VendorFault> {
        match self {
            Self::Samples(arrived) => Ok(arrived.pop_front().map(Frame::Samples)),
            Self::Events(Some(decoder), _) => loop {
                match decoder.next_event().map_err(|error| broken(&error.to_string()))? {
                    // Some vendors end with a mark that is no JSON, some send events without data.
                    Some(event) if event.data.trim().is_empty() || event.data.trim() == "[DONE]" => {}
                    event => return Ok(event.map(|event| Frame::Message(event.data))),
                }
            },
            Self::Lines(Some(decoder), _) => {
                let line = decoder.next_line().map_err(|error| broken(&error.to_string()))?;
                Ok(line.map(Frame::Message))
            }
            Self::Events(None, last) | Self::Lines(None, last) => Ok(last.take().map(Frame::Message)),
            Self::Document(document, is_whole) if *is_whole => {
                *is_whole = false;
                let text = String::from_utf8_lossy(document).into_owned();
                Ok(Some(Frame::Message(text)))
            }
            Self::Document(..) => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<'a>(packing: Packing, pieces: impl Iterator<Item = &'a [u8]>) -> Vec<Frame> {
        let mut frames = Frames::new(packing);
        let mut read = Vec::new();
        let mut take = |frames: &mut Frames| {
            while let Some(frame) = frames.next().expect("within the limits") {
                read.push(frame);
            }
        };
        for piece in pieces {
            frames.push(Bytes::copy_from_slice(piece)).expect("within the limits");
            take(&mut frames);
        }
        frames.end();
        take(&mut frames);
        read
    }

    #[test]
    fn a_body_of_messages_reads_the_same_cut_at_any_byte() {
        let message = |text: &str| Frame::Message(text.to_owned());
        for (packing, body, expected) in [
            (
                Packing::Events,
                "data: {\"a\":1}\n\nevent: ping\ndata:\n\ndata: [DONE]\n\ndata: {\"b\":\"你\"}",
                vec![message("{\"a\":1}"), message("{\"b\":\"你\"}")],
            ),
            (
                Packing::Lines,
                "{\"a\":1}\n\r\n{\"b\":\"你\"}",
                vec![message("{\"a\":1}"), message("{\"b\":\"你\"}")],
            ),
            (Packing::Document, "{\"a\":\n1}", vec![message("{\"a\":\n1}")]),
        ] {
            let bytes = body.as_bytes();
            assert_eq!(read(packing, bytes.chunks(1)), expected, "{packing:?} byte by byte");
            for at in 0..=bytes.len() {
                let (head, tail) = bytes.split_at(at);
                assert_eq!(read(packing, [head, tail].into_iter()), expected, "{packing:?} cut at {at}");
            }
        }
    }
}

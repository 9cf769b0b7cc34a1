//! The messages of Azure's speech service on its WebSocket: headers, an empty line, a body.
//!
//! A message of bytes has the length of its headers in front, in two bytes. Source: captures of the official client,
//! `fixtures/wire/azure/SOURCE.md`. Deliberately out: what the bodies mean.

/// The longest part of headers that is read, in bytes.
const LONGEST_HEADERS: usize = 4 * 1024;

/// One message.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Message {
    /// In their order, as they are written.
    pub headers: Vec<(String, String)>,
    /// Of a message of text: text.
    pub body: Vec<u8>,
}

/// A message is none of the service's.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MessageError {
    /// The empty line is missing.
    #[error("expected headers and an empty line in a message, got no empty line")]
    Endless,
    /// The length in front says more than there is.
    #[error("expected {wanted} bytes of headers in a message, got {got}")]
    Short {
        /// How many were announced.
        wanted: usize,
        /// How many there are.
        got: usize,
    },
    /// The headers are no text.
    #[error("expected headers in UTF-8 in a message")]
    Text,
}

impl Message {
    /// A message with these headers.
    #[must_use]
    pub fn new(headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Self {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Self { headers: headers.collect(), body: body.into() }
    }

    /// The value of a header, whatever its case; empty if there is none.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        let header = self.headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name));
        header.map_or("", |(_, value)| value)
    }

    /// Reads a message of text.
    ///
    /// # Errors
    /// When no empty line ends its headers.
    pub fn read_text(text: &str) -> Result<Self, MessageError> {
        let (headers, body) =
            text.split_once("\r\n\r\n").or_else(|| text.split_once("\n\n")).ok_or(MessageError::Endless)?;
        Ok(Self { headers: read_headers(headers), body: body.into() })
    }

    /// Reads a message of bytes.
    ///
    /// # Errors
    /// When its headers are longer than it, or no text.
    pub fn read_bytes(bytes: &[u8]) -> Result<Self, MessageError> {
        let short = |wanted, got| MessageError::Short { wanted, got };
        let (length, rest) = bytes.split_first_chunk().ok_or_else(|| short(2, bytes.len()))?;
        let length = usize::from(u16::from_be_bytes(*length));
        if length > rest.len() || length > LONGEST_HEADERS {
            return Err(short(length, rest.len()));
        }
        let (headers, body) = rest.split_at(length);
        let headers = std::str::from_utf8(headers).map_err(|_| MessageError::Text)?;
        Ok(Self { headers: read_headers(headers), body: body.to_vec() })
    }

    /// The message as text. A body of other bytes is written with marks in their place.
    #[must_use]
    pub fn write_text(&self) -> String {
        format!("{}\r\n{}", self.write_headers(), String::from_utf8_lossy(&self.body))
    }

    /// The message as bytes. Headers longer than 65,535 bytes are cut.
    #[must_use]
    pub fn write_bytes(&self) -> Vec<u8> {
        let headers = self.write_headers().into_bytes();
        let length = u16::try_from(headers.len()).unwrap_or(u16::MAX);
        [&length.to_be_bytes()[..], &headers[..usize::from(length)], &self.body].concat()
    }

    fn write_headers(&self) -> String {
        self.headers.iter().map(|(name, value)| format!("{name}:{value}\r\n")).collect()
    }
}

fn read_headers(text: &str) -> Vec<(String, String)> {
    let header = |line: &str| {
        let (name, value) = line.split_once(':')?;
        Some((name.trim().to_owned(), value.trim().to_owned()))
    };
    text.lines().filter_map(header).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    #[test]
    fn the_official_clients_messages_read_and_are_written_the_same() -> Result<(), Box<dyn std::error::Error>>
    {
        let captures = [
            include_str!("../../../fixtures/wire/azure/speech/websocket_v1.uplink.jsonl"),
            include_str!("../../../fixtures/wire/azure/speech/websocket_v2.uplink.jsonl"),
        ];
        let mut paths = Vec::new();
        for line in captures.iter().flat_map(|capture| capture.lines().skip(1)) {
            let line: Value = serde_json::from_str(line)?;
            let text = line["text"].as_str().unwrap_or_default();
            let message = Message::read_text(text)?;
            assert_eq!(message.write_text(), text);
            paths.push(message.header("path").to_owned());
        }
        paths.retain(|path| path != "telemetry");
        let (first, second) = paths.split_at(3);
        assert_eq!(first, ["speech.config", "synthesis.context", "ssml"]);
        assert_eq!(second, ["speech.config", "synthesis.context", "text.piece", "text.piece", "text.end"]);
        Ok(())
    }

    #[test]
    fn audio_stands_behind_the_length_of_its_headers() {
        let bytes = [&[0, 22][..], b"Path:audio\r\nX-Y: 1 2\r\n", &[1, 2, 0xff]].concat();
        let read =
            Message::read_bytes(&bytes).map(|message| (message.header("x-y").to_owned(), message.body));
        assert_eq!(read, Ok(("1 2".to_owned(), vec![1, 2, 0xff])));
        assert_eq!(Message::read_bytes(&[0, 9, 1]), Err(MessageError::Short { wanted: 9, got: 1 }));
        assert_eq!(Message::read_bytes(&[0]), Err(MessageError::Short { wanted: 2, got: 1 }));
        assert_eq!(Message::read_bytes(&[0, 1, 0xff]), Err(MessageError::Text));
        assert_eq!(Message::read_text("Path:turn.end"), Err(MessageError::Endless));
    }

    proptest! {
        #[test]
        fn no_bytes_break_it_and_what_was_written_reads_the_same(bytes: Vec<u8>, value in "[a-z0-9]{0,9}") {
            let _ = Message::read_bytes(&bytes);
            let message = Message::new(&[("Path", "audio"), ("X-StreamId", &value)], bytes);
            prop_assert_eq!(Message::read_bytes(&message.write_bytes()), Ok(message));
        }
    }
}

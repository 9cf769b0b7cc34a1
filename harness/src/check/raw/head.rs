//! The head of an answer: status line and headers, as they came.

use std::fmt;

/// The longest head that is read.
pub(super) const LONGEST: usize = 64 * 1024;

/// The head of an answer.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Head {
    /// The version as it was written: `HTTP/1.1`.
    pub version: String,
    /// The status.
    pub status: u16,
    /// What stands behind the status.
    pub reason: String,
    /// Names, in their case, and values, in their order.
    pub headers: Vec<(String, String)>,
    /// Everything, as it came, with its empty line.
    pub text: String,
}

/// Bytes that are no head of an HTTP/1 answer.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum HeadError {
    /// It goes on and on.
    #[error("expected a head of at most {LONGEST} bytes, got more")]
    TooLong,
    /// It does not begin with a status line.
    #[error("expected a status line such as `HTTP/1.1 200 OK`, got `{0}`")]
    StatusLine(String),
    /// The other side speaks HTTP/2 and nothing else.
    #[error("expected HTTP/1.1, got the frames of HTTP/2")]
    Http2,
    /// A line is no header.
    #[error("expected a header as `Name: value`, got `{0}`")]
    Header(String),
}

impl Head {
    /// Reads a head from the beginning of these bytes, and tells how many belong to it; `None` when it is not there
    /// yet. Lines may end with LF alone.
    ///
    /// # Errors
    /// What is there can be the beginning of no head.
    pub fn read(bytes: &[u8]) -> Result<Option<(Self, usize)>, HeadError> {
        // A SETTINGS frame on stream 0, or a GOAWAY: what an HTTP/2 server says first.
        if bytes.len() >= 9 && matches!(bytes[3], 4 | 7) && bytes[5..9] == [0; 4] && bytes[0] == 0 {
            return Err(HeadError::Http2);
        }
        let probe = &bytes[..bytes.len().min(5)];
        if !b"HTTP/".starts_with(probe) {
            return Err(HeadError::StatusLine(shown(bytes)));
        }
        let Some(length) = end(bytes) else {
            return if bytes.len() > LONGEST { Err(HeadError::TooLong) } else { Ok(None) };
        };
        let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
        let mut lines = text.lines();
        let line = lines.next().unwrap_or_default();
        let status_line = || HeadError::StatusLine(shown(line.as_bytes()));
        let (version, rest) = line.split_once(' ').ok_or_else(status_line)?;
        let (status, reason) = rest.split_once(' ').unwrap_or((rest, ""));
        let is_status = status.len() == 3 && status.bytes().all(|byte| byte.is_ascii_digit());
        let status = status.parse().ok().filter(|_| is_status).ok_or_else(status_line)?;
        let mut headers = Vec::new();
        for line in lines.filter(|line| !line.is_empty()) {
            let (name, value) =
                line.split_once(':').ok_or_else(|| HeadError::Header(shown(line.as_bytes())))?;
            headers.push((name.to_owned(), value.trim().to_owned()));
        }
        let (version, reason) = (version.to_owned(), reason.to_owned());
        Ok(Some((Self { version, status, reason, headers, text }, length)))
    }

    /// The values of a header, in their order.
    pub fn values<'h>(&'h self, name: &'h str) -> impl Iterator<Item = &'h str> {
        let of_name = move |(other, _): &&(String, String)| other.eq_ignore_ascii_case(name);
        self.headers.iter().filter(of_name).map(|(_, value)| value.as_str())
    }

    /// The first value of a header.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Whether a header whose value is a list has this item, in whichever case.
    #[must_use]
    pub fn lists(&self, name: &str, item: &str) -> bool {
        self.values(name).flat_map(|value| value.split(',')).any(|one| one.trim().eq_ignore_ascii_case(item))
    }

    /// The media type in lower case, without parameters; empty when there is none.
    #[must_use]
    pub fn media_type(&self) -> String {
        let value = self.value("content-type").unwrap_or_default();
        value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status, self.value("content-type").unwrap_or("without Content-Type"))
    }
}

/// Where the head ends: behind its first empty line.
fn end(bytes: &[u8]) -> Option<usize> {
    let mut start = 0;
    while let Some(length) = bytes.get(start..)?.iter().position(|byte| *byte == b'\n') {
        let line = &bytes[start..start + length];
        start += length + 1;
        if line.is_empty() || line == b"\r" {
            return Some(start);
        }
    }
    None
}

fn shown(bytes: &[u8]) -> String {
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    String::from_utf8_lossy(&line[..line.len().min(80)]).escape_debug().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_keeps_case_and_order_and_may_come_in_pieces() {
        let text =
            b"HTTP/1.1 200 All right\r\ncontent-TYPE: audio/L16; rate=16000\r\nX:1\r\nx: 2\r\n\r\nbody";
        for length in 0..text.len() - 4 {
            assert_eq!(Head::read(&text[..length]), Ok(None), "{length}");
        }
        let (head, length) = Head::read(text).unwrap().unwrap();
        assert_eq!(&text[length..], b"body");
        assert_eq!(
            (head.version.as_str(), head.status, head.reason.as_str()),
            ("HTTP/1.1", 200, "All right")
        );
        assert_eq!(head.headers[0].0, "content-TYPE");
        assert_eq!(head.media_type(), "audio/l16");
        assert_eq!(head.values("x").collect::<Vec<_>>(), ["1", "2"]);
    }

    #[test]
    fn what_is_no_head_is_told_at_once() {
        for (bytes, error) in [
            (&b"SSH-2.0-x\r\n"[..], HeadError::StatusLine("SSH-2.0-x\\r".to_owned())),
            (b"HTTP/1.1 2OO\r\n\r\n", HeadError::StatusLine("HTTP/1.1 2OO".to_owned())),
            (b"\0\0\x12\x04\0\0\0\0\0", HeadError::Http2),
            (b"HTTP/1.1 200\r\nnothing\r\n\r\n", HeadError::Header("nothing".to_owned())),
        ] {
            assert_eq!(Head::read(bytes), Err(error));
        }
        let endless = [b"HTTP/1.1 200 OK\r\n".to_vec(), b"a: b\r\n".repeat(LONGEST / 6)].concat();
        assert_eq!(Head::read(&endless), Err(HeadError::TooLong));
    }
}

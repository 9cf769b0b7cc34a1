//! The bytes around a body: heads, whole answers, chunks.

use std::fmt::Write as _;

/// An answer's head, to be written as it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Head {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
}

impl Head {
    pub(super) fn new(status: u16, content_type: &str) -> Self {
        Self { status, headers: vec![("Content-Type", content_type.to_owned())] }
    }

    /// One more header, or another value of it.
    pub(super) fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.headers.retain(|(other, _)| *other != name);
        self.headers.push((name, value.into()));
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut text = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        for (name, value) in &self.headers {
            // Writing to a string cannot fail.
            let _ = write!(text, "{name}: {value}\r\n");
        }
        text.push_str("\r\n");
        text.into_bytes()
    }

    /// The answer with a body of known length.
    pub(super) fn whole(mut self, body: &[u8]) -> Vec<u8> {
        self.set("Content-Length", body.len().to_string());
        [&self.bytes(), body].concat()
    }
}

/// A chunk of a chunked body; without data, its end.
pub(super) fn chunk(data: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", data.len()).as_bytes(), data, b"\r\n"].concat()
}

const fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        400 => "Bad Request",
        401 => "Unauthorized",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        409 => "Conflict",
        413 => "Content Too Large",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        _ => "Refused",
    }
}

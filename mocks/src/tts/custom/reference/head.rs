//! The head of an answer, line by line.

use std::fmt::Write as _;

/// A status line and headers, not yet bytes.
#[derive(Clone, Debug)]
pub(super) struct Head {
    /// The protocol's version.
    pub(super) version: &'static str,
    pub(super) status: u16,
    /// As they are written, in this order.
    pub(super) headers: Vec<(String, String)>,
}

impl Head {
    pub(super) fn new(status: u16) -> Self {
        Self { version: "HTTP/1.1", status, headers: Vec::new() }
    }

    /// Adds a header.
    pub(super) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Replaces a header, or adds it.
    pub(super) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.remove(name);
        self.headers.push((name.to_owned(), value.into()));
    }

    /// Takes a header out.
    pub(super) fn remove(&mut self, name: &str) {
        self.headers.retain(|(key, _)| !key.eq_ignore_ascii_case(name));
    }

    /// The bytes on the wire, the empty line included.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut text = format!("{} {} {}\r\n", self.version, self.status, reason(self.status));
        for (name, value) in &self.headers {
            // A text takes any text.
            let _ = write!(text, "{name}: {value}\r\n");
        }
        text += "\r\n";
        text.into_bytes()
    }
}

const fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        206 => "Partial Content",
        400 => "Bad Request",
        401 => "Unauthorized",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        413 => "Content Too Large",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        505 => "HTTP Version Not Supported",
        _ => "Status",
    }
}

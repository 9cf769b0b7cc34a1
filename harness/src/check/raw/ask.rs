//! A request, as exact bytes, and how it is written.

use std::time::Duration;

use crate::check::Target;

/// How the length of the request's body is said.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Framing {
    /// By a `Content-Length` that is true.
    #[default]
    Length,
    /// By these values of `Content-Length`, one header each, true or not.
    Lengths(Vec<usize>),
    /// By chunks of at most so many bytes.
    Chunked(usize),
    /// Not at all.
    None,
}

/// How the request is cut into writes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Writing {
    /// Head and body in one.
    #[default]
    Whole,
    /// The head, then so long later the body.
    BodyLater(Duration),
    /// The head, then every byte of the body by itself.
    ByteByByte,
    /// Nothing but the head.
    HeadOnly,
    /// It has been written already.
    Nothing,
}

/// A request. Names and order of the headers are kept as they are given.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ask {
    /// What it is called in evidence: `T-ZH as pcm`.
    pub label: String,
    /// The method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The headers but those of the body's framing.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// How the body's length is said.
    pub framing: Framing,
    /// How it is cut into writes.
    pub writing: Writing,
}

impl Ask {
    /// A request to the target's own path, with nothing but `Host` and the user's own headers.
    #[must_use]
    pub fn new(label: impl Into<String>, method: &str, target: &Target) -> Self {
        let own = target.headers.iter().cloned();
        Self {
            label: label.into(),
            method: method.to_owned(),
            path: target.path.clone(),
            headers: std::iter::once(("Host".to_owned(), target.host.clone())).chain(own).collect(),
            body: Vec::new(),
            framing: if method == "POST" { Framing::Length } else { Framing::None },
            writing: Writing::Whole,
        }
    }

    /// With another name in evidence.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// With this body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// With this header in place of all of its name.
    #[must_use]
    pub fn header(self, name: &str, value: &str) -> Self {
        self.without(name).and_header(name, value)
    }

    /// With one more header.
    #[must_use]
    pub fn and_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Without the headers of this name.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
        self
    }

    /// To another path.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// With the body's length said in this way.
    #[must_use]
    pub fn framing(mut self, framing: Framing) -> Self {
        self.framing = framing;
        self
    }

    /// Written in this way.
    #[must_use]
    pub const fn writing(mut self, writing: Writing) -> Self {
        self.writing = writing;
        self
    }

    /// The value of a header, the first of this name.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The head as it goes over the wire, with its empty line.
    #[must_use]
    pub fn head_bytes(&self) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.path);
        let mut header = |name: &str, value: &str| {
            head.push_str(name);
            head.push_str(": ");
            head.push_str(value);
            head.push_str("\r\n");
        };
        self.headers.iter().for_each(|(name, value)| header(name, value));
        match &self.framing {
            Framing::Length => header("Content-Length", &self.body.len().to_string()),
            Framing::Lengths(lengths) => {
                lengths.iter().for_each(|length| header("Content-Length", &length.to_string()));
            }
            Framing::Chunked(_) => header("Transfer-Encoding", "chunked"),
            Framing::None => {}
        }
        head.push_str("\r\n");
        head.into_bytes()
    }

    /// The body as it goes over the wire.
    #[must_use]
    pub fn body_bytes(&self) -> Vec<u8> {
        let Framing::Chunked(most) = self.framing else { return self.body.clone() };
        let mut wire = Vec::new();
        for chunk in self.body.chunks(most.max(1)) {
            wire.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
            wire.extend_from_slice(chunk);
            wire.extend_from_slice(b"\r\n");
        }
        wire.extend_from_slice(b"0\r\n\r\n");
        wire
    }

    /// All of it.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        [self.head_bytes(), self.body_bytes()].concat()
    }

    /// A line for a POSIX shell that asks the same, with the target's secrets as stars.
    #[must_use]
    pub fn curl(&self, target: &Target) -> String {
        let quoted = |text: &str| format!("'{}'", text.replace('\'', r"'\''"));
        let mut line =
            format!("curl -sS -i --no-buffer -X {} {}", self.method, quoted(&target.url_of(&self.path)));
        for (name, value) in self.headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("host")) {
            line += &format!(" -H {}", quoted(&format!("{name}: {value}")));
        }
        if !self.body.is_empty() {
            let shown = self.body.get(..4_096).unwrap_or(&self.body);
            line += &format!(" --data-binary {}", quoted(&String::from_utf8_lossy(shown)));
        }
        target.redacted(&(line + " -o answer.bin"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask() -> Ask {
        Ask::new("a", "POST", &Target::read("http://tts.mock/speak").unwrap()).body("it's")
    }

    #[test]
    fn bytes_are_exact() {
        let text = |ask: &Ask| String::from_utf8(ask.bytes()).unwrap();
        assert_eq!(text(&ask()), "POST /speak HTTP/1.1\r\nHost: tts.mock\r\nContent-Length: 4\r\n\r\nit's");
        let chunked = ask().framing(Framing::Chunked(3)).header("hOst", "b");
        assert_eq!(
            text(&chunked),
            "POST /speak HTTP/1.1\r\nhOst: b\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nit'\r\n1\r\ns\r\n0\r\n\r\n"
        );
        let twice = ask().framing(Framing::Lengths(vec![4, 5]));
        assert!(text(&twice).contains("Content-Length: 4\r\nContent-Length: 5\r\n"));
    }

    #[test]
    fn the_curl_line_can_be_pasted_and_holds_no_secret() {
        let target = Target::read("http://tts.mock/speak")
            .unwrap()
            .with_key(Some(bargein_wire::units::Secret::new("sk-123")));
        let line = ask().and_header("Authorization", "Bearer sk-123").curl(&target);
        assert_eq!(
            line,
            r"curl -sS -i --no-buffer -X POST 'http://tts.mock/speak' -H 'Authorization: Bearer ***' --data-binary 'it'\''s' -o answer.bin"
        );
    }
}

//! The server under check: where it is, and what every request to it carries.

use bargein_wire::units::Secret;
use http::Uri;
use http::uri::Scheme;

/// The server under check.
#[derive(Clone, Debug)]
pub struct Target {
    /// Whether TLS is spoken.
    pub is_tls: bool,
    /// Host and port, to dial.
    pub authority: String,
    /// What the header `Host` says.
    pub host: String,
    /// Path and query.
    pub path: String,
    /// The key clients have.
    pub key: Option<Secret>,
    /// Headers every request carries besides those of the protocol: name and value.
    pub headers: Vec<(String, String)>,
}

/// The address cannot be one of a server.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TargetError {
    /// It is no URL.
    #[error("expected a URL such as http://localhost:8080/stream-audio, got `{0}`")]
    Url(String),
    /// It is neither http nor https.
    #[error("expected a URL that begins with http:// or https://, got `{0}`")]
    Scheme(String),
    /// A header of the user is no header.
    #[error("expected a header as NAME:VALUE, got `{0}`")]
    Header(String),
}

impl Target {
    /// The server at this URL.
    ///
    /// # Errors
    /// The text is no URL, or neither http nor https.
    pub fn read(url: &str) -> Result<Self, TargetError> {
        let uri: Uri = url.parse().map_err(|_| TargetError::Url(url.to_owned()))?;
        let scheme = uri.scheme().ok_or_else(|| TargetError::Scheme(url.to_owned()))?;
        let is_tls = *scheme == Scheme::HTTPS;
        if !is_tls && *scheme != Scheme::HTTP {
            return Err(TargetError::Scheme(url.to_owned()));
        }
        let host =
            uri.host().filter(|host| !host.is_empty()).ok_or_else(|| TargetError::Url(url.to_owned()))?;
        let port = uri.port_u16();
        let authority = format!("{host}:{}", port.unwrap_or(if is_tls { 443 } else { 80 }));
        Ok(Self {
            is_tls,
            authority,
            host: port.map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")),
            path: uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string),
            key: None,
            headers: Vec::new(),
        })
    }

    /// With this key.
    #[must_use]
    pub fn with_key(mut self, key: Option<Secret>) -> Self {
        self.key = key;
        self
    }

    /// With a header written as `NAME:VALUE`.
    ///
    /// # Errors
    /// The text has no colon, or a name or value that no header can have.
    pub fn with_header(mut self, header: &str) -> Result<Self, TargetError> {
        let wrong = || TargetError::Header(header.to_owned());
        let (name, value) = header.split_once(':').ok_or_else(wrong)?;
        let is_token = !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte));
        if !is_token || value.contains(['\r', '\n', '\0']) {
            return Err(wrong());
        }
        self.headers.push((name.to_owned(), value.trim().to_owned()));
        Ok(self)
    }

    /// The URL, without anything secret.
    #[must_use]
    pub fn url(&self) -> String {
        self.url_of(&self.path)
    }

    /// The URL of another path of the server.
    #[must_use]
    pub fn url_of(&self, path: &str) -> String {
        format!("{}://{}{path}", if self.is_tls { "https" } else { "http" }, self.host)
    }

    /// The text with the key and the values of the user's headers replaced by stars.
    #[must_use]
    pub fn redacted(&self, text: &str) -> String {
        let key = self.key.iter().map(|key| key.expose());
        let values = self.headers.iter().map(|(_, value)| value.as_str());
        key.chain(values)
            .filter(|secret| secret.len() >= 4)
            .fold(text.to_owned(), |text, secret| text.replace(secret, "***"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read_into_what_is_dialed_and_what_is_said() {
        for (url, authority, host, path) in [
            ("http://localhost:8080/stream-audio", "localhost:8080", "localhost:8080", "/stream-audio"),
            ("http://tts.mock", "tts.mock:80", "tts.mock", "/"),
            ("https://a.example/v1?x=1", "a.example:443", "a.example", "/v1?x=1"),
            ("http://[::1]:9/x", "[::1]:9", "[::1]:9", "/x"),
        ] {
            let target = Target::read(url).unwrap();
            assert_eq!(
                (target.authority.as_str(), target.host.as_str(), target.path.as_str()),
                (authority, host, path)
            );
        }
        for url in ["", "localhost", "ftp://a/b", "/path", "http:///x"] {
            assert!(Target::read(url).is_err(), "{url}");
        }
    }

    #[test]
    fn secrets_of_the_target_are_stars() {
        let target = Target::read("http://a/")
            .unwrap()
            .with_key(Some(Secret::new("sk-1234")))
            .with_header("X-Gate: opensesame")
            .unwrap();
        assert_eq!(target.redacted("Bearer sk-1234, opensesame"), "Bearer ***, ***");
        assert!(target.with_header("no header").is_err());
    }
}

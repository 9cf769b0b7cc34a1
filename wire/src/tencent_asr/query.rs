//! The signed query string that opens a stream.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha1::Sha1;

use crate::units::Secret;

/// The host that is signed, wherever the stream is really opened.
pub const OFFICIAL_HOST: &str = "asr.cloud.tencent.com";

/// What a query value keeps as it is: the unreserved characters of RFC 3986.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The parameter that the others are signed into.
const SIGNATURE: &str = "signature";

/// The parameters of a stream, raw (not URL-encoded), in the order they are signed: by name.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Query(BTreeMap<String, String>);

impl Query {
    /// No parameters yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with one more parameter, or with this value in place of an earlier one.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: &impl ToString) -> Self {
        self.0.insert(name.into(), value.to_string());
        self
    }

    /// The raw value of a parameter.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Reads the part of an address after `?`, as a server gets it.
    ///
    /// # Errors
    /// When a value is not UTF-8 once decoded.
    pub fn read(encoded: &str) -> Result<Self, ReadQueryError> {
        let mut read = BTreeMap::new();
        for pair in encoded.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            // A form-encoding client writes a space as `+`.
            let value = value.replace('+', " ");
            let value = percent_decode_str(&value)
                .decode_utf8()
                .map_err(|_| ReadQueryError { name: name.to_owned() })?
                .into_owned();
            read.insert(name.to_owned(), value);
        }
        Ok(Self(read))
    }

    /// The text that is signed: official host, path, and all parameters but the signature, raw.
    #[must_use]
    pub fn signing_text(&self, app_id: &str) -> String {
        let mut text = format!("{OFFICIAL_HOST}/asr/v2/{app_id}");
        let mut separator = '?';
        for (name, value) in self.0.iter().filter(|(name, _)| *name != SIGNATURE) {
            text.push(separator);
            text.push_str(name);
            text.push('=');
            text.push_str(value);
            separator = '&';
        }
        text
    }

    /// The signature of these parameters: HMAC-SHA1 of [`Self::signing_text`] in base64.
    #[must_use]
    pub fn sign(&self, app_id: &str, secret_key: &Secret) -> String {
        // HMAC takes keys of any length: this never fails.
        Hmac::<Sha1>::new_from_slice(secret_key.expose().as_bytes())
            .map(|mac| STANDARD.encode(mac.chain_update(self.signing_text(app_id)).finalize().into_bytes()))
            .unwrap_or_default()
    }

    /// Whether the parameters carry their own signature.
    #[must_use]
    pub fn is_signed_by(&self, app_id: &str, secret_key: &Secret) -> bool {
        self.get(SIGNATURE) == Some(&self.sign(app_id, secret_key))
    }

    /// The path and query of the stream's address, signed and URL-encoded.
    #[must_use]
    pub fn signed_path(&self, app_id: &str, secret_key: &Secret) -> String {
        let signature = self.sign(app_id, secret_key);
        let mut path = format!("/asr/v2/{app_id}?");
        for (name, value) in self.0.iter().filter(|(name, _)| *name != SIGNATURE) {
            path.extend([name, "="]);
            path.extend(utf8_percent_encode(value, ENCODED));
            path.push('&');
        }
        path.extend([SIGNATURE, "="]);
        path.extend(utf8_percent_encode(&signature, ENCODED));
        path
    }
}

/// A parameter cannot be read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("expected UTF-8 in the parameter `{name}`, got other bytes")]
pub struct ReadQueryError {
    /// Which one.
    pub name: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vector() -> Query {
        Query::new()
            .with("voice_id", &"v-0001")
            .with("engine_model_type", &"16k_zh")
            .with("expired", &1_700_086_400)
            .with("hotword_list", &"腾讯云|10,语音|5")
            .with("needvad", &1)
            .with("nonce", &1_700_000_000)
            .with("secretid", &"AKIDexample")
            .with("timestamp", &1_700_000_000)
            .with("vad_silence_time", &800)
            .with("voice_format", &1)
    }

    #[test]
    fn the_signature_is_that_of_the_vector() {
        let vector_text = include_str!("../../../fixtures/wire/tencent/signing_text.txt");
        let signature = include_str!("../../../fixtures/wire/tencent/signature.txt");
        assert_eq!(vector().signing_text("1250000000"), vector_text.trim_end());
        assert_eq!(vector().sign("1250000000", &Secret::new("SKexample")), signature.trim_end());
    }

    #[test]
    fn a_server_reads_what_a_client_signed() -> Result<(), ReadQueryError> {
        let key = Secret::new("SKexample");
        let path = vector().signed_path("1250000000", &key);
        assert!(path.starts_with(
            "/asr/v2/1250000000?engine_model_type=16k_zh&expired=1700086400&hotword_list=%E8%85%BE"
        ));
        assert!(path.ends_with("&signature=zw48HdUZFiEXE9DXqW%2FUK4ZF46Q%3D"));
        let read = Query::read(path.split_once('?').map_or("", |(_, query)| query))?;
        assert_eq!(read.get("hotword_list"), Some("腾讯云|10,语音|5"));
        assert!(read.is_signed_by("1250000000", &key));
        assert!(!read.is_signed_by("1250000001", &key));
        assert!(!read.clone().with("needvad", &0).is_signed_by("1250000000", &key));
        assert!(!vector().is_signed_by("1250000000", &key));
        Ok(())
    }

    #[test]
    fn a_value_that_is_not_text_is_refused_by_name() {
        let error = Query::read("voice_id=%FF&a=1").map_err(|error| error.to_string());
        assert_eq!(error, Err("expected UTF-8 in the parameter `voice_id`, got other bytes".to_owned()));
    }
}

//! The signed query string that opens a stream of synthesis.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha1::Sha1;

use crate::units::Secret;

/// What a value keeps as it is: the unreserved characters of RFC 3986.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The parameter that the others are signed into.
const SIGNATURE: &str = "Signature";

/// The signature of these parameters, raw, for a `GET` at a host (with its port where it has one) and path.
///
/// HMAC-SHA1 of method, host, path and all parameters but the signature, by name, in base64.
#[must_use]
pub fn signature(
    host: &str,
    path: &str,
    parameters: &BTreeMap<String, String>,
    secret_key: &Secret,
) -> String {
    let pairs: Vec<_> = parameters
        .iter()
        .filter(|(name, _)| *name != SIGNATURE)
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let text = format!("GET{host}{path}?{}", pairs.join("&"));
    // HMAC takes keys of any length: this never fails.
    Hmac::<Sha1>::new_from_slice(secret_key.expose().as_bytes())
        .map(|mac| STANDARD.encode(mac.chain_update(text).finalize().into_bytes()))
        .unwrap_or_default()
}

/// Path and query of a signed stream, URL-encoded.
#[must_use]
pub fn signed_path(
    host: &str,
    path: &str,
    parameters: &BTreeMap<String, String>,
    secret_key: &Secret,
) -> String {
    let signature = signature(host, path, parameters, secret_key);
    let mut target = format!("{path}?");
    for (name, value) in parameters.iter().filter(|(name, _)| *name != SIGNATURE) {
        target.extend([name, "="]);
        target.extend(utf8_percent_encode(value, ENCODED));
        target.push('&');
    }
    target.extend([SIGNATURE, "="]);
    target.extend(utf8_percent_encode(&signature, ENCODED));
    target
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by OpenSSL from the text: `printf %s TEXT | openssl dgst -sha1 -hmac SKexample -binary | base64`.
    const SIGNED: &str = "h9jgkiO/3ysJ+sOo6GQucSz6NZs=";

    #[test]
    fn the_signature_is_that_of_the_vector() {
        let parameters = [
            ("Text", "你好&"),
            ("AppId", "1250000000"),
            ("Action", "TextToStreamAudioWSv2"),
            ("Signature", "x"),
        ];
        let parameters: BTreeMap<_, _> =
            parameters.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect();
        let key = Secret::new("SKexample");
        assert_eq!(signature("tts.cloud.tencent.com", "/stream_wsv2", &parameters, &key), SIGNED);
        let target = signed_path("tts.cloud.tencent.com", "/stream_wsv2", &parameters, &key);
        assert!(target.starts_with(
            "/stream_wsv2?Action=TextToStreamAudioWSv2&AppId=1250000000&Text=%E4%BD%A0%E5%A5%BD%26&Signature="
        ));
    }
}

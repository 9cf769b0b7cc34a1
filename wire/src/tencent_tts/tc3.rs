//! The signature of the cloud's API 3.0, TC3-HMAC-SHA256, over a POST of JSON to the path `/`.

use hmac::{Hmac, Mac as _};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::hex;
use crate::units::Secret;

/// What is signed of a request to a service.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tc3<'a> {
    /// The service: `tts`.
    pub service: &'a str,
    /// The `Host` header, with its port where it has one.
    pub host: &'a str,
    /// The `Content-Type` header, character for character.
    pub content_type: &'a str,
    /// The `X-TC-Timestamp` header, seconds since 1970.
    pub unix_secs: u64,
    /// The body.
    pub body: &'a [u8],
}

impl Tc3<'_> {
    /// The value of the `Authorization` header.
    #[must_use]
    pub fn authorization(&self, secret_id: &str, secret_key: &Secret) -> String {
        let date = date(self.unix_secs);
        let scope = format!("{date}/{}/tc3_request", self.service);
        let canonical = format!(
            "POST\n/\n\ncontent-type:{}\nhost:{}\n\ncontent-type;host\n{}",
            self.content_type,
            self.host,
            hex::encode(&Sha256::digest(self.body))
        );
        let digest = hex::encode(&Sha256::digest(canonical));
        let text = format!("TC3-HMAC-SHA256\n{}\n{scope}\n{digest}", self.unix_secs);
        let mut key = format!("TC3{}", secret_key.expose()).into_bytes();
        for part in [date.as_str(), self.service, "tc3_request", &text] {
            key = mac(&key, part);
        }
        let signature = hex::encode(&key);
        format!(
            "TC3-HMAC-SHA256 Credential={secret_id}/{scope}, SignedHeaders=content-type;host, Signature={signature}"
        )
    }
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    // HMAC takes keys of any length: this never fails.
    Hmac::<Sha256>::new_from_slice(key)
        .map(|mac| mac.chain_update(text).finalize().into_bytes().to_vec())
        .unwrap_or_default()
}

/// The day of a moment in UTC: `2025-01-01`.
#[must_use]
pub fn date(unix_secs: u64) -> String {
    let moment = i64::try_from(unix_secs).ok().and_then(|secs| Timestamp::from_second(secs).ok());
    moment.unwrap_or_default().strftime("%Y-%m-%d").to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn the_signature_is_the_sdks() -> Result<(), Box<dyn std::error::Error>> {
        let capture = include_str!("../../../fixtures/wire/tencent/speech/text_to_voice.request.json");
        let request: Value = serde_json::from_str(capture)?;
        let header = |name: &str| request["headers"][name].as_str().unwrap_or_default();
        let body = request["raw"].as_str().unwrap_or_default();
        let signed = Tc3 {
            service: "tts",
            host: header("host"),
            content_type: header("content-type"),
            unix_secs: header("x-tc-timestamp").parse()?,
            body: body.as_bytes(),
        };
        let key = Secret::new("SKexample");
        assert_eq!(signed.authorization("AKIDexample", &key), header("authorization"));
        let later = Tc3 { unix_secs: signed.unix_secs + 1, ..signed };
        assert_ne!(later.authorization("AKIDexample", &key), header("authorization"));
        Ok(())
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        for (unix_secs, day) in [
            (0, "1970-01-01"),
            (951_782_399, "2000-02-28"),
            (951_782_400, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (1_735_689_599, "2024-12-31"),
            (1_735_689_600, "2025-01-01"),
            (4_107_542_400, "2100-03-01"),
        ] {
            assert_eq!(date(unix_secs), day, "{unix_secs}");
        }
    }
}

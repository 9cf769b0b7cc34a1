//! The first message of version 3, which says what version 2 says in its address.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::units::Secret;

/// What a client says first, within 3 s of the upgrade.
#[derive(Clone, Debug, Deserialize)]
pub struct Start {
    /// [`Start::KIND`].
    #[serde(rename = "type")]
    pub kind: String,
    /// Who asks.
    pub auth: Auth,
    /// The names of version 2's parameters. A zero is a zero here; version 2 takes it for absent.
    #[serde(default)]
    pub params: Map<String, Value>,
}

/// The account of the room service.
#[derive(Clone, Debug, Deserialize)]
pub struct Auth {
    /// The application.
    pub sdkappid: String,
    /// The signature of a user, made by the application's own server.
    pub usersig: Secret,
}

/// [`Start`] as it is written: the key is exposed.
#[derive(Serialize)]
struct Written<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    auth: WrittenAuth<'a>,
    params: &'a Map<String, Value>,
}

#[derive(Serialize)]
struct WrittenAuth<'a> {
    sdkappid: &'a str,
    usersig: &'a str,
}

impl Start {
    /// The type of the first message.
    pub const KIND: &'static str = "start";

    /// The message, with the signature in it: for the wire only.
    #[must_use]
    pub fn to_text(&self) -> String {
        let auth = WrittenAuth { sdkappid: &self.auth.sdkappid, usersig: self.auth.usersig.expose() };
        // Text and numbers: writing them cannot fail.
        serde_json::to_string(&Written { kind: &self.kind, auth, params: &self.params }).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the service's SDK writes it.
    const DOCUMENTED: &str = r#"{"type":"start","auth":{"sdkappid":"1400000001","usersig":"eJw..."},"params":{"engine_model_type":"16k_zh_en","voice_format":1,"needvad":1,"vad_silence_time":800}}"#;

    #[test]
    fn the_documents_message_reads_and_is_written_the_same() -> Result<(), serde_json::Error> {
        let start: Start = serde_json::from_str(DOCUMENTED)?;
        assert_eq!(start.auth.sdkappid, "1400000001");
        assert_eq!(start.params["vad_silence_time"], 800);
        assert_eq!(start.to_text(), DOCUMENTED);
        assert!(!format!("{start:?}").contains("eJw"), "the signature is no secret");
        Ok(())
    }
}

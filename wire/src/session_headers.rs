//! The request headers that tell a vendor which session asks; the same to language models and custom TTS servers.
//!
//! Source: the manual of Tencent's conversational AI, quoted in `fixtures/wire/custom/request.headers`. Names are in
//! lower case, as HTTP libraries want them.

/// Which session.
pub const TASK_ID: &str = "x-task-id";
/// Which request; a retry carries the same value.
pub const REQUEST_ID: &str = "x-request-id";
/// [`REQUEST_ID`] as a part of the manual spells it. Both are sent with the same value; either is accepted.
pub const RQUEST_ID: &str = "x-rquest-id";
/// Which application.
pub const SDK_APP_ID: &str = "x-sdk-app-id";
/// The user in the conversation, not the agent.
pub const USER_ID: &str = "x-user-id";
/// Which room.
pub const ROOM_ID: &str = "x-room-id";
/// `0` for a numeric room id, `1` for a text. Some clients put quotes around the digit.
pub const ROOM_ID_TYPE: &str = "x-room-id-type";
/// `1` when the application asked, not the user. Language models only.
pub const INVOKE_LLM: &str = "x-invoke-llm";

/// The key in an `Authorization` header; `None` when the scheme is not Bearer.
///
/// The manual prints the key in quotes, so quotes around it are removed.
#[must_use]
pub fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, key) = authorization.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim().trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manuals_headers_are_the_ones_we_know() {
        let manual = include_str!("../../fixtures/wire/custom/request.headers");
        let known = [
            "content-type",
            TASK_ID,
            REQUEST_ID,
            SDK_APP_ID,
            USER_ID,
            ROOM_ID,
            ROOM_ID_TYPE,
            "authorization",
        ];
        let named: Vec<_> = manual.lines().filter_map(|line| line.split_once(':')).collect();
        assert_eq!(named.iter().map(|(name, _)| name.to_lowercase()).collect::<Vec<_>>(), known);
        assert_eq!(named.last().and_then(|(_, value)| bearer(value)), Some("API-KEY"));
    }

    #[test]
    fn the_key_is_read_with_or_without_the_manuals_quotes() {
        for (header, key) in [
            ("Bearer sk-1", Some("sk-1")),
            ("bearer  sk-1 ", Some("sk-1")),
            ("Bearer \"API-KEY\"", Some("API-KEY")),
            ("Basic sk-1", None),
            ("sk-1", None),
        ] {
            assert_eq!(bearer(header), key, "{header}");
        }
    }
}

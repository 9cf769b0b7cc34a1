//! Names of the things a session counts. All are dense counters from 1, given out by the core or the shell;
//! what goes on a wire (a uuid) is made from them by the shell.

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u64);
    };
}

id! {
    /// One user turn with its reply, or one proactive speech. Rises, never repeats within a session.
    RoundId
}
id! {
    /// One attempt of one LLM request. A retry is a new call of the same [`RequestId`].
    LlmCallId
}
id! {
    /// One attempt at synthesising one segment. A retry is a new call of the same [`RequestId`].
    TtsCallId
}
id! {
    /// One recogniser stream. A reconnection is a new call.
    AsrCallId
}
id! {
    /// What stays the same over the retries of a vendor request; becomes the `X-Request-Id` on the wire.
    RequestId
}
id! {
    /// One call of the application on the session; given by the shell, answered by exactly one
    /// [`Notice::Accepted`](crate::Notice::Accepted) or [`Notice::Refused`](crate::Notice::Refused), or by nothing after
    /// [`Command::Close`](crate::Command::Close).
    AppCallId
}

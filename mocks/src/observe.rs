//! What a mock tells while it is being used.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bargein_net::Moment;
use serde_json::Value;

/// Something that happened at a mock, told at once.
#[derive(Clone, PartialEq, Debug)]
pub struct Observation {
    /// When.
    pub at: Moment,
    /// To whom.
    pub role: Role,
    /// Which request, or which recogniser stream, counted from 1 by arrival.
    pub request: u64,
    /// What.
    pub what: What,
}

/// The part a mock plays.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Role {
    /// Speech recognition.
    Asr,
    /// The language model.
    Llm,
    /// Speech synthesis.
    Tts,
}

impl Role {
    /// The word for this role in scripts and random streams.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Asr => "asr",
            Self::Llm => "llm",
            Self::Tts => "tts",
        }
    }
}

/// What happened at a mock.
#[derive(Clone, PartialEq, Debug)]
pub enum What {
    /// A request arrived whole, whatever it is answered with. Of a recogniser stream: it was opened.
    Request {
        /// As sent, in their order, names in lower case.
        headers: Vec<(String, String)>,
        /// The body: as text when it is not JSON. Of a recogniser stream: the query, as a map.
        body: Value,
        /// What a synthesiser shall say, whatever the vendor calls it.
        text: Option<String>,
    },
    /// The first token of the reply leaves. Role, metadata and reasoning do not count.
    FirstToken,
    /// The first audio leaves. A header of the audio format does not count.
    FirstAudio {
        /// How long all the audio of this request is, with nothing going wrong.
        speech: Duration,
    },
    /// The whole answer was sent, a refusal too. Not told of an answer that the script breaks off.
    Response {
        /// The HTTP status. Of a recogniser stream that was opened: 101.
        status: u16,
        /// The words of a language model's reply; empty for all else.
        text: String,
    },
    /// The other side went away before the answer was whole.
    ClosedByAgent,
    /// An interim transcript leaves.
    Interim {
        /// The whole sentence so far.
        text: String,
    },
    /// A final transcript leaves.
    Final {
        /// The whole sentence.
        text: String,
    },
}

/// Whom a mock tells what happens, as it happens. Called from the mock's own tasks: it must not block.
#[derive(Clone)]
pub struct Observer(Arc<dyn Fn(Observation) + Send + Sync>);

impl Observer {
    /// Calls this for every observation.
    pub fn new(see: impl Fn(Observation) + Send + Sync + 'static) -> Self {
        Self(Arc::new(see))
    }

    /// Tells nobody.
    #[must_use]
    pub fn nobody() -> Self {
        Self::new(drop)
    }

    pub(crate) fn tell(&self, observation: Observation) {
        (self.0)(observation);
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer")
    }
}

//! An answer as a vendor gives it: a head, then bytes, each at its time.
//!
//! Sans-IO: an answer is a lazy list of actions with their times since the request arrived. Times never depend on
//! when an earlier action was carried out, so lateness does not add up.

use std::time::Duration;

use bytes::Bytes;

use crate::observe::What;

/// One answer to one request.
pub(crate) struct Answer {
    /// Its status and headers.
    pub(crate) head: Head,
    /// Everything after, in order of time. When it is exhausted the body ends.
    pub(crate) body: Actions,
    /// The words it says, for whoever observes.
    pub(crate) words: String,
}

/// The actions of an answer, in order of time.
pub(crate) type Actions = Box<dyn Iterator<Item = Action> + Send>;

/// Status and headers of an answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Head {
    /// When it leaves, counted from the arrival of the request; `None`: never, the request hangs.
    pub(crate) after: Option<Duration>,
    /// The HTTP status.
    pub(crate) status: u16,
    /// Headers, each name once.
    pub(crate) headers: Vec<(String, String)>,
}

/// One thing a vendor does, and when.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Action {
    /// Counted from the arrival of the request.
    pub(crate) after: Duration,
    /// What.
    pub(crate) does: Does,
}

/// What a vendor does.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Does {
    /// Sends bytes of the body.
    Send {
        /// The bytes.
        bytes: Bytes,
        /// The token or chunk they are, counted from 1; `None` for what is neither.
        unit: Option<u64>,
    },
    /// Reaches something worth telling.
    Tell(What),
    /// Ends the body as if it were whole, although it is not.
    End,
    /// Breaks the connection.
    Reset,
    /// Does nothing any more and leaves the connection open. Its time is the greatest there is.
    Hold,
}

impl Answer {
    /// An answer of one piece, of known length, all of it when its head leaves.
    #[must_use]
    pub(crate) fn whole(head: Head, body: impl Into<Bytes>) -> Self {
        let after = head.after.unwrap_or_default();
        let bytes = body.into();
        let head = head.with("content-length", bytes.len().to_string());
        let send = (!bytes.is_empty()).then(|| Action::send(after, bytes));
        Self { head, body: Box::new(send.into_iter()), words: String::new() }
    }

    /// The same answer, so much later.
    pub(crate) fn delayed(mut self, by: Duration) -> Self {
        self.head.after = self.head.after.map(|after| after + by);
        self.body = Box::new(
            self.body.map(move |action| Action { after: action.after.saturating_add(by), ..action }),
        );
        self
    }
}

impl Head {
    /// A head of this status without headers, leaving at once.
    #[must_use]
    pub(crate) const fn new(status: u16) -> Self {
        Self { after: Some(Duration::ZERO), status, headers: Vec::new() }
    }

    /// Sets a header, whatever it was before. An empty value takes it away.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>) {
        let value = value.into();
        self.headers.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
        if !value.is_empty() {
            self.headers.push((name.to_ascii_lowercase(), value));
        }
    }

    /// The same head with one more header.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.set(name, value);
        self
    }
}

impl Action {
    /// Sends bytes that are neither token nor chunk.
    pub(crate) fn send(after: Duration, bytes: impl Into<Bytes>) -> Self {
        Self { after, does: Does::Send { bytes: bytes.into(), unit: None } }
    }

    /// Waits for ever.
    pub(crate) const fn hold() -> Self {
        Self { after: Duration::MAX, does: Does::Hold }
    }

    /// Tells something.
    pub(crate) const fn tell(after: Duration, what: What) -> Self {
        Self { after, does: Does::Tell(what) }
    }
}

//! How vendors say no: what was asked for by the script, and the usual words of each status.

use bargein_wire::units::Dur;

use crate::answer::{Answer, Head};

/// A refusal, whatever the vendor makes of it.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// The HTTP status, or what it would be with a vendor that keeps to statuses.
    pub(crate) status: u16,
    /// The vendor's code; `None`: the usual one of the status.
    pub(crate) code: Option<String>,
    /// The member of the request at fault.
    pub(crate) param: Option<&'static str>,
    /// In place of the usual words of the status.
    pub(crate) message: Option<String>,
    /// When to come again.
    pub(crate) retry_after: Option<Dur>,
}

/// What a vendor usually says with a status; that of 400 and 500 serves for all others of the same hundred.
pub(crate) struct Usual {
    /// The status.
    pub(crate) status: u16,
    /// Its class, `type` in most bodies.
    pub(crate) kind: &'static str,
    /// Its code; empty: it has none.
    pub(crate) code: &'static str,
    /// Its words.
    pub(crate) message: &'static str,
}

/// What is said in a refusal.
pub(crate) struct Said<'a> {
    /// Its class.
    pub(crate) kind: &'a str,
    /// Its code.
    pub(crate) code: Option<&'a str>,
    /// Its words.
    pub(crate) message: &'a str,
}

impl Refusal {
    pub(crate) const fn new(status: u16) -> Self {
        Self { status, code: None, param: None, message: None, retry_after: None }
    }

    /// What is said: what the script wants, else what `usual` has for the status, else what it has for the hundred of the status.
    pub(crate) fn said<'a>(&'a self, usual: &'a [Usual]) -> Said<'a> {
        let by_code = || usual.iter().find(|usual| Some(usual.code) == self.code.as_deref());
        let by_status = || usual.iter().find(|usual| usual.status == self.status);
        let by_class = || usual.iter().find(|usual| usual.status == self.status / 100 * 100);
        let found = by_code().or_else(by_status).or_else(by_class).or_else(|| usual.first());
        let (kind, code, words) = found.map_or(("", "", ""), |usual| (usual.kind, usual.code, usual.message));
        Said {
            kind,
            code: self.code.as_deref().or_else(|| (!code.is_empty()).then_some(code)),
            message: self.message.as_deref().unwrap_or(words),
        }
    }

    /// The whole answer with this status and body; `in_millis`: whether a wait is told in milliseconds too.
    pub(crate) fn answer_as(&self, (status, body): (u16, serde_json::Value), in_millis: bool) -> Answer {
        let mut head = Head::new(status).with("content-type", "application/json");
        if let Some(retry_after) = self.retry_after {
            let millis = retry_after.get().as_millis();
            head.set("retry-after", millis.div_ceil(1000).to_string());
            if in_millis {
                head.set("retry-after-ms", millis.to_string());
            }
        }
        Answer::whole(head, body.to_string())
    }
}

/// What a vendor usually says with a status: class, code, words.
pub(crate) const fn usual(
    status: u16,
    kind: &'static str,
    code: &'static str,
    message: &'static str,
) -> Usual {
    Usual { status, kind, code, message }
}

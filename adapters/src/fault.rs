//! Failures in the conversation's words: what HTTP says of them, however the vendor puts it.

use std::error::Error;
use std::io;
use std::time::Duration;

use bargein_core::{FaultKind, VendorFault};
use bargein_wire::units::Secret;
use http::{HeaderMap, StatusCode};
use jiff::fmt::rfc2822;

/// The longest message of a fault, in characters.
const LONGEST_MESSAGE: usize = 500;

/// What a status of failure means; of any other, that the protocol has none such.
pub(crate) fn kind_of_status(status: StatusCode) -> FaultKind {
    match status.as_u16() {
        401 | 403 => FaultKind::Auth,
        402 => FaultKind::Quota,
        408 | 504 => FaultKind::Timeout,
        429 => FaultKind::RateLimited,
        409 | 425 | 500..=599 => FaultKind::Unavailable,
        400..=499 => FaultKind::BadRequest,
        _ => FaultKind::Broken,
    }
}

/// What an error of the connection means. Nothing of the answer had arrived.
pub(crate) fn of_transport(error: &(dyn Error + 'static), is_connect: bool) -> VendorFault {
    let told = in_words(error);
    let timed_out = causes(error)
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| cause.kind() == io::ErrorKind::TimedOut);
    match (timed_out, is_connect) {
        (true, _) => VendorFault::new(FaultKind::Timeout, capped(&format!("no connection in time: {told}"))),
        (false, true) => VendorFault::new(FaultKind::Unavailable, capped(&format!("no connection: {told}"))),
        (false, false) => of_break(error),
    }
}

/// What an error in the midst of an answer means.
pub(crate) fn of_break(error: &(dyn Error + 'static)) -> VendorFault {
    VendorFault::new(FaultKind::Broken, capped(&format!("the connection broke: {}", in_words(error))))
}

/// The message within its limit.
pub(crate) fn capped(message: &str) -> String {
    message.chars().take(LONGEST_MESSAGE).collect()
}

/// The fault without the key, which vendors like to quote.
pub(crate) fn redacted(mut fault: VendorFault, key: &Secret) -> VendorFault {
    if !key.is_empty() && fault.message.contains(key.expose()) {
        fault.message = fault.message.replace(key.expose(), &key.to_string());
    }
    fault
}

/// How long the vendor asks us to wait: `retry-after-ms`, or `retry-after` in seconds with decimals or as a date, which
/// is compared with this Unix time.
#[must_use]
pub fn retry_after(headers: &HeaderMap, unix_millis: u64) -> Option<Duration> {
    let header = |name: &str| headers.get(name)?.to_str().ok();
    let number = |text: &str| text.trim().parse::<f64>().ok();
    let millis = ["retry-after-ms", "x-ms-retry-after-ms"].into_iter().find_map(header).and_then(number);
    let after = || {
        let text = header("retry-after")?;
        number(text).or_else(|| {
            let date = rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok()?;
            Some((date.as_millisecond() as f64 - unix_millis as f64) / 1000.0)
        })
    };
    let secs = millis.map(|millis| millis / 1000.0).or_else(after)?;
    Duration::try_from_secs_f64(secs.max(0.0)).ok()
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| (*error).source())
}

fn in_words(error: &(dyn Error + 'static)) -> String {
    let mut words: Vec<String> = causes(error).map(ToString::to_string).collect();
    // Many an error repeats its cause.
    words.dedup_by(|cause, told| told.ends_with(cause.as_str()));
    words.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_say_what_may_help() {
        for (status, kind) in [
            (400, FaultKind::BadRequest),
            (401, FaultKind::Auth),
            (402, FaultKind::Quota),
            (403, FaultKind::Auth),
            (404, FaultKind::BadRequest),
            (408, FaultKind::Timeout),
            (409, FaultKind::Unavailable),
            (422, FaultKind::BadRequest),
            (429, FaultKind::RateLimited),
            (451, FaultKind::BadRequest),
            (500, FaultKind::Unavailable),
            (503, FaultKind::Unavailable),
            (504, FaultKind::Timeout),
            (302, FaultKind::Broken),
        ] {
            let status = StatusCode::from_u16(status).expect("a status");
            assert_eq!(kind_of_status(status), kind, "{status}");
        }
    }

    #[test]
    fn retry_after_reads_in_every_form() {
        let now = 1_735_689_600_000; // 2025-01-01T00:00:00Z
        for (headers, expected) in [
            (&[("retry-after", "2")][..], Some(2000)),
            (&[("retry-after", "0.25")], Some(250)),
            (&[("retry-after", "Wed, 01 Jan 2025 00:00:07 GMT")], Some(7000)),
            (&[("retry-after", "Tue, 31 Dec 2024 23:59:00 GMT")], Some(0)),
            (&[("retry-after", "-1")], Some(0)),
            (&[("retry-after", "2"), ("retry-after-ms", "1500")], Some(1500)),
            (&[("x-ms-retry-after-ms", "40")], Some(40)),
            (&[("retry-after", "soon")], None),
            (&[("retry-after", "inf")], None),
            (&[], None),
        ] {
            let headers: HeaderMap = headers
                .iter()
                .map(|(name, value)| (name.parse().expect("a name"), value.parse().expect("a value")))
                .collect::<HeaderMap>();
            assert_eq!(retry_after(&headers, now), expected.map(Duration::from_millis), "{headers:?}");
        }
    }

    #[test]
    fn a_key_in_the_vendors_words_is_hidden() {
        let fault = VendorFault::new(FaultKind::Auth, "Incorrect API key provided: sk-1234.");
        let hidden = redacted(fault.clone(), &Secret::new("sk-1234"));
        assert_eq!(hidden.message, "Incorrect API key provided: *****.");
        assert_eq!(redacted(fault.clone(), &Secret::default()), fault);
    }

    #[test]
    fn a_cause_is_told_once() {
        let error = io::Error::new(io::ErrorKind::TimedOut, "expected an end within 5s, got none");
        let fault = of_transport(&error, true);
        assert_eq!(fault.kind, FaultKind::Timeout);
        assert_eq!(fault.message, "no connection in time: expected an end within 5s, got none");
    }
}

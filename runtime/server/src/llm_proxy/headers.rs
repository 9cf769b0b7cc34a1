//! Which headers go on, and which are the proxy's own business.

use http::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CACHE_CONTROL, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH,
    CONTENT_TYPE, COOKIE, DATE, EXPECT, HOST, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, SERVER, SET_COOKIE,
    TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue};

/// Between two hops only (RFC 9110, 7.6.1).
const HOP_BY_HOP: [HeaderName; 8] = [
    CONNECTION,
    PROXY_AUTHENTICATE,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];

/// Of a request: what is meant for us, what is said anew, and what would tell the vendor of the caller's library.
const OF_A_REQUEST: [HeaderName; 9] = [
    HOST,
    CONTENT_LENGTH,
    AUTHORIZATION,
    COOKIE,
    EXPECT,
    PROXY_AUTHORIZATION,
    HeaderName::from_static("api-key"),
    HeaderName::from_static("x-api-key"),
    ACCEPT_ENCODING,
];

/// Of an answer: what is said anew, and what is between the vendor and us.
const OF_AN_ANSWER: [HeaderName; 5] = [CONTENT_LENGTH, CONTENT_ENCODING, DATE, SERVER, SET_COOKIE];

/// What a library of callers says of itself, and what its own retries are counted in.
const LIBRARY: &str = "x-stainless-";

pub(super) const ATTEMPT: HeaderName = HeaderName::from_static("x-stainless-retry-count");
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static(bargein_wire::session_headers::REQUEST_ID);
const RQUEST_ID: HeaderName = HeaderName::from_static(bargein_wire::session_headers::RQUEST_ID);
pub(super) const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");
const NO_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// The headers of the caller that go on to any vendor.
pub(super) fn request(mut headers: HeaderMap) -> HeaderMap {
    strip_hops(&mut headers);
    for name in &OF_A_REQUEST {
        headers.remove(name);
    }
    let of_library = headers.keys().filter(|name| name.as_str().starts_with(LIBRARY));
    let of_library: Vec<_> = of_library.cloned().collect();
    for name in of_library {
        headers.remove(name);
    }
    // Compressed events would come when the compressor is full, not when they are said.
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    headers
}

/// The caller's id of the request, however it is spelled.
pub(super) fn request_id(headers: &HeaderMap) -> Option<&HeaderValue> {
    [REQUEST_ID, RQUEST_ID].iter().find_map(|name| headers.get(name)).filter(|id| !id.is_empty())
}

/// The vendor's headers that go on to the caller.
pub(super) fn answer(mut headers: HeaderMap) -> HeaderMap {
    strip_hops(&mut headers);
    for name in &OF_AN_ANSWER {
        headers.remove(name);
    }
    headers
}

/// What makes everybody on the way hand events on as they come.
pub(super) fn stream(headers: &mut HeaderMap) {
    if !headers.contains_key(CONTENT_TYPE) {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(NO_BUFFERING, HeaderValue::from_static("no"));
}

/// What the caller is told of times.
pub(super) fn timing(headers: &mut HeaderMap, text: &str) {
    if let Ok(value) = HeaderValue::try_from(text) {
        headers.insert(SERVER_TIMING, value);
    }
}

fn strip_hops(headers: &mut HeaderMap) {
    if let Some(connection) = headers.remove(CONNECTION) {
        let named = connection.to_str().unwrap_or_default().split(',');
        let named: Vec<_> = named.filter_map(|name| name.trim().parse::<HeaderName>().ok()).collect();
        for name in named {
            headers.remove(name);
        }
    }
    for name in &HOP_BY_HOP {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(headers: &[(&str, &str)], rule: fn(HeaderMap) -> HeaderMap) -> Vec<String> {
        let headers = headers.iter().map(|(name, value)| (name.parse::<HeaderName>(), value.parse()));
        let headers: HeaderMap = headers.map(|(name, value)| (name.unwrap(), value.unwrap())).collect();
        let mut names: Vec<_> = rule(headers).keys().map(ToString::to_string).collect();
        names.sort();
        names
    }

    #[test]
    fn what_is_between_two_stays_between_them() {
        let sent = [
            ("host", "proxy"),
            ("connection", "keep-alive, X-Mine"),
            ("x-mine", "1"),
            ("keep-alive", "5"),
            ("authorization", "Bearer ours"),
            ("api-key", "ours"),
            ("x-api-key", "ours"),
            ("cookie", "a=b"),
            ("x-stainless-lang", "python"),
            ("content-length", "2"),
            ("content-type", "application/json"),
            ("traceparent", "00-1-2-01"),
            ("x-task-id", "t"),
            ("x-custom", "kept"),
        ];
        let kept = ["accept-encoding", "content-type", "traceparent", "x-custom", "x-task-id"];
        assert_eq!(names(&sent, request), kept);
        let got = [
            ("content-type", "text/event-stream"),
            ("transfer-encoding", "chunked"),
            ("server", "vendor"),
            ("date", "today"),
            ("set-cookie", "a=b"),
            ("x-request-id", "r"),
            ("x-ratelimit-remaining-requests", "7"),
            ("retry-after-ms", "40"),
        ];
        let kept = ["content-type", "retry-after-ms", "x-ratelimit-remaining-requests", "x-request-id"];
        assert_eq!(names(&got, answer), kept);
    }
}

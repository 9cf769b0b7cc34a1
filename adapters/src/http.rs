//! One POST to a vendor, and its answer read up to a limit.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bargein_core::{FaultKind, VendorFault};
use bargein_net::{Clock, Connector, World, http_client_over};
use bargein_wire::session_headers;
use bargein_wire::units::Secret;
use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, Uri};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;

use crate::{OnWritten, RoomIdType, SessionIdentity, fault};

/// How much of the body of a failure is read, in bytes.
const LONGEST_FAILURE: usize = 64 * 1024;

/// An HTTP client with the clock of its world. Connections are kept for the next request once an answer was read to
/// its end; dropping an answer before closes its connection.
#[derive(Clone, Debug)]
pub(crate) struct Http {
    client: Client<Connector, Question>,
    connector: Connector,
    pub(crate) clock: Clock,
}

impl Http {
    pub(crate) fn new(world: &World) -> Self {
        let connector = Connector::new(world);
        let client = http_client_over(world, connector.clone());
        Self { client, connector, clock: world.clock.clone() }
    }

    /// Has a connection ready for the next request to this address. That it cannot be had, the request itself will tell.
    pub(crate) fn warm(&self, uri: &Uri) -> BoxFuture<'static, ()> {
        let (connector, uri) = (self.connector.clone(), uri.clone());
        async move { drop(connector.warm(&uri).await) }.boxed()
    }

    /// Posts a body; the answer's status and headers are there, its body is not read.
    ///
    /// # Errors
    /// When no answer came, or a compressed one although none was asked for: it would come when it is whole.
    pub(crate) async fn post(
        &self,
        uri: &Uri,
        headers: HeaderMap,
        body: String,
        written: OnWritten,
    ) -> Result<Response<Incoming>, VendorFault> {
        let mut request = Request::post(uri.clone())
            .body(Question { bytes: Some(body.into()), written })
            .map_err(|error| VendorFault::new(FaultKind::BadRequest, error.to_string()))?;
        *request.headers_mut() = headers;
        request.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let answer = self.client.request(request).await;
        let answer = answer.map_err(|error| fault::of_transport(&error, error.is_connect()))?;
        match header(&answer, &CONTENT_ENCODING) {
            // The words of a refusal matter less than its status.
            Some(encoding) if encoding != "identity" && answer.status().is_success() => {
                let message = format!("expected no Content-Encoding, got {encoding}");
                Err(VendorFault::new(FaultKind::Broken, fault::capped(&message)))
            }
            _ => Ok(answer),
        }
    }

    /// How long a refusal asks us to wait.
    pub(crate) fn retry_after(&self, headers: &HeaderMap) -> Option<std::time::Duration> {
        fault::retry_after(headers, self.clock.unix_millis())
    }
}

/// The body of a request.
#[derive(Debug)]
struct Question {
    /// `None` when the connection has them.
    bytes: Option<Bytes>,
    written: OnWritten,
}

impl Body for Question {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let bytes = self.bytes.take();
        if bytes.is_some() {
            self.written.tell();
        }
        Poll::Ready(bytes.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}

/// The headers of a request: who asks, for what, with which key.
pub(crate) fn headers(
    content_type: &'static str,
    key: &Secret,
    request_id: &str,
    session: &SessionIdentity,
) -> Result<HeaderMap, VendorFault> {
    let room_id_type = match (session.room_id.as_str(), session.room_id_type) {
        ("", _) => "",
        (_, RoomIdType::Number) => "0",
        (_, RoomIdType::Text) => "1",
    };
    let bearer = if key.is_empty() { String::new() } else { format!("Bearer {}", key.expose()) };
    let all = [
        (CONTENT_TYPE.as_str(), content_type),
        (AUTHORIZATION.as_str(), &bearer),
        (session_headers::TASK_ID, &session.task_id),
        (session_headers::REQUEST_ID, request_id),
        (session_headers::RQUEST_ID, request_id),
        (session_headers::SDK_APP_ID, &session.sdk_app_id),
        (session_headers::USER_ID, &session.user_id),
        (session_headers::ROOM_ID, &session.room_id),
        (session_headers::ROOM_ID_TYPE, room_id_type),
    ];
    let mut headers = HeaderMap::with_capacity(all.len() + 1);
    for (name, value) in all.into_iter().filter(|(_, value)| !value.is_empty()) {
        let mut header = header_value(name, value)?;
        header.set_sensitive(name == AUTHORIZATION.as_str());
        headers.insert(HeaderName::from_static(name), header);
    }
    Ok(headers)
}

/// A text as the value of the header `name`.
pub(crate) fn header_value(name: &str, text: &str) -> Result<HeaderValue, VendorFault> {
    HeaderValue::from_bytes(text.as_bytes()).map_err(|_| {
        let message = format!("expected no control characters in the header {name}, got some");
        VendorFault::new(FaultKind::BadRequest, message)
    })
}

/// A header of an answer, as text.
pub(crate) fn header<B>(answer: &Response<B>, name: &HeaderName) -> Option<String> {
    answer.headers().get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// What the body of a failure says, as far as it came.
pub(crate) async fn failure_text(mut body: Incoming) -> String {
    let mut text = Vec::new();
    while let Some(Ok(frame)) = body.frame().await {
        text.extend_from_slice(frame.data_ref().map_or(&[], |data| data.as_ref()));
        if text.len() >= LONGEST_FAILURE {
            text.truncate(LONGEST_FAILURE);
            break;
        }
    }
    String::from_utf8_lossy(&text).into_owned()
}

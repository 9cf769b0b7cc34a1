//! The service's codes, and its refusals of a WebSocket, in the conversation's words.

use bargein_core::{FaultKind, VendorFault};
use bargein_wire::tencent_asr::{Downlink, code};
use http::Response;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use crate::fault::{capped, kind_of_status, of_transport, retry_after};

/// A message whose code says that the stream is over.
pub(super) fn of_message(message: &Downlink) -> VendorFault {
    let words = match message.message.as_str() {
        "" => format!("the service ended the stream with the code {} and no word", message.code),
        words => capped(words),
    };
    VendorFault::new(kind_of_code(message.code), words).with_code(message.code.to_string())
}

/// No WebSocket came about.
pub(super) fn of_handshake(error: &Error, unix_millis: u64) -> VendorFault {
    let Error::Http(response) = error else { return of_transport(error, false) };
    VendorFault { retry_after: retry_after(response.headers(), unix_millis), ..of_refusal(response) }
}

/// The connection was closed before the service had said that nothing follows.
pub(super) fn of_close(frame: Option<CloseFrame>) -> VendorFault {
    let expected = "expected results up to the final one, got the end of the connection";
    let fault = VendorFault::new(FaultKind::Broken, expected);
    let Some(CloseFrame { code, reason }) = frame else { return fault };
    let fault = fault.with_code(u16::from(code).to_string());
    if reason.is_empty() { fault } else { VendorFault { message: capped(&reason), ..fault } }
}

/// What a code of the service means.
const fn kind_of_code(code: i64) -> FaultKind {
    match code {
        code::AUTH_FAILED | code::NOT_OPEN | code::OUTSIDE => FaultKind::Auth,
        code::QUOTA | code::ARREARS => FaultKind::Quota,
        code::CONCURRENCY => FaultKind::RateLimited,
        code::IDLE => FaultKind::Timeout,
        code::CLIENT_CLOSED => FaultKind::Broken,
        // What we did wrong, known (4000, 4001, 4007, 4010) or not.
        4000..=4999 => FaultKind::BadRequest,
        // From `code::OVERLOADED` on: the service's own trouble.
        5000..=5999 => FaultKind::Unavailable,
        _ => FaultKind::Broken,
    }
}

/// An answer that is no upgrade. As much of its body is there as came with its head.
fn of_refusal(response: &Response<Option<Vec<u8>>>) -> VendorFault {
    let status = response.status();
    let body = response.body().as_deref().unwrap_or_default();
    let said: Downlink = serde_json::from_slice(body).unwrap_or_default();
    let code = if said.code == 0 { i64::from(status.as_u16()) } else { said.code };
    let words = match said.message.as_str() {
        "" => format!("expected an upgrade to a WebSocket, got the status {status}"),
        words => capped(words),
    };
    VendorFault::new(kind_of_status(status), words).with_code(code.to_string())
}

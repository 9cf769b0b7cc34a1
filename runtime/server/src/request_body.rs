//! Reading a request's body from a stranger: no longer than it may be, no slower than it may be.

use std::time::Duration;

use axum::body::Body;
use bargein_net::{ClientEnd, Clock};
use bytes::{Bytes, BytesMut};
use http_body::Body as _;
use http_body_util::BodyExt as _;

/// The longest wait for the next byte.
const IDLE: Duration = Duration::from_secs(3);
/// What has been sent before the client closed its side is here by then.
const AFTER_THE_END: Duration = Duration::from_millis(50);

/// The body cannot be had.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum BodyError {
    /// It is longer than it may be.
    #[error("expected at most {limit} bytes of body, got more")]
    TooLarge {
        /// How long it may be.
        limit: usize,
    },
    /// It did not come in time.
    #[error("expected the whole body of the request in time, got {got} bytes of it")]
    TooSlow {
        /// How much came.
        got: usize,
    },
    /// The client closed its side in the middle of it.
    #[error("expected the whole body of the request, got its end after {got} bytes")]
    Cut {
        /// How much came.
        got: usize,
    },
}

/// Reads a body of at most `limit` bytes within `total`, with no pause of three seconds in it.
pub(crate) async fn read(
    mut body: Body,
    limit: usize,
    total: Duration,
    clock: &Clock,
    client: &ClientEnd,
) -> Result<Bytes, BodyError> {
    if body.size_hint().lower() > limit as u64 {
        return Err(BodyError::TooLarge { limit });
    }
    let until = clock.now() + total;
    let mut first = Bytes::new();
    let mut more = BytesMut::new();
    let mut ended = false;
    loop {
        let got = first.len() + more.len();
        let patience = if ended { AFTER_THE_END } else { IDLE };
        let wait = patience.min(until.since(clock.now()));
        let frame = tokio::select! {
            biased;
            frame = body.frame() => frame,
            () = client.ended(), if !ended => {
                ended = true;
                continue;
            }
            () = clock.sleep(wait) => {
                return Err(if ended { BodyError::Cut { got } } else { BodyError::TooSlow { got } });
            }
        };
        let bytes = match frame {
            None if more.is_empty() => return Ok(first),
            None => {
                return Ok([first, more.freeze()].concat().into());
            }
            Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
            Some(Err(_)) => return Err(BodyError::Cut { got }),
        };
        if got + bytes.len() > limit {
            return Err(BodyError::TooLarge { limit });
        }
        if first.is_empty() { first = bytes } else { more.extend_from_slice(&bytes) }
    }
}

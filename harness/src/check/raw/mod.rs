//! A client of HTTP/1.1 that hides nothing: it writes exact bytes and keeps what came back as it came.
//!
//! What libraries mend or forget is what checks are about: the case of header names, where a chunk begins and when
//! it arrived, bytes behind the end, how a connection ended. Bounded in everything a stranger can send. Deliberately
//! out: HTTP/2, redirects, pools.

mod ask;
mod chunked;
mod connection;
mod decoder;
mod exchange;
mod head;

pub use ask::{Ask, Framing, Writing};
pub use chunked::Chunk;
pub(super) use connection::exchange;
pub use connection::{Connection, Drained, Limits, Reading, Unreached};
pub use decoder::{AnswerDecoder, MOST_AFTER};
pub(crate) use exchange::millis;
pub use exchange::{Arrival, BodyFraming, End, Exchange};
pub use head::{Head, HeadError};

//! Tencent Cloud speech synthesis: how its requests are signed.
//!
//! Source: the service's documents and its Python SDKs, `fixtures/wire/tencent/SOURCE.md`. Deliberately out: bodies,
//! which are plain JSON and written by each side for itself.

mod query;
mod tc3;

pub use query::{signature, signed_path};
pub use tc3::{Tc3, date};

//! Speech recognisers played by us.

mod hearing;
mod says;
pub mod tencent;

pub use says::{Says, Utterance};

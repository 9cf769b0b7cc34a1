//! Language models played by us.

pub mod openai;
pub mod quirk;
mod tokens;

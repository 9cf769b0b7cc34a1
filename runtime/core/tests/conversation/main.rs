//! The conversation through its public face: what it promises in any interleaving.

mod driver;
mod properties;

//! Language models played by us.

pub mod quirk;

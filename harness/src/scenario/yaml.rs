//! The YAML that scenarios are written in: a strict part of it, as a tree with places.
//!
//! What may stand in a file: strings, decimal numbers, `true` and `false`, lists, maps. Anchors, aliases, tags, merge
//! keys, duplicate keys, several documents and every other kind of plain scalar are refused with their place, all of
//! them in one pass. Deliberately out: what the keys mean.

mod node;
mod plain;
mod read;

pub(super) use node::{Entry, Node, NodeKind, Scalar, Style};
pub(super) use plain::Plain;
pub(super) use read::{MAX_BYTES, read};

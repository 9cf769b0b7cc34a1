//! The harness: scenarios, what they expect, and the timelines they are judged by.

pub mod expect;
pub mod scenario;
pub mod timeline;
pub mod user;
pub mod vocabulary;

//! The harness: scenarios, what they expect, and the timelines they are judged by.

pub mod check;
pub mod cli;
pub mod expect;
pub mod report;
pub mod run;
pub mod scenario;
pub mod timeline;
pub mod user;
pub mod vocabulary;
pub mod world;

//! Checks: does somebody else's server keep a protocol, and how well.
//!
//! One engine, any number of suites: a suite is a table of [`Check`]s, each a catalogue [`Entry`] and an async function
//! from a [`Context`] to an [`Outcome`]. The engine knows connections, requests, answers with arrival times, budgets,
//! verdicts, waivers and the order of things; a suite knows its protocol. All of it runs over a
//! [`World`](bargein_net::World), so that the checks themselves are tested in virtual time.
//!
//! Deliberately out: how a [`Run`] is shown, which is in [`report`](crate::report), and where a terminal is.

mod budgets;
mod catalogue;
mod context;
mod corpus;
mod evidence;
pub mod llm;
mod outcome;
mod quantile;
pub mod raw;
mod result;
mod schedule;
mod selection;
mod target;
pub mod tts;
mod waiver;
mod watch;

pub use budgets::{Budgets, Profile};
pub use catalogue::{Check, Entry, Level, Pace, Suite, catalogue_text};
pub use context::{Answers, Context, Owned, Pages, Settings};
pub use corpus::{Text, text};
pub use evidence::{ChunkRow, Evidence, Heard};
pub use outcome::{Judged, Outcome, Verdict};
pub(crate) use quantile::quantile;
pub use result::{Checked, Run, Totals};
pub use schedule::{Gate, run};
pub use selection::{Selection, SelectionError};
pub use target::{Target, TargetError};
pub use waiver::{Waiver, WaiverError, read_waivers};

//! Sessions in virtual time, against vendors that do what a test says.

mod conversing;
mod ending;
mod failing;
mod listening;
mod speaking;
mod stage;

//! The canonical text of a timeline: one line an entry.
//!
//! `   1405 ms  agent.falls_silent level=-18dB heard="从前"`: the time in milliseconds, with microseconds when it is not
//! whole, then the event and its fields as recorded. A text is written bare when it is one word, else as a JSON
//! string; JSON is written compactly in its own order.

use std::fmt;
use std::time::Duration;

use super::{Entry, Timeline, Value};

impl fmt::Display for Timeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.entries().iter().try_for_each(|entry| writeln!(f, "{entry}"))
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = Milliseconds(Duration::from_nanos(self.at.as_nanos())).to_string();
        write!(f, "{at:>7} ms  {}", self.event)?;
        self.fields.iter().try_for_each(|(name, value)| write!(f, " {name}={value}"))
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) if is_one_word(text) => f.write_str(text),
            Self::Text(text) => write!(f, "{}", serde_json::Value::from(text.as_str())),
            Self::Number(number) => write!(f, "{number}"),
            Self::Duration(duration) => write!(f, "{}ms", Milliseconds(*duration)),
            Self::Bool(truth) => write!(f, "{truth}"),
            Self::Level(level) => write!(f, "{level}dB"),
            Self::Json(json) => write!(f, "{json}"),
        }
    }
}

/// Whether a text can stand bare, without being taken for something else.
fn is_one_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-'))
}

/// Milliseconds, with three decimals when they are not whole; what is below a microsecond is cut off.
struct Milliseconds(Duration);

impl fmt::Display for Milliseconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.0.as_micros();
        match micros % 1_000 {
            0 => write!(f, "{}", micros / 1_000),
            part => write!(f, "{}.{part:03}", micros / 1_000),
        }
    }
}

//! The values an entry's fields can have.

use std::time::Duration;

/// One value of an entry.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// Text or a word.
    Text(String),
    /// A count or a code.
    Number(f64),
    /// A figure that is a time.
    Duration(Duration),
    /// Yes or no.
    Bool(bool),
    /// A level in whole dB of full scale, 0 or below.
    Level(i32),
    /// What a vendor was sent: lists and maps, entered by a path.
    Json(serde_json::Value),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Number(f64::from(number))
    }
}

impl From<u16> for Value {
    fn from(number: u16) -> Self {
        Self::Number(f64::from(number))
    }
}

impl From<Duration> for Value {
    fn from(duration: Duration) -> Self {
        Self::Duration(duration)
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl From<serde_json::Value> for Value {
    fn from(json: serde_json::Value) -> Self {
        Self::Json(json)
    }
}

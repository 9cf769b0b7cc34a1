//! Calls of tools put together from their deltas, in whatever shape vendors cut them (Q20 to Q23).

use serde_json::Value;

use super::AnswerError;
use super::json::number;

/// The most calls of one answer.
const MOST_CALLS: usize = 64;

/// The longest arguments of one answer's calls together, in bytes.
const MOST_ARGUMENTS: usize = 1 << 20;

/// A tool that the model wants called.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ToolCall {
    /// The vendor's name of this call, which the result must carry. Empty when the vendor gave none.
    pub id: String,
    /// The function.
    pub name: String,
    /// Its arguments: JSON text as the model wrote it, which may be wrong JSON.
    pub arguments: String,
}

/// There is more than any honest answer holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct TooMuch;

/// Calls under way.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct ToolCalls {
    calls: Vec<Growing>,
    bytes: usize,
}

#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Growing {
    /// The vendor's `index`, where it gives one.
    index: Option<u64>,
    call: ToolCall,
}

impl ToolCalls {
    /// Takes what a delta's `tool_calls` hold: a list, or one call by itself.
    fn push(&mut self, calls: &Value) -> Result<(), TooMuch> {
        match calls {
            Value::Array(calls) => calls.iter().try_for_each(|call| self.push_one(call)),
            Value::Object(_) => self.push_one(calls),
            _ => Ok(()),
        }
    }

    /// The same, for a reader of answers.
    pub(crate) fn take(&mut self, calls: &Value) -> Result<(), AnswerError> {
        self.push(calls).map_err(|TooMuch| AnswerError::TooManyCalls)
    }

    /// The calls as far as they have come, in the order in which they began.
    pub(crate) fn calls(&self) -> impl Iterator<Item = &ToolCall> {
        self.calls.iter().map(|growing| &growing.call)
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    fn push_one(&mut self, delta: &Value) -> Result<(), TooMuch> {
        // The deprecated form of one call has its members at the top.
        let function = delta.get("function").unwrap_or(delta);
        let id = delta["id"].as_str().unwrap_or_default();
        let name = function["name"].as_str().unwrap_or_default();
        let arguments = match &function["arguments"] {
            Value::String(text) => text.clone(),
            Value::Object(members) if members.is_empty() => String::new(),
            Value::Null => String::new(),
            // An object where a text should be (Q23).
            other => other.to_string(),
        };
        if id.is_empty() && name.is_empty() && arguments.is_empty() {
            return Ok(());
        }
        self.bytes += id.len() + name.len() + arguments.len();
        if self.bytes > MOST_ARGUMENTS {
            return Err(TooMuch);
        }
        let growing = self.find(number(&delta["index"]), id, name)?;
        // Some repeat id and name in every delta (Q22); some send the name last (Q21).
        if growing.call.id.is_empty() {
            id.clone_into(&mut growing.call.id);
        }
        if growing.call.name.is_empty() {
            name.clone_into(&mut growing.call.name);
        }
        growing.call.arguments.push_str(&arguments);
        Ok(())
    }

    /// The call that a delta goes on with, or a new one: by id where it has one, else by index, else the last (Q20).
    fn find(&mut self, index: Option<u64>, id: &str, name: &str) -> Result<&mut Growing, TooMuch> {
        let fits = |growing: &Growing| {
            let same_id = id.is_empty() || growing.call.id.is_empty() || growing.call.id == id;
            let same_index = index.is_none() || growing.index.is_none() || growing.index == index;
            let same_name =
                !id.is_empty() || index.is_some() || name.is_empty() || growing.call.name.is_empty();
            same_id && same_index && same_name
        };
        let known = |growing: &Growing| !id.is_empty() && growing.call.id == id;
        let found = self.calls.iter().rposition(known).or_else(|| self.calls.iter().rposition(fits));
        let at = match found {
            Some(at) => at,
            None if self.calls.len() == MOST_CALLS => return Err(TooMuch),
            None => {
                self.calls.push(Growing { index, ..Growing::default() });
                self.calls.len() - 1
            }
        };
        self.calls.get_mut(at).ok_or(TooMuch)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(deltas: &[Value], expected: &[(&str, &str, &str)]) {
        let mut calls = ToolCalls::default();
        for delta in deltas {
            assert_eq!(calls.push(delta), Ok(()));
        }
        let got: Vec<_> = calls
            .calls()
            .map(|call| (call.id.as_str(), call.name.as_str(), call.arguments.as_str()))
            .collect();
        assert_eq!(got, expected);
    }

    #[test]
    fn calls_come_together_however_they_are_cut() {
        let begin = |index: u64, id: &str, name: &str| json!([{ "index": index, "id": id, "function": { "name": name, "arguments": "" } }]);
        let more = |index: u64, part: &str| json!([{ "index": index, "function": { "arguments": part } }]);
        check(
            &[begin(0, "a", "f"), more(0, "{\"x\""), more(0, ":1}"), begin(1, "b", "g"), more(1, "{}")],
            &[("a", "f", "{\"x\":1}"), ("b", "g", "{}")],
        );
        // Deltas of two calls by turns.
        check(
            &[begin(0, "a", "f"), begin(1, "b", "g"), more(0, "1"), more(1, "2"), more(0, "3")],
            &[("a", "f", "13"), ("b", "g", "2")],
        );
    }

    #[test]
    fn calls_without_an_index_go_by_id_and_else_by_order() {
        let bare = |id: &str, name: &str, part: &str| json!([{ "id": id, "function": { "name": name, "arguments": part } }]);
        check(
            &[bare("a", "f", ""), bare("", "", "1"), bare("b", "g", ""), bare("", "", "2")],
            &[("a", "f", "1"), ("b", "g", "2")],
        );
        check(&[bare("a", "f", "1"), bare("a", "f", "2")], &[("a", "f", "12")]);
        // Neither id nor index: a new name begins a new call.
        check(&[bare("", "f", "1"), bare("", "g", "2")], &[("", "f", "1"), ("", "g", "2")]);
        // The index is null, and the id empty after the first delta.
        check(
            &[
                json!([{ "index": null, "id": "a", "function": { "name": "f" } }]),
                json!([{ "index": null, "id": "", "function": { "name": null, "arguments": "{}" } }]),
            ],
            &[("a", "f", "{}")],
        );
    }

    #[test]
    fn an_id_that_is_new_begins_a_call_under_the_same_index() {
        let whole = |id: &str, name: &str| json!([{ "index": 0, "id": id, "function": { "name": name, "arguments": "{}" } }]);
        check(&[whole("a", "f"), whole("b", "g")], &[("a", "f", "{}"), ("b", "g", "{}")]);
    }

    #[test]
    fn a_name_may_come_last_and_arguments_may_be_an_object() {
        check(
            &[
                json!([{ "index": 0, "id": "a", "function": { "arguments": "{\"x\":1}" } }]),
                json!([{ "index": 0, "function": { "name": "f" } }]),
            ],
            &[("a", "f", "{\"x\":1}")],
        );
        check(
            &[json!([{ "index": "0", "id": "a", "function": { "name": "f", "arguments": { "x": [1] } } }])],
            &[("a", "f", "{\"x\":[1]}")],
        );
        check(&[json!({ "name": "f", "arguments": "{}" })], &[("", "f", "{}")]);
        check(&[json!([{ "index": 0 }]), json!(null), json!("x")], &[]);
    }

    #[test]
    fn there_is_an_end_to_calls() {
        let call = |id: usize| json!([{ "id": format!("c{id}"), "function": { "name": "f" } }]);
        let mut calls = ToolCalls::default();
        assert!((0..MOST_CALLS).all(|id| calls.push(&call(id)).is_ok()));
        assert_eq!(calls.push(&call(MOST_CALLS)), Err(TooMuch));
        let mut calls = ToolCalls::default();
        let long = json!([{ "index": 0, "function": { "arguments": "x".repeat(MOST_ARGUMENTS) } }]);
        assert_eq!((calls.push(&long), calls.push(&long)), (Ok(()), Err(TooMuch)));
    }
}

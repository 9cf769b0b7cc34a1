//! Whatever stands in a file, loading gives a scenario or says what is wrong.

use proptest::prelude::*;

use super::super::Scenario;
use super::Shelf;

/// Pieces of scenarios, whole and broken.
pub(super) fn piece() -> impl Strategy<Value = String> {
    const KNOWN: [&str; 53] = [
        "version: 1\n",
        "name: x\n",
        "expect:\n",
        "  - ",
        "steps: ",
        "[",
        "]",
        "{",
        "}",
        ": ",
        ", ",
        "\n",
        "  ",
        "# c\n",
        "\"",
        "'",
        "|\n",
        ">-\n",
        "&a ",
        "*a",
        "!!str ",
        "<<: ",
        "? ",
        "---\n",
        "...\n",
        "%TAG\n",
        "\t",
        "\r\n",
        "cases: { columns: [a], rows: [[1]] }\n",
        "$a",
        "user: ",
        "app: ",
        "says: ",
        "id: ",
        "at: ",
        "agent.speaks",
        "within 3s of ",
        "ask.end",
        "where ",
        "= ",
        "llm: ",
        "reply: { file: gaps.txt }\n",
        "tape gaps.txt",
        "times 2",
        "±",
        "你好",
        "\u{feff}",
        "count: ",
        "repeat: 5\n",
        "p95 ",
        "null",
        "0x1f",
        "- - - ",
    ];
    prop_oneof![
        prop::sample::select(&KNOWN[..]).prop_map(str::to_owned),
        any::<char>().prop_map(String::from)
    ]
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Scenario::read("a.yaml", &bytes, &Shelf);
    }

    #[test]
    fn any_pieces_are_read_or_refused(pieces in prop::collection::vec(piece(), 0..40)) {
        let text = pieces.concat();
        if let Err(wrong) = Scenario::read("a.yaml", text.as_bytes(), &Shelf) {
            prop_assert!(!wrong.0.is_empty());
            prop_assert!(!wrong.to_string().is_empty());
        }
    }

    #[test]
    fn any_sentence_is_read_or_refused(pieces in prop::collection::vec(piece(), 0..20)) {
        let sentence = serde_json::Value::from(pieces.concat());
        let text = format!("version: 1\nname: x\nsteps:\n  - user: {{ id: ask, says: hi }}\nexpect:\n  - {sentence}\n");
        if let Err(wrong) = Scenario::read("a.yaml", text.as_bytes(), &Shelf) {
            prop_assert!(!wrong.to_string().is_empty());
        }
    }
}

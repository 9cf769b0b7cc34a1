//! Sentences read, and are written as they read again.

use proptest::prelude::*;

use super::super::{LineKind, Sentence};
use super::load;

/// The sentence of a line of `expect`.
fn sentence(text: &str) -> Sentence {
    let quoted = serde_json::Value::from(text);
    let scenario = load(&format!(
        "version: 1\nname: x\nrepeat: 9\nsteps:\n  - user: {{ id: ask, says: hi }}\n  - app: {{ id: tell-2, speak: hi }}\n\
         expect: [{quoted}]\n"
    ));
    let line = scenario.cases[0].expectations.lines[0].clone();
    assert_eq!(line.kind, LineKind::Expect);
    line.sentence
}

#[test]
fn a_canonical_sentence_is_written_as_it_stands() {
    for text in [
        "error",
        "error.2 where of = llm and kind = rate_limited within 200ms of llm.request.1",
        "agent.speaks within 1.3s of ask.end",
        "agent.speaks p95 within 900ms of ask.end",
        "agent.speaks between ask.start + 700ms and llm.request.2 - 1ms times 2",
        "agent.speaks between ask.end where how = whole and agent.falls_silent",
        "agent.speaks after tell-2.accepted",
        "agent.speaks before state where is = thinking + 2s",
        "tell-2.start at tell-2.accepted ± 20ms",
        "tell-2.end where how = cut",
        "tell-2.refused where reason = queue_full",
        "metric where name = asr_latency and value < 601.5ms",
        "metric where name = tts_discontinuity and value > 1",
        "agent.falls_silent where level > -20dB",
        "subtitle where of = user and final = true and text contains 等一下",
        "subtitle where text = \"a \\\"b\\\" c\"",
        "subtitle where text = \"within\"",
        "subtitle where text != \"5\"",
        "subtitle where text matches \"^\\\\d+ (ms|s)$\"",
        "llm.request.2 where messages.-2.content is spoken part of story-200.txt",
        "llm.request where messages.-1.content is spoken part of \"what a day\"",
        "llm.request.2 where header.X-Request-Id differs from llm.request.1",
        "llm.request.2 where body.model same as llm.request.1",
        "llm.request where body.temperature = 0.5 and body.stream = true and body.user = \"true\"",
    ] {
        assert_eq!(sentence(text).to_string(), text);
    }
}

#[test]
fn other_spellings_mean_the_same() {
    for (text, canonical) in [
        ("  state   where is=idle", "state where is = idle"),
        ("error after ask.end +2s", "error after ask.end + 2s"),
        ("error after ask.end -2000ms", "error after ask.end - 2s"),
        ("error at ask.end +/- 20ms", "error at ask.end ± 20ms"),
        ("error at ask.end±20ms", "error at ask.end ± 20ms"),
        ("subtitle where text = \"one\"", "subtitle where text = one"),
    ] {
        assert_eq!(sentence(text).to_string(), canonical);
        assert_eq!(sentence(text), sentence(canonical));
    }
}

proptest! {
    #[test]
    fn any_text_can_be_compared_with(text in any::<String>()) {
        let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
        let read = sentence(&format!("subtitle where text contains \"{escaped}\""));
        let again = sentence(&read.to_string());
        prop_assert_eq!(&again, &read);
        prop_assert!(read.to_string().len() <= escaped.len() + 40);
    }
}

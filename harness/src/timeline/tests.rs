//! The order of entries, and their text.

use std::time::Duration;

use bargein_core::Time;
use serde_json::json;

use super::{Entry, StepId, Timeline, Value};
use crate::vocabulary::{Observed, StepMoment};

#[test]
fn entries_are_in_order_of_time_then_of_recording() {
    let mut timeline = Timeline::default();
    for (at, event) in [
        (5, Observed::LlmRequest),
        (9, Observed::Error),
        (5, Observed::TtsRequest),
        (7, Observed::AgentFallsSilent),
    ] {
        timeline.record(Entry::new(Time::from_millis(at), event));
    }
    let words: Vec<_> = timeline.entries().iter().map(|entry| entry.event.to_string()).collect();
    assert_eq!(words, ["llm.request", "tts.request", "agent.falls_silent", "error"]);
}

#[test]
fn the_text_has_one_line_an_entry() {
    let mut timeline = Timeline::default();
    timeline.record(Entry::new(Time::ZERO, Observed::SessionReady));
    timeline.record(
        Entry::new(Time::from_nanos(1_405_062_500), (StepId::new("ask"), StepMoment::End))
            .with("how", "whole"),
    );
    timeline.record(
        Entry::new(Time::from_millis(2_000), Observed::LlmRequest)
            .with("messages", json!([{ "role": "user", "content": "你好" }]))
            .with("header", json!({ "x-request-id": "a" })),
    );
    timeline.record(
        Entry::new(Time::from_millis(2_100), Observed::Metric)
            .with("name", "asr_latency")
            .with("value", Duration::from_micros(600_500)),
    );
    timeline.record(
        Entry::new(Time::from_millis(12_191), Observed::Subtitle)
            .with("final", true)
            .with("text", "say \"hi\"\n"),
    );
    timeline.record(
        Entry::new(Time::from_millis(12_200), Observed::AgentFallsSilent)
            .with("level", Value::Level(-18))
            .with("heard", "")
            .with("segment", "从前，"),
    );
    timeline.record(Entry::new(Time::from_millis(12_201), Observed::TtsResponse).with("status", 200_u16));
    insta::assert_snapshot!(timeline.to_string(), @r#"
          0 ms  session.ready
    1405.062 ms  ask.end how=whole
       2000 ms  llm.request messages=[{"role":"user","content":"你好"}] header={"x-request-id":"a"}
       2100 ms  metric name=asr_latency value=600.500ms
      12191 ms  subtitle final=true text="say \"hi\"\n"
      12200 ms  agent.falls_silent level=-18dB heard="" segment="从前，"
      12201 ms  tts.response status=200
    "#);
}

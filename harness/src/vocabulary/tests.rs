//! The table, the core's own words, and the page made of it.

use bargein_core::{AgentState, FaultKind, InterruptedBy, MetricName, Refusal, Speaker, TurnEnd, VendorRole};
use serde::Serialize;

use super::{FieldKind, Observed, StepMoment, reference};

/// The words of a field.
fn words(row: &super::EventRow, field: &str) -> Vec<&'static str> {
    match row.field(field).map(|field| field.kind) {
        Some(FieldKind::Words(words)) => words.to_vec(),
        other => panic!("{field}: {other:?}"),
    }
}

fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value).unwrap() {
        serde_json::Value::String(word) => word,
        serde_json::Value::Object(map) => map.keys().next().unwrap().clone(),
        other => panic!("{other}"),
    }
}

#[test]
fn events_are_found_by_their_words_and_no_two_have_the_same() {
    for event in Observed::ALL {
        assert_eq!(Observed::of_word(event.row().word), Some(*event));
    }
    for moment in StepMoment::ALL {
        assert_eq!(StepMoment::of_word(moment.row().word), Some(*moment));
        let ends_alike = |event: &&Observed| event.row().word.ends_with(&format!(".{}", moment.row().word));
        assert_eq!(Observed::ALL.iter().find(ends_alike), None, "a step's moment would be ambiguous");
    }
}

#[test]
fn the_core_s_words_are_the_words_of_scenarios() {
    use AgentState::{Finished, Idle, Interrupted, Listening, Speaking, Thinking};
    let states = [Idle, Listening, Thinking, Speaking, Interrupted, Finished];
    assert_eq!(words(Observed::State.row(), "is"), states.map(|state| word(&state)));
    let roles = [VendorRole::Asr, VendorRole::Llm, VendorRole::Tts];
    assert_eq!(words(Observed::Error.row(), "of"), roles.map(|role| word(&role)));
    assert_eq!(words(Observed::Subtitle.row(), "of"), [Speaker::User, Speaker::Agent].map(|who| word(&who)));
    let kinds = [
        FaultKind::Timeout,
        FaultKind::RateLimited,
        FaultKind::Auth,
        FaultKind::Quota,
        FaultKind::BadRequest,
        FaultKind::Unavailable,
        FaultKind::Broken,
    ];
    assert_eq!(words(Observed::Error.row(), "kind"), kinds.map(|kind| word(&kind)));
    let refusals = [
        Refusal::Listening,
        Refusal::QueueFull,
        Refusal::LowerPriority,
        Refusal::Stopping,
        Refusal::TooLong,
        Refusal::Empty,
    ];
    assert_eq!(words(StepMoment::Refused.row(), "reason"), refusals.map(|refusal| word(&refusal)));
    let metrics = [
        MetricName::AsrLatency,
        MetricName::LlmNetworkLatency,
        MetricName::LlmFirstToken,
        MetricName::TtsNetworkLatency,
        MetricName::TtsFirstFrameLatency,
        MetricName::TtsDiscontinuity,
        MetricName::Interruption,
    ];
    assert_eq!(words(Observed::Metric.row(), "name"), metrics.map(|metric| word(&metric)));
    let causes = [InterruptedBy::User, InterruptedBy::Ask, InterruptedBy::Speak, InterruptedBy::Signal];
    assert_eq!(words(Observed::TurnEnded.row(), "by"), causes.map(|cause| word(&cause)));
    let ends = [
        TurnEnd::Completed,
        TurnEnd::Interrupted(InterruptedBy::User),
        TurnEnd::Failed,
        TurnEnd::Discarded,
        TurnEnd::Stopped,
    ];
    assert_eq!(words(Observed::TurnEnded.row(), "why"), ends.map(|end| word(&end)));
}

#[test]
fn the_page_of_the_book_is_made_of_the_table() {
    let page = include_str!("../../../docs/events.md");
    let reference = reference();
    assert_eq!(page, reference, "write this into docs/events.md:\n{reference}");
}

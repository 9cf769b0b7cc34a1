//! What the session tells the room, as entries of the timeline.
//!
//! Answers to the application's calls and the fate of its speeches belong to steps: [`super::speeches`].

use std::time::Duration;

use bargein_core::{AgentState, InterruptedBy, MetricName, Notice, Speaker, Time, TurnEnd};

use crate::timeline::Entry;
use crate::vocabulary::Observed;

/// The entry of a notice; `None` when it is of a step.
pub(super) fn entry(at: Time, notice: &Notice) -> Option<Entry> {
    let entry = |event: Observed| Entry::new(at, event);
    Some(match notice {
        Notice::State { is, .. } => entry(Observed::State).with("is", state(*is)),
        Notice::TurnStarted { of, .. } => entry(Observed::TurnStarted).with("of", speaker(*of)),
        Notice::TurnEnded { of, why, text, .. } => {
            let ended = entry(Observed::TurnEnded).with("of", speaker(*of)).with("why", turn_end(*why));
            let ended = match why {
                TurnEnd::Interrupted(by) => ended.with("by", interrupted_by(*by)),
                TurnEnd::Completed | TurnEnd::Failed | TurnEnd::Discarded | TurnEnd::Stopped => ended,
            };
            ended.with("text", text.as_str())
        }
        Notice::Subtitle { of, text, is_final, .. } => entry(Observed::Subtitle)
            .with("of", speaker(*of))
            .with("final", *is_final)
            .with("text", text.as_str()),
        Notice::Metric { name, value, .. } => {
            let metric = entry(Observed::Metric).with("name", name.word());
            match name {
                MetricName::TtsDiscontinuity | MetricName::Interruption => {
                    metric.with("value", u32::try_from(*value).unwrap_or(u32::MAX))
                }
                MetricName::AsrLatency
                | MetricName::LlmNetworkLatency
                | MetricName::LlmFirstToken
                | MetricName::TtsNetworkLatency
                | MetricName::TtsFirstFrameLatency => metric.with("value", Duration::from_millis(*value)),
            }
        }
        Notice::Error { of, fault, .. } => entry(Observed::Error)
            .with("of", of.word())
            .with("kind", fault.kind.word())
            .with("code", fault.code.as_str())
            .with("message", fault.message.as_str()),
        Notice::Meta { json, .. } => {
            let object: serde_json::Value =
                serde_json::from_str(json).unwrap_or_else(|_| json.as_str().into());
            entry(Observed::Meta).with("json", object)
        }
        Notice::ToolCall { call, .. } => {
            let arguments: serde_json::Value =
                serde_json::from_str(&call.arguments).unwrap_or_else(|_| call.arguments.as_str().into());
            entry(Observed::ToolCall)
                .with("id", call.id.as_str())
                .with("name", call.name.as_str())
                .with("arguments", arguments)
        }
        Notice::Accepted { .. } | Notice::Refused { .. } | Notice::SpeechDropped { .. } => return None,
    })
}

fn state(is: AgentState) -> &'static str {
    match is {
        AgentState::Idle => "idle",
        AgentState::Listening => "listening",
        AgentState::Thinking => "thinking",
        AgentState::Speaking => "speaking",
        AgentState::Interrupted => "interrupted",
        AgentState::Finished => "finished",
    }
}

fn speaker(of: Speaker) -> &'static str {
    match of {
        Speaker::User => "user",
        Speaker::Agent => "agent",
    }
}

fn turn_end(why: TurnEnd) -> &'static str {
    match why {
        TurnEnd::Completed => "completed",
        TurnEnd::Interrupted(_) => "interrupted",
        TurnEnd::Failed => "failed",
        TurnEnd::Discarded => "discarded",
        TurnEnd::Stopped => "stopped",
    }
}

fn interrupted_by(by: InterruptedBy) -> &'static str {
    match by {
        InterruptedBy::User => "user",
        InterruptedBy::Ask => "ask",
        InterruptedBy::Speak => "speak",
        InterruptedBy::Signal => "signal",
    }
}

#[cfg(test)]
mod tests {
    use bargein_core::{FaultKind, RoundId, ToolCall, VendorFault, VendorRole};

    use super::*;
    use crate::timeline::{Event, Value};
    use crate::vocabulary::FieldKind;

    const ROUND: RoundId = RoundId(1);

    fn notices() -> Vec<Notice> {
        let ended = |of, why| Notice::TurnEnded { round: ROUND, of, why, text: "好".to_owned() };
        let states = [
            AgentState::Idle,
            AgentState::Listening,
            AgentState::Thinking,
            AgentState::Speaking,
            AgentState::Interrupted,
            AgentState::Finished,
        ];
        let metrics = [
            MetricName::AsrLatency,
            MetricName::LlmNetworkLatency,
            MetricName::LlmFirstToken,
            MetricName::TtsNetworkLatency,
            MetricName::TtsFirstFrameLatency,
            MetricName::TtsDiscontinuity,
            MetricName::Interruption,
        ];
        let mut notices = vec![
            Notice::TurnStarted { round: ROUND, of: Speaker::User },
            ended(Speaker::User, TurnEnd::Completed),
            ended(Speaker::User, TurnEnd::Discarded),
            ended(Speaker::Agent, TurnEnd::Failed),
            ended(Speaker::Agent, TurnEnd::Stopped),
            ended(Speaker::Agent, TurnEnd::Interrupted(InterruptedBy::User)),
            ended(Speaker::Agent, TurnEnd::Interrupted(InterruptedBy::Ask)),
            ended(Speaker::Agent, TurnEnd::Interrupted(InterruptedBy::Speak)),
            ended(Speaker::Agent, TurnEnd::Interrupted(InterruptedBy::Signal)),
            Notice::Subtitle { round: ROUND, of: Speaker::Agent, text: "好".to_owned(), is_final: true },
            Notice::Error {
                round: None,
                of: VendorRole::Llm,
                fault: VendorFault::new(FaultKind::RateLimited, "slow down").with_code("429"),
            },
            Notice::Meta { round: ROUND, json: r#"{"mood":1}"#.to_owned() },
            Notice::ToolCall {
                round: ROUND,
                call: ToolCall { id: "c1".to_owned(), name: "f".to_owned(), arguments: "{}".to_owned() },
            },
        ];
        notices.extend(states.map(|is| Notice::State { round: None, is }));
        notices.extend(metrics.map(|name| Notice::Metric { round: ROUND, name, value: 7 }));
        notices
    }

    #[test]
    fn every_field_is_one_of_the_vocabulary_with_a_value_it_knows() {
        for notice in notices() {
            let entry = entry(Time::ZERO, &notice).unwrap();
            for (name, value) in &entry.fields {
                let field = entry.event.row().field(name).unwrap_or_else(|| panic!("{entry}: {name}"));
                let known = match (field.kind, value) {
                    (FieldKind::Words(words), Value::Text(word)) => words.contains(&word.as_str()),
                    (FieldKind::Text, Value::Text(_)) | (FieldKind::Bool, Value::Bool(_)) => true,
                    (FieldKind::Measure, Value::Duration(_) | Value::Number(_)) => true,
                    (FieldKind::Json, Value::Json(_)) => true,
                    _ => false,
                };
                assert!(known, "{entry}: {name}");
            }
        }
    }

    #[test]
    fn answers_to_calls_belong_to_steps() {
        let answer = Notice::Accepted { call: bargein_core::AppCallId(1), round: None };
        assert_eq!(entry(Time::ZERO, &answer), None);
    }

    #[test]
    fn the_text_of_an_entry_reads_like_the_sentence_about_it() {
        let error = notices().into_iter().find(|notice| matches!(notice, Notice::Error { .. })).unwrap();
        let entry = entry(Time::from_millis(12_191), &error).unwrap();
        assert_eq!(entry.event, Event::Observed(Observed::Error));
        assert_eq!(
            entry.to_string(),
            r#"  12191 ms  error of=llm kind=rate_limited code=429 message="slow down""#
        );
    }
}

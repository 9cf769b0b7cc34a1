//! The schema of steps.

use serde_json::{Value, json};

use super::{described, described_default, reference};
use crate::scenario::step::{PRIORITIES, ROLES, SAME_PRIORITIES, SIGNALS};

/// The list of steps.
pub(super) fn steps() -> Value {
    let user = json!({
        "description": "The human in the room does one of says, silence, text, signal.",
        "type": "object",
        "properties": user(),
        "additionalProperties": false,
    });
    let app = json!({
        "description": "The application calls the session: one of speak, ask, interrupt, update, add_history, \
                        reset_history, stop.",
        "type": "object",
        "properties": app(),
        "additionalProperties": false,
    });
    json!({
        "description": "What user and app do, in order.",
        "type": "array",
        "items": {
            "type": "object",
            "properties": { "user": user, "app": app },
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": false,
        },
    })
}

fn user() -> Value {
    json!({
        "id": id(),
        "at": at(),
        "says": { "description": "Speaks these words; the recogniser hears them.", "type": "string" },
        "audio": {
            "description": "The recording of them, beside the scenario or in fixtures/speech. Without it, a signal \
                            shaped like speech: 220 ms a CJK character, 60 ms any other.",
            "type": "string",
        },
        "level": {
            "description": "How loud the loudest 20 ms are, in dB of full scale. Without it, as recorded.",
            "type": "string", "pattern": "^-?[0-9]+\\s*dB$", "examples": ["-20dB"],
        },
        "silence": described(reference("duration"), "Lets time pass."),
        "text": { "description": "Sends a text through the room.", "type": "string" },
        "signal": {
            "description": "Sends a signal through the room.",
            "enum": SIGNALS.map(|(word, _)| word),
        },
    })
}

fn app() -> Value {
    let message = json!({
        "type": "object",
        "required": ["role", "content"],
        "properties": {
            "role": { "enum": ROLES.map(|(word, _)| word) },
            "content": { "type": "string" },
        },
        "additionalProperties": false,
    });
    let flag = |description: &str, default: bool| json!({ "description": description, "type": "boolean", "default": default });
    json!({
        "id": id(),
        "at": at(),
        "times": { "description": "How many calls.", "type": "integer", "minimum": 1, "default": 1 },
        "every": described_default(reference("duration"), "From the start of one call to that of the next.", "0ms"),
        "speak": { "description": "Say this text.", "type": "string" },
        "ask": { "description": "Ask the model this and say the answer.", "type": "string" },
        "interrupt": { "description": "Cut what is being prepared or said.", "const": true },
        "update": described(reference("agent"), "Change the configuration."),
        "add_history": { "description": "Append messages to the history.", "type": "array", "items": message },
        "reset_history": { "description": "Empty the history.", "const": true },
        "stop": {
            "description": "End the session: at once, or when everything accepted has been said.",
            "enum": [true, "graceful"],
        },
        "priority": {
            "description": "The rank of a speech.",
            "enum": PRIORITIES.map(|(word, _)| word), "default": "medium",
        },
        "same_priority": {
            "description": "What to do against a current speech of the same priority.",
            "enum": SAME_PRIORITIES.map(|(word, _)| word), "default": "clear_and_interrupt",
        },
        "enqueue_user_speech": flag(
            "Whether what the user says while this speech cannot be cut becomes a turn afterwards.", false,
        ),
        "history": flag("Whether the spoken text becomes an assistant message.", true),
        "question_in_history": flag("Whether the question becomes a user message.", false),
        "answer_in_history": flag("Whether the answer becomes an assistant message.", true),
        "system_prompt": { "description": "Replaces the system prompt for this question.", "type": "string" },
    })
}

fn id() -> Value {
    json!({
        "description": "The name of the step in sentences.",
        "type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_-]*$",
    })
}

fn at() -> Value {
    described(reference("anchor"), "When it starts; without it, when the step before has ended.")
}

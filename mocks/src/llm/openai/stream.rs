//! A streamed answer as frames in time, before it becomes bytes: what the quirks work on.

use std::time::Duration;

use bytes::Bytes;
use rand::RngCore;
use serde_json::{Value, json};

use super::ask::Ask;
use super::chunk;
use super::dialect::UsageIn;
use crate::answer::{Action, Actions, Does};
use crate::llm::pace::Pace;
use crate::llm::tokens::tokens;
use crate::observe::What;
use crate::script::{LlmBehaviour, Usage};

/// A streamed answer.
pub(super) struct ChatStream {
    /// In order of time.
    pub frames: Vec<Frame>,
    /// How frames become bytes.
    pub framing: Framing,
    /// What comes after the last frame.
    pub ending: Ending,
}

/// One frame of a stream.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Frame {
    /// Since the request arrived.
    pub after: Duration,
    /// What part of the answer it is.
    pub part: Part,
    /// The token it carries, counted from 1.
    pub token: Option<u64>,
    /// What it says.
    pub says: Says,
}

/// The part of an answer that a frame is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Part {
    /// Who speaks.
    Role,
    /// Metadata.
    Meta,
    /// A token of the reasoning.
    Reasoning,
    /// A token of the reply.
    Content,
    /// A part of a tool's call.
    Tool,
    /// Why the answer ends.
    Finish,
    /// What it cost.
    Usage,
    /// The last frame.
    Done,
    /// No stream at all: the whole answer.
    Whole,
    /// Of a quirk, not of the script.
    Extra,
}

/// What a frame says.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Says {
    /// JSON behind `data:`.
    Json(Value),
    /// Any text behind `data:`.
    Text(String),
    /// These bytes and nothing else.
    Raw(Bytes),
}

/// How frames become bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Framing {
    /// What stands before a data line's text.
    pub field: &'static str,
    /// The end of a line.
    pub line_end: &'static str,
    /// Whether JSON is spread over lines.
    pub pretty: bool,
}

/// What comes after the last frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ending {
    /// The end of the body.
    End,
    /// Nothing; the connection stays open.
    Hold,
    /// The connection breaks at this time.
    Reset(Duration),
    /// The last frame, again and again.
    Repeat(Duration),
}

impl ChatStream {
    /// The stream that a vendor without peculiarities would send. `head` is when its head leaves.
    pub(super) fn new(ask: &Ask, behaviour: &LlmBehaviour, head: Duration, rng: &mut impl RngCore) -> Self {
        let mut pace = Pace::new(behaviour, head, rng);
        let mut frames = vec![Frame {
            after: head,
            part: Part::Role,
            token: None,
            says: Says::Json(chunk::chunk(
                ask,
                &json!({ "role": "assistant", "content": "", "refusal": null }),
                None,
            )),
        }];
        for token in tokens(behaviour.reasoning.as_deref().unwrap_or_default(), behaviour.tokens_by) {
            let delta = json!({ "reasoning_content": token });
            frames.push(token_frame(&mut pace, Part::Reasoning, chunk::chunk(ask, &delta, None)));
        }
        let reply = tokens(&behaviour.reply, behaviour.tokens_by);
        for (index, token) in reply.iter().enumerate() {
            let frame =
                token_frame(&mut pace, Part::Content, chunk::chunk(ask, &json!({ "content": token }), None));
            if index == 0 {
                frames.extend(behaviour.meta.iter().map(|meta| Frame {
                    after: frame.after,
                    part: Part::Meta,
                    token: None,
                    says: Says::Json(chunk::meta_chunk(ask, meta)),
                }));
            }
            frames.push(frame);
        }
        for (index, call) in behaviour.tool_calls.iter().enumerate() {
            for delta in chunk::tool_deltas(ask, index, call) {
                frames.push(token_frame(&mut pace, Part::Tool, chunk::chunk(ask, &delta, None)));
            }
        }
        let end = pace.last();
        let finish = chunk::chunk(ask, &json!({}), Some(finish_reason(behaviour)));
        frames.push(Frame { after: end, part: Part::Finish, token: None, says: Says::Json(finish) });
        let usage = usage(ask, behaviour);
        match ask.dialect.usage {
            UsageIn::AskedChunk | UsageIn::LastChunk if ask.include_usage => {
                with_null_usage(&mut frames);
                let usage = chunk::usage_chunk(ask, usage);
                frames.push(Frame { after: end, part: Part::Usage, token: None, says: Says::Json(usage) });
            }
            UsageIn::LastChunk => with_last_usage(&mut frames, usage),
            UsageIn::AskedChunk => {}
        }
        for frame in &mut frames {
            if let (Says::Json(Value::Object(chunk)), true) = (&mut frame.says, frame.part != Part::Meta) {
                (ask.dialect.dress)(frame.part, chunk);
            }
        }
        frames.push(Frame {
            after: end,
            part: Part::Done,
            token: None,
            says: Says::Text("[DONE]".to_owned()),
        });
        Self { frames, framing: Framing::default(), ending: Ending::End }
    }

    /// The stream as actions, each frame a write.
    pub(super) fn into_actions(self) -> Actions {
        let Self { frames, framing, ending } = self;
        let repeated = frames.last().cloned();
        let first_content = frames.iter().position(|frame| frame.part == Part::Content);
        let end = frames.last().map_or(Duration::ZERO, |frame| frame.after);
        let written = {
            let framing = framing.clone();
            frames.into_iter().enumerate().flat_map(move |(index, frame)| {
                let tell =
                    (Some(index) == first_content).then(|| Action::tell(frame.after, What::FirstToken));
                tell.into_iter().chain([framing.write(frame)])
            })
        };
        match (ending, repeated) {
            (Ending::Repeat(gap), Some(frame)) => Box::new(written.chain((1_u32..).map(move |times| {
                framing.write(Frame { after: end.saturating_add(gap.saturating_mul(times)), ..frame.clone() })
            }))),
            (Ending::Hold, _) => Box::new(written.chain([Action::hold()])),
            (Ending::Reset(after), _) => Box::new(written.chain([Action { after, does: Does::Reset }])),
            (Ending::End | Ending::Repeat(_), _) => Box::new(written),
        }
    }
}

impl Default for Framing {
    fn default() -> Self {
        Self { field: "data: ", line_end: "\n", pretty: false }
    }
}

impl Framing {
    fn write(&self, frame: Frame) -> Action {
        let text = match frame.says {
            Says::Raw(bytes) => {
                return Action { after: frame.after, does: Does::Send { bytes, unit: frame.token } };
            }
            Says::Json(json) if self.pretty => format!("{json:#}"),
            Says::Json(json) => json.to_string(),
            Says::Text(text) => text,
        };
        let mut lines = String::with_capacity(text.len() + 16);
        for line in text.split('\n') {
            lines.extend([self.field, line, self.line_end]);
        }
        lines.push_str(self.line_end);
        Action { after: frame.after, does: Does::Send { bytes: lines.into(), unit: frame.token } }
    }
}

/// Every chunk before the usage says that there is none yet.
fn with_null_usage(frames: &mut [Frame]) {
    for frame in frames {
        if let (Says::Json(Value::Object(chunk)), false) = (&mut frame.says, frame.part == Part::Meta) {
            chunk.insert("usage".to_owned(), Value::Null);
        }
    }
}

/// Every chunk tells the usage so far.
pub(super) fn with_usage_so_far(frames: &mut [Frame], usage: Usage) {
    let mut completion_tokens = 0;
    for frame in frames {
        completion_tokens += u64::from(frame.token.is_some());
        if let (Says::Json(Value::Object(chunk)), true) = (&mut frame.says, frame.part != Part::Meta) {
            chunk.insert("usage".to_owned(), chunk::usage_json(Usage { completion_tokens, ..usage }));
        }
    }
}

/// The chunk with the finish reason tells the usage.
fn with_last_usage(frames: &mut [Frame], usage: Usage) {
    for frame in frames.iter_mut().filter(|frame| frame.part == Part::Finish) {
        if let Says::Json(Value::Object(chunk)) = &mut frame.says {
            chunk.insert("usage".to_owned(), chunk::usage_json(usage));
        }
    }
}

/// The reason why the model stops.
pub(super) const fn finish_reason(behaviour: &LlmBehaviour) -> &'static str {
    if behaviour.tool_calls.is_empty() { "stop" } else { "tool_calls" }
}

/// The usage to report: the script's, or what was really said.
pub(super) fn usage(ask: &Ask, behaviour: &LlmBehaviour) -> Usage {
    crate::llm::tokens::usage(ask.prompt_bytes, behaviour)
}

fn token_frame(pace: &mut Pace<'_, impl RngCore>, part: Part, json: Value) -> Frame {
    let (after, count) = pace.token();
    Frame { after, part, token: Some(count), says: Says::Json(json) }
}

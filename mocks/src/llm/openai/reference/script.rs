//! How the reference behaves when nothing is broken: its times, its limits, and what it says.

use std::time::Duration;

use bargein_wire::units::Secret;

use super::wish::Wish;
use crate::llm::tokens::tokens;
use crate::script::TokensBy;

/// The one model.
pub(super) const MODEL: &str = "reference-1";

/// Where chats are answered.
pub(super) const PATH: &str = "/v1/chat/completions";

/// The times and limits of the reference.
#[derive(Clone, Debug)]
pub struct ModelScript {
    /// The key clients need. Default: `reference-key`.
    pub key: Secret,
    /// From a request to its first token. Default: 100 ms.
    pub first_token: Duration,
    /// From each token to the next. Default: 20 ms.
    pub gap: Duration,
    /// How many answers may be under way; the next is refused with 429. Default: 24.
    pub streams: usize,
}

impl Default for ModelScript {
    fn default() -> Self {
        Self {
            key: Secret::new("reference-key"),
            first_token: Duration::from_millis(100),
            gap: Duration::from_millis(20),
            streams: 24,
        }
    }
}

/// What is told when a story is wanted.
const STORY: &str = "The night train left the city a little late, because an old man with two heavy bags was still \
    looking for his ticket. A girl in a green coat helped him up the steps, and the two of them shared a compartment \
    until the morning. He told her about the years when the line was built, about the bridge over the grey river and \
    the winter when the snow stood as high as the windows. She drew all of it in a small book. When the sun came up \
    over the hills, the train stopped at a station without a name, and the old man got out. He left one of the bags \
    on the seat. Inside she found a lamp, a map of the line, and a letter that began with her own name. She read it \
    twice, looked out of the window, and smiled, for now she knew where she was going.";

/// What the reference says to anything else.
const GREETING: &str = "Hello, I can hear you well. How may I help you today?";

/// The words before what shall be repeated.
const REPEAT: &str = "Repeat exactly";

/// The tokens of the answer, and why it ends: the model's own end, or the limit of tokens.
pub(super) fn answer(wish: &Wish) -> (Vec<String>, &'static str) {
    let text = if wish.is_tool_answered {
        "It is 21 degrees in Paris.".to_owned()
    } else if let Some((_, text)) = wish.prompt.split_once(REPEAT).and_then(|(_, rest)| rest.split_once(": "))
    {
        text.to_owned()
    } else if wish.prompt.contains("story") {
        STORY.to_owned()
    } else {
        GREETING.to_owned()
    };
    let end = wish.stop.iter().filter(|stop| !stop.is_empty()).filter_map(|stop| text.find(stop)).min();
    let text = text.get(..end.unwrap_or(text.len())).unwrap_or_default();
    let mut tokens: Vec<String> = tokens(text, TokensBy::Auto).into_iter().map(str::to_owned).collect();
    let most = wish.most.unwrap_or(tokens.len());
    let reason = if most < tokens.len() { "length" } else { "stop" };
    tokens.truncate(most);
    (tokens, reason)
}

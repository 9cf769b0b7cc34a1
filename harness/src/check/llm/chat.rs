//! Asking the model: requests, their answers, and what every check does with them.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::reply::Reply;
use crate::check::raw::{Ask, Connection, End, Exchange, Limits};
use crate::check::{Context, Gate, Judged, Outcome};

/// A short answer.
pub(super) const HELLO: &str = "Say hello in one short sentence.";

/// A long answer.
pub(super) const STORY: &str = "Tell a story of about 150 words about a night train. Plain text only.";

/// Characters of one, two, three and four bytes, and one that is several.
pub(super) const PHRASE: &str = "你好，世界！🙂 Ça va? 안녕 👩‍👩‍👧";

/// The last part of the path, which the other paths of the service stand beside.
const CHATS: &str = "/chat/completions";

/// A request for an answer.
#[derive(Clone, Debug)]
pub(super) struct Chat {
    label: String,
    members: Map<String, Value>,
    headers: Vec<(String, String)>,
}

impl Chat {
    /// One message of a user; the answer is a stream.
    pub(super) fn new(label: &str, prompt: &str) -> Self {
        Self::talk(label, json!([{ "role": "user", "content": prompt }]))
    }

    /// These messages; the answer is a stream.
    pub(super) fn talk(label: &str, messages: Value) -> Self {
        let members =
            Map::from_iter([("messages".to_owned(), messages), ("stream".to_owned(), Value::Bool(true))]);
        Self { label: label.to_owned(), members, headers: Vec::new() }
    }

    /// The base case.
    pub(super) fn hello() -> Self {
        Self::new("hello", HELLO)
    }

    /// A long answer.
    pub(super) fn story() -> Self {
        Self::new("a story", STORY)
    }

    /// A phrase to be repeated.
    pub(super) fn phrase() -> Self {
        Self::new("a phrase in many scripts", &format!("Repeat exactly, and nothing else: {PHRASE}"))
    }

    /// With another name in evidence. What is asked once in a run is known by its name.
    pub(super) fn label(mut self, label: &str) -> Self {
        label.clone_into(&mut self.label);
        self
    }

    /// With this member of the body.
    pub(super) fn with(mut self, member: &str, value: Value) -> Self {
        self.members.insert(member.to_owned(), value);
        self
    }

    /// Without this member of the body.
    pub(super) fn without(mut self, member: &str) -> Self {
        self.members.shift_remove(member);
        self
    }

    /// With this header.
    pub(super) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The request.
    pub(super) async fn ask(&self, cx: &Context) -> Ask {
        let mut members = self.members.clone();
        if !members.contains_key("model") {
            members.insert("model".to_owned(), model(cx).await.into());
        }
        let ask = post(cx, &self.label).body(Value::Object(members).to_string());
        self.headers.iter().fold(ask, |ask, (name, value)| ask.header(name, value))
    }

    /// Asks on a connection of its own.
    pub(super) async fn asked(&self, cx: &Context) -> Exchange {
        let ask = self.ask(cx).await;
        cx.ask(&ask, limits()).await
    }

    /// Asks once in a run: whoever asks the same gets the same answer.
    pub(super) async fn asked_once(&self, cx: &Context) -> Arc<Exchange> {
        let ask = self.ask(cx).await;
        cx.shared_ask(ask, limits()).await
    }

    /// Asks on this connection.
    pub(super) async fn asked_on(&self, cx: &Context, connection: &mut Connection) -> Exchange {
        let exchange = connection.exchange(&self.ask(cx).await, limits()).await;
        cx.note(&exchange);
        exchange
    }

    /// Asks once in a run, and judges the stream: `Err` is what is broken.
    pub(super) async fn judged(
        &self,
        cx: &Context,
        judge: impl Fn(&Reply) -> Result<String, String>,
    ) -> Judged {
        let exchange = self.asked_once(cx).await;
        let reply = reply(&exchange)?;
        let outcome = match judge(&reply) {
            Ok(seen) if cx.entry().level == crate::check::Level::May => Outcome::info(seen),
            Ok(seen) => Outcome::pass(seen),
            Err(seen) => cx.broken(seen),
        };
        Ok(outcome.with(&exchange))
    }

    /// Asks, and judges whether it is answered at all.
    pub(super) async fn taken(&self, cx: &Context) -> Judged {
        let exchange = self.asked(cx).await;
        Ok(if is_answered(&exchange) { Outcome::pass(exchange.summary()) } else { unanswered(cx, &exchange) })
    }
}

/// A `POST` to the service with its key.
pub(super) fn post(cx: &Context, label: &str) -> Ask {
    let id = cx.world().ids.uuid().to_string();
    let ask = Ask::new(label, "POST", cx.target())
        .and_header("Content-Type", "application/json")
        .and_header("Accept", "text/event-stream")
        .and_header("X-Request-Id", &id);
    keyed(cx, ask)
}

/// The request with the key, when there is one.
pub(super) fn keyed(cx: &Context, ask: Ask) -> Ask {
    match &cx.target().key {
        Some(key) => ask.and_header("Authorization", &format!("Bearer {}", key.expose())),
        None => ask,
    }
}

/// How long and how large an answer may be, before it counts as endless.
pub(super) fn limits() -> Limits {
    Limits { total: Duration::from_secs(55), body: 8 << 20, ..Limits::default() }
}

/// Whether the status says that it went well. Which status it is exactly is a check of its own.
pub(super) fn is_success(exchange: &Exchange) -> bool {
    exchange.status() / 100 == 2
}

/// Whether there is a whole answer.
pub(super) fn is_answered(exchange: &Exchange) -> bool {
    is_success(exchange) && exchange.is_complete() && !exchange.body.is_empty()
}

/// What a check says to a request that should have been answered.
pub(super) fn unanswered(cx: &Context, exchange: &Exchange) -> Outcome {
    match (&exchange.end, exchange.status()) {
        (End::Unreached(why), _) => Outcome::error(why.to_string()),
        (_, 429 | 503) => Outcome::error(format!("refused for its rate: {}", said(exchange))),
        _ => cx.broken(said(exchange)),
    }
    .with(exchange)
}

/// What came, with the beginning of the words when it is a refusal.
pub(super) fn said(exchange: &Exchange) -> String {
    let summary = exchange.summary();
    if exchange.status() < 400 {
        return summary;
    }
    let text = String::from_utf8_lossy(exchange.body.get(..200).unwrap_or(&exchange.body)).into_owned();
    format!("{summary}: {text}")
}

/// The stream of an answer that succeeded.
///
/// # Errors
/// There is none to be judged.
pub(super) fn reply(exchange: &Exchange) -> Result<Reply, Outcome> {
    let is_readable = matches!(exchange.end, End::Complete | End::Closed | End::Enough | End::TimedOut(_));
    if !is_success(exchange) || !is_readable {
        return Err(Outcome::error(format!("{}: {}", exchange.ask.label, said(exchange))).with(exchange));
    }
    Ok(Reply::of(exchange))
}

/// Milliseconds from the request's last byte to the first word.
///
/// # Errors
/// Nothing was said.
pub(super) fn first_token_ms(exchange: &Exchange) -> Result<f64, Outcome> {
    let first = reply(exchange)?.first_token();
    let silent = || {
        Outcome::error(format!("{}: no word in {}", exchange.ask.label, exchange.summary())).with(exchange)
    };
    first.map(|at| exchange.ms(at)).ok_or_else(silent)
}

/// The path of the list of models.
pub(super) fn models_path(cx: &Context) -> Option<String> {
    let path = cx.target().path.split('?').next().unwrap_or_default().trim_end_matches('/');
    path.strip_suffix(CHATS).map(|base| format!("{base}/models"))
}

/// The list of models, fetched once in a run; `None` when nobody can know where it is.
pub(super) async fn models(cx: &Context) -> Option<Arc<Exchange>> {
    let path = models_path(cx)?;
    let ask = keyed(cx, Ask::new("the list of models", "GET", cx.target()).path(path));
    Some(cx.shared_ask(ask, Limits::seconds(10)).await)
}

/// The model to ask: the user's, or the first of the list.
pub(super) async fn model(cx: &Context) -> String {
    if let Some(model) = &cx.settings().model {
        return model.clone();
    }
    let listed = models(cx).await.and_then(|exchange| {
        let list: Value = serde_json::from_slice(&exchange.body).ok()?;
        Some(list.get("data")?.get(0)?.get("id")?.as_str()?.to_owned())
    });
    listed.unwrap_or_else(|| "default".to_owned())
}

/// Whether the service answers the base case with something that has an end.
pub(super) async fn gate(cx: &Context) -> Gate {
    let exchange = Chat::hello().asked_once(cx).await;
    match (&exchange.end, exchange.status()) {
        (End::Unreached(why), _) => Gate::Unreached(why.to_string()),
        (End::Complete | End::Closed | End::Malformed(_), 200..=299) => Gate::Open,
        _ => Gate::Broken(format!("the base case HTTP-01 fails: {}", said(&exchange))),
    }
}

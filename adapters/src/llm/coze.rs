//! Coze, chat version 3: a bot is asked, and its answer is events.
//!
//! Source: the documents of its open platform; see `fixtures/wire/coze/SOURCE.md`. A bot has its own instructions: our system
//! prompt goes along only as a variable of the bot, when the settings name one. The conversation's history goes along with
//! every question, so that the bot knows what was heard and not what it generated. Closing the connection does not stop a bot:
//! an answer that is given up is cancelled by a request of its own.

use std::sync::Arc;

use bargein_core::{FaultKind, LlmEvent, Role, VendorFault};
use bargein_net::World;
use bargein_wire::answer::{AnswerError, Said};
use bargein_wire::coze::{Answer, Chat, request};
use bargein_wire::sse::Event;
use bargein_wire::units::Secret;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use http::Uri;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::answer_body::{AnswerBody, Ending, Reading};
use super::openai::{Codes, of_answer, of_refusal};
use super::{Llm, LlmCall, called, events};
use crate::farewell::Farewell;
use crate::http::{Http, failure_text, headers};
use crate::registry::{OpenError, VendorSettings, address};

/// The vendor's own address in China; elsewhere it is `https://api.coze.com`.
const URL: &str = "https://api.coze.cn";

/// The most messages of the past that a request may carry.
const MOST_MESSAGES: usize = 100;

/// What the vendor's codes mean.
const CODES: Codes = &[
    ("4000", FaultKind::BadRequest),
    ("4013", FaultKind::RateLimited),
    ("4016", FaultKind::Unavailable),
    ("4028", FaultKind::Quota),
    ("4100", FaultKind::Auth),
    ("4101", FaultKind::Auth),
    ("5000", FaultKind::Unavailable),
    ("700012006", FaultKind::Auth),
    ("canceled", FaultKind::Broken),
];

/// How a bot is reached.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The address without a path. Default: the vendor's own in China.
    #[serde(default)]
    pub url: Option<String>,
    /// The access token, sent as a bearer token. Default none.
    #[serde(default)]
    pub key: Secret,
    /// Which bot.
    pub bot_id: String,
    /// The user that the bot sees. Default: the session's user, or `user` without one.
    #[serde(default)]
    pub user_id: String,
    /// The bot's variable that takes our system prompt. Default none: the prompt is not sent.
    #[serde(default)]
    pub prompt_variable: Option<String>,
    /// Further members of the request's body, such as `meta_data`; they win over ours. Default none.
    #[serde(default)]
    pub extra: Map<String, Value>,
}

impl VendorSettings for Settings {
    type Client = dyn Llm;

    fn open(self, world: &World) -> Result<Arc<dyn Llm>, OpenError> {
        let base = self.url.as_deref().unwrap_or(URL).trim_end_matches('/');
        let at = |path: &str| address("url", &format!("{base}{path}"), ["http", "https"]);
        let (uri, cancel) = (at("/v3/chat")?, at("/v3/chat/cancel")?);
        let http = Http::new(world);
        Ok(Arc::new(Bot(Arc::new(Inner { http, world: world.clone(), uri, cancel, settings: self }))))
    }
}

/// A client of one bot.
struct Bot(Arc<Inner>);

struct Inner {
    http: Http,
    world: World,
    uri: Uri,
    cancel: Uri,
    settings: Settings,
}

impl Llm for Bot {
    fn start(&self, call: LlmCall) -> BoxStream<'static, LlmEvent> {
        let inner = Arc::clone(&self.0);
        events(self.0.settings.key.clone(), async move { inner.ask(call).await })
    }

    fn warm(&self) -> BoxFuture<'static, ()> {
        self.0.http.warm(&self.0.uri)
    }
}

impl Inner {
    async fn ask(&self, call: LlmCall) -> Result<AnswerBody<BotReading>, VendorFault> {
        let headers = headers("application/json", &self.settings.key, &call.request_id, &call.session)?;
        let farewell = Farewell::new(&self.http, &self.world, headers.clone());
        let body = self.body(&call);
        let response = self.http.post(&self.uri, headers, body.to_string(), call.written).await?;
        if response.status().is_success() {
            let reading = BotReading { answer: Answer::default(), farewell, cancel: self.cancel.clone() };
            return Ok(AnswerBody::new(response, self.http.clock.clone(), reading));
        }
        let (status, wait) = (response.status(), self.http.retry_after(response.headers()));
        let text = failure_text(response.into_body()).await;
        Err(VendorFault { retry_after: wait, ..of_refusal(status, &text, CODES) })
    }

    fn body(&self, call: &LlmCall) -> Value {
        let settings = &self.settings;
        let user = [settings.user_id.as_str(), call.session.user_id.as_str(), "user"];
        let user = user.into_iter().find(|user| !user.is_empty()).unwrap_or_default();
        let spoken = call.request.messages.iter().filter(|said| said.role != Role::System);
        let messages: Vec<_> = spoken.map(|said| (said.role == Role::User, said.content.as_str())).collect();
        let past = messages.len().saturating_sub(MOST_MESSAGES);
        let mut body = request(&settings.bot_id, user, messages.get(past..).unwrap_or_default());
        let prompt = call.request.messages.iter().find(|said| said.role == Role::System);
        if let (Some(name), Some(prompt)) = (&settings.prompt_variable, prompt) {
            body["custom_variables"] = json!({ name.as_str(): prompt.content });
        }
        if let Value::Object(members) = &mut body {
            members.extend(settings.extra.clone());
        }
        body
    }
}

/// An answer under way; given up, it is cancelled at the vendor.
struct BotReading {
    answer: Answer,
    farewell: Farewell,
    cancel: Uri,
}

impl BotReading {
    fn take(&mut self, event: &Event) -> Result<Said, AnswerError> {
        let said = self.answer.on_event(event);
        match (self.answer.chat(), said.is_err() || self.answer.is_finishing()) {
            (_, true) => self.farewell.forget(),
            (Some(Chat { conversation_id, chat_id }), false) => {
                let body = json!({ "conversation_id": conversation_id, "chat_id": chat_id });
                self.farewell.say(&self.cancel, body);
            }
            (None, false) => {}
        }
        said
    }
}

impl Reading for BotReading {
    fn on_event(&mut self, event: &Event) -> Result<Said, VendorFault> {
        self.take(event).map_err(|error| of_answer(error, CODES))
    }

    fn on_last(&mut self, event: &Event) -> Result<Said, VendorFault> {
        match self.take(event) {
            Err(AnswerError::Unreadable(_)) => Ok(Said::default()),
            said => said.map_err(|error| of_answer(error, CODES)),
        }
    }

    fn on_document(&mut self, body: &str) -> Result<Said, VendorFault> {
        self.answer.on_document(body).map_err(|error| of_answer(error, CODES))
    }

    fn is_done(&self) -> bool {
        self.answer.is_done()
    }

    fn is_finishing(&self) -> bool {
        self.answer.is_finishing()
    }

    fn end(mut self) -> Ending {
        // The stream is over: there is nothing to cancel.
        self.farewell.forget();
        let calls = called(self.answer.tool_calls());
        match self.answer.end() {
            Ok(text) => Ending { text, calls, fault: None },
            Err(error) => Ending { fault: Some(of_answer(error, CODES)), ..Ending::default() },
        }
    }
}

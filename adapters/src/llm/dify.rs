//! Dify: an application is asked, and its answer is events.
//!
//! Source: its documents; see `fixtures/wire/dify/SOURCE.md`. An application keeps the conversation itself: a question carries
//! only its own words and the name of the conversation, so that the application remembers what it generated and not what was
//! heard. Our system prompt goes along only as an input of the application, when the settings name one. Closing the connection
//! does not stop an application: an answer that is given up is stopped by a request of its own.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use bargein_core::{FaultKind, LlmEvent, Role, VendorFault};
use bargein_net::World;
use bargein_wire::answer::{AnswerError, Said};
use bargein_wire::dify::{Answer, request};
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
use super::{Llm, LlmCall, events};
use crate::farewell::Farewell;
use crate::http::{Http, failure_text, headers};
use crate::registry::{OpenError, VendorSettings, address};

/// The vendor's cloud.
const URL: &str = "https://api.dify.ai/v1";

/// How many sessions' conversations a client remembers; of more, the oldest begin anew.
const CONVERSATIONS: usize = 1_000;

/// What the vendor's codes mean where its statuses mislead: all of them come with 400.
const CODES: Codes = &[
    ("provider_quota_exceeded", FaultKind::Quota),
    ("completion_request_error", FaultKind::Unavailable),
    ("model_currently_not_support", FaultKind::Unavailable),
    ("workflow_failed", FaultKind::Unavailable),
    ("too_many_requests", FaultKind::RateLimited),
];

/// How an application is reached.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The address up to the version, such as `https://dify.example.com/v1`. Default: the vendor's cloud.
    #[serde(default)]
    pub url: Option<String>,
    /// The application's key, sent as a bearer token. Default none.
    #[serde(default)]
    pub key: Secret,
    /// Whether the answer is asked for in events; agents answer in no other way. Default true.
    #[serde(default = "yes")]
    pub stream: bool,
    /// The user that the application sees. Default: the session's user, or `user` without one.
    #[serde(default)]
    pub user: String,
    /// The application's inputs. Default none.
    #[serde(default)]
    pub inputs: Map<String, Value>,
    /// The application's input that takes our system prompt. Default none: the prompt is not sent.
    #[serde(default)]
    pub prompt_input: Option<String>,
}

const fn yes() -> bool {
    true
}

impl VendorSettings for Settings {
    type Client = dyn Llm;

    fn open(self, world: &World) -> Result<Arc<dyn Llm>, OpenError> {
        let base = self.url.as_deref().unwrap_or(URL).trim_end_matches('/').to_owned();
        let uri = address("url", &format!("{base}/chat-messages"), ["http", "https"])?;
        let http = Http::new(world);
        let conversations = Arc::default();
        let world = world.clone();
        Ok(Arc::new(Application(Arc::new(Inner { http, world, base, uri, settings: self, conversations }))))
    }
}

/// A client of one application.
struct Application(Arc<Inner>);

struct Inner {
    http: Http,
    world: World,
    base: String,
    uri: Uri,
    settings: Settings,
    conversations: Arc<Conversations>,
}

impl Llm for Application {
    fn start(&self, call: LlmCall) -> BoxStream<'static, LlmEvent> {
        let inner = Arc::clone(&self.0);
        events(self.0.settings.key.clone(), async move { inner.ask(call).await })
    }

    fn warm(&self) -> BoxFuture<'static, ()> {
        self.0.http.warm(&self.0.uri)
    }
}

impl Inner {
    async fn ask(&self, call: LlmCall) -> Result<AnswerBody<AppReading>, VendorFault> {
        let headers = headers("application/json", &self.settings.key, &call.request_id, &call.session)?;
        let farewell = Farewell::new(&self.http, &self.world, headers.clone());
        let user = [self.settings.user.as_str(), call.session.user_id.as_str(), "user"];
        let user = user.into_iter().find(|user| !user.is_empty()).unwrap_or_default().to_owned();
        let body = self.body(&call, &user);
        let response = self.http.post(&self.uri, headers, body.to_string(), call.written).await?;
        if response.status().is_success() {
            let reading = AppReading {
                answer: Answer::default(),
                farewell,
                base: self.base.clone(),
                user,
                session: call.session.task_id.clone(),
                conversations: Arc::clone(&self.conversations),
            };
            return Ok(AnswerBody::new(response, self.http.clock.clone(), reading));
        }
        let (status, wait) = (response.status(), self.http.retry_after(response.headers()));
        let text = failure_text(response.into_body()).await;
        Err(VendorFault { retry_after: wait, ..of_refusal(status, &text, CODES) })
    }

    fn body(&self, call: &LlmCall, user: &str) -> Value {
        let messages = &call.request.messages;
        let query = messages.iter().rfind(|said| said.role == Role::User);
        let prompt = messages.iter().find(|said| said.role == Role::System);
        let mut inputs = self.settings.inputs.clone();
        if let (Some(name), Some(prompt)) = (&self.settings.prompt_input, prompt) {
            inputs.insert(name.clone(), prompt.content.clone().into());
        }
        let query = query.map_or("", |said| said.content.as_str());
        let conversation = self.conversations.of(&call.session.task_id);
        request(query, user, &conversation, &inputs, self.settings.stream)
    }
}

/// The conversations of sessions, by the sessions' names, the oldest first.
#[derive(Debug, Default)]
struct Conversations(Mutex<VecDeque<(String, String)>>);

impl Conversations {
    /// The session's conversation; empty before its first answer, and for a session without a name.
    fn of(&self, session: &str) -> String {
        let conversations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = conversations.iter().find(|(known, _)| known == session && !session.is_empty());
        found.map(|(_, conversation)| conversation.clone()).unwrap_or_default()
    }

    fn keep(&self, session: &str, conversation: &str) {
        let mut conversations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        conversations.retain(|(known, _)| known != session);
        conversations.push_back((session.to_owned(), conversation.to_owned()));
        if conversations.len() > CONVERSATIONS {
            conversations.pop_front();
        }
    }
}

/// An answer under way; given up, it is stopped at the vendor.
struct AppReading {
    answer: Answer,
    farewell: Farewell,
    base: String,
    user: String,
    session: String,
    conversations: Arc<Conversations>,
}

impl AppReading {
    fn take(&mut self, event: &Event) -> Result<Said, AnswerError> {
        let said = self.answer.on_event(event);
        if let Some(conversation) = self.answer.conversation_id() {
            self.conversations.keep(&self.session, conversation);
        }
        match (self.answer.task_id(), said.is_err() || self.answer.is_done()) {
            (_, true) => self.farewell.forget(),
            (Some(task), false) => {
                // A name that is no part of an address is not one that the vendor gave.
                if let Ok(uri) = format!("{}/chat-messages/{task}/stop", self.base).parse() {
                    self.farewell.say(&uri, json!({ "user": self.user }));
                }
            }
            (None, false) => {}
        }
        said
    }
}

impl Reading for AppReading {
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
        let said = self.answer.on_document(body).map_err(|error| of_answer(error, CODES))?;
        if let Some(conversation) = self.answer.conversation_id() {
            self.conversations.keep(&self.session, conversation);
        }
        Ok(said)
    }

    fn is_done(&self) -> bool {
        self.answer.is_done()
    }

    fn end(mut self) -> Ending {
        // The stream is over: there is nothing to stop.
        self.farewell.forget();
        match self.answer.end() {
            Ok(text) => Ending { text, ..Ending::default() },
            Err(error) => Ending { fault: Some(of_answer(error, CODES)), ..Ending::default() },
        }
    }
}

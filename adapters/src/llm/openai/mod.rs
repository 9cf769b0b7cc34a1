//! OpenAI's chat completions, and what every vendor that speaks them shares.
//!
//! The request is strict and holds nothing that was not asked for; the answer is read with every tolerance of
//! [`bargein_wire::openai`]. What a vendor does differently is its [`Dialect`]. Reasoning is not told.

mod dialect;
mod fault;
mod reading;
mod settings;

use std::sync::Arc;

use bargein_core::{LlmEvent, Role, VendorFault};
use bargein_net::World;
use bargein_wire::openai::chat::{Message, Request};
use bargein_wire::session_headers::INVOKE_LLM;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use http::{HeaderName, HeaderValue, Uri};
use serde_json::{Map, Value};

pub use self::dialect::{Dialect, REFERENCE, Speaks};
pub(crate) use self::fault::{Codes, of_answer, of_finish, of_refusal};
use self::reading::ChatReading;
pub use self::settings::{ChatSettings, Settings};
use super::answer_body::AnswerBody;
use super::{Llm, LlmCall, events};
use crate::http::{Http, failure_text, header_value, headers};

/// The service that made the protocol.
#[derive(Clone, Copy, Debug)]
pub struct OpenAi;

impl Speaks for OpenAi {
    const DIALECT: Dialect = REFERENCE;
}

/// A client of one model.
struct ChatModel(Arc<Inner>);

struct Inner {
    http: Http,
    uri: Uri,
    settings: ChatSettings,
    /// Members of every request beside the question: the vendor's own, then those of the settings.
    extra: Map<String, Value>,
    dialect: Dialect,
}

impl ChatModel {
    fn new(world: &World, uri: Uri, mut settings: ChatSettings, dialect: Dialect) -> Self {
        let mut extra = Map::new();
        if !settings.thinking {
            (dialect.without_thinking)(&mut extra);
        }
        extra.append(&mut settings.extra);
        Self(Arc::new(Inner { http: Http::new(world), uri, settings, extra, dialect }))
    }
}

impl Llm for ChatModel {
    fn start(&self, call: LlmCall) -> BoxStream<'static, LlmEvent> {
        let inner = Arc::clone(&self.0);
        events(self.0.settings.key.clone(), async move { inner.ask(call).await })
    }

    fn warm(&self) -> BoxFuture<'static, ()> {
        self.0.http.warm(&self.0.uri)
    }
}

impl Inner {
    /// Sends the question; the status of the answer is good, its body is not read.
    async fn ask(&self, call: LlmCall) -> Result<AnswerBody<ChatReading>, VendorFault> {
        let mut headers = headers("application/json", &self.settings.key, &call.request_id, &call.session)?;
        if call.request.proactive {
            headers.insert(INVOKE_LLM, HeaderValue::from_static("1"));
        }
        if let Some(name) = self.dialect.request_id {
            headers.insert(HeaderName::from_static(name), header_value(name, &call.request_id)?);
        }
        let written = call.written.clone();
        let body = self.body(call);
        let response = self.http.post(&self.uri, headers, body.to_string(), written).await?;
        if response.status().is_success() {
            let reading = ChatReading::new(self.settings.cumulative, self.dialect.codes);
            return Ok(AnswerBody::new(response, self.http.clock.clone(), reading));
        }
        let (status, wait) = (response.status(), self.http.retry_after(response.headers()));
        let text = failure_text(response.into_body()).await;
        Err(VendorFault { retry_after: wait, ..of_refusal(status, &text, self.dialect.codes) })
    }

    fn body(&self, call: LlmCall) -> Value {
        let messages = call
            .request
            .messages
            .into_iter()
            .map(|message| Message { role: role(message.role).to_owned(), content: message.content });
        let request = Request {
            model: self.settings.model.clone(),
            messages: messages.collect(),
            stream: self.settings.stream,
            stream_options: None,
        };
        request.into_body(&self.extra)
    }
}

/// The word for a role, which all vendors of this protocol share.
pub(crate) const fn role(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}

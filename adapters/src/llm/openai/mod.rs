//! OpenAI's chat completions, and every vendor that speaks them.
//!
//! The request is strict and holds nothing that was not asked for; the answer is read with every tolerance of
//! [`bargein_wire::openai`]. Reasoning and tool calls are not told.

mod answer_body;
mod fault;

use std::sync::Arc;

use async_stream::try_stream;
use bargein_core::{LlmEvent, Role, VendorFault};
use bargein_net::World;
use bargein_wire::openai::chat::{Message, Request};
use bargein_wire::session_headers::INVOKE_LLM;
use bargein_wire::units::Secret;
use futures_util::stream::{BoxStream, Stream, StreamExt as _};
use http::{HeaderValue, Uri};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use self::answer_body::AnswerBody;
use super::{Llm, LlmCall};
use crate::http::{Http, failure_text, headers};
use crate::registry::{OpenError, VendorSettings, address};

/// How a model is reached.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The whole address, with its path `/chat/completions`.
    pub url: String,
    /// The key, sent as a bearer token. Default none.
    #[serde(default)]
    pub key: Secret,
    /// Which model.
    pub model: String,
    /// Whether the answer is asked for in chunks. Default true.
    #[serde(default = "yes")]
    pub stream: bool,
    /// Whether the vendor repeats all text before it in every chunk. Default false.
    #[serde(default)]
    pub cumulative: bool,
    /// Further members of the request's body, such as `temperature` or `enable_thinking`; they win over ours.
    /// Default none.
    #[serde(default)]
    pub extra: Map<String, Value>,
}

const fn yes() -> bool {
    true
}

impl VendorSettings for Settings {
    type Client = dyn Llm;

    fn open(self, world: &World) -> Result<Arc<dyn Llm>, OpenError> {
        let uri = address("url", &self.url, ["http", "https"])?;
        Ok(Arc::new(ChatModel(Arc::new(Inner { http: Http::new(world), uri, settings: self }))))
    }
}

/// A client of one model.
struct ChatModel(Arc<Inner>);

struct Inner {
    http: Http,
    uri: Uri,
    settings: Settings,
}

impl Llm for ChatModel {
    fn start(&self, call: LlmCall) -> BoxStream<'static, LlmEvent> {
        let inner = Arc::clone(&self.0);
        let key = self.0.settings.key.clone();
        events(inner, call)
            .map(move |event| {
                event.unwrap_or_else(|fault| LlmEvent::Failed(crate::fault::redacted(fault, &key)))
            })
            .boxed()
    }
}

fn events(inner: Arc<Inner>, call: LlmCall) -> impl Stream<Item = Result<LlmEvent, VendorFault>> {
    try_stream! {
        let mut answer = inner.ask(call).await?;
        yield LlmEvent::Responding;
        while let Some(said) = answer.next().await? {
            if !said.text.is_empty() {
                yield LlmEvent::Delta(said.text);
            }
            if let Some(meta) = said.meta {
                yield LlmEvent::Meta(meta);
            }
        }
        yield LlmEvent::Finished;
    }
}

impl Inner {
    /// Sends the question; the status of the answer is good, its body is not read.
    async fn ask(&self, call: LlmCall) -> Result<AnswerBody, VendorFault> {
        let mut headers = headers("application/json", &self.settings.key, &call.request_id, &call.session)?;
        if call.request.proactive {
            headers.insert(INVOKE_LLM, HeaderValue::from_static("1"));
        }
        let written = call.written.clone();
        let body = self.body(call);
        let response = self.http.post(&self.uri, headers, body.to_string(), written).await?;
        if response.status().is_success() {
            return Ok(AnswerBody::new(response, self.http.clock.clone(), self.settings.cumulative));
        }
        let (status, wait) = (response.status(), self.http.retry_after(response.headers()));
        let text = failure_text(response.into_body()).await;
        Err(VendorFault { retry_after: wait, ..fault::of_refusal(status, &text) })
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
        request.into_body(&self.settings.extra)
    }
}

const fn role(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}

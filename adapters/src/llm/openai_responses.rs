//! OpenAI's Responses: what its newer models speak, and one of the services we are modelled on names by itself.
//!
//! Source: the API reference; see `fixtures/wire/openai_responses/SOURCE.md`. Nothing is stored at the vendor: the conversation's
//! history goes along with every question. Reasoning is not told.

use std::sync::Arc;

use bargein_core::{LlmEvent, VendorFault};
use bargein_net::World;
use bargein_wire::answer::{AnswerError, Said};
use bargein_wire::openai::responses::{Answer, request};
use bargein_wire::session_headers::INVOKE_LLM;
use bargein_wire::sse::Event;
use bargein_wire::units::Secret;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use http::{HeaderValue, Uri};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::answer_body::{AnswerBody, Ending, Reading};
use super::openai::{of_answer, of_finish, of_refusal, role};
use super::{Llm, LlmCall, called, events};
use crate::http::{Http, failure_text, headers};
use crate::registry::{OpenError, VendorSettings, address};

/// The vendor's own address.
const URL: &str = "https://api.openai.com/v1/responses";

/// How a model is reached.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The whole address, with its path `/responses`. Default: the vendor's own.
    #[serde(default)]
    pub url: Option<String>,
    /// The key, sent as a bearer token. Default none.
    #[serde(default)]
    pub key: Secret,
    /// Which model.
    pub model: String,
    /// Whether the answer is asked for in events. Default true.
    #[serde(default = "yes")]
    pub stream: bool,
    /// Further members of the request's body, such as `reasoning` or `tools`; they win over ours. Default none.
    #[serde(default)]
    pub extra: Map<String, Value>,
}

const fn yes() -> bool {
    true
}

impl VendorSettings for Settings {
    type Client = dyn Llm;

    fn open(self, world: &World) -> Result<Arc<dyn Llm>, OpenError> {
        let uri = address("url", self.url.as_deref().unwrap_or(URL), ["http", "https"])?;
        Ok(Arc::new(Responses(Arc::new(Inner { http: Http::new(world), uri, settings: self }))))
    }
}

/// A client of one model.
struct Responses(Arc<Inner>);

struct Inner {
    http: Http,
    uri: Uri,
    settings: Settings,
}

impl Llm for Responses {
    fn start(&self, call: LlmCall) -> BoxStream<'static, LlmEvent> {
        let inner = Arc::clone(&self.0);
        events(self.0.settings.key.clone(), async move { inner.ask(call).await })
    }

    fn warm(&self) -> BoxFuture<'static, ()> {
        self.0.http.warm(&self.0.uri)
    }
}

impl Inner {
    async fn ask(&self, call: LlmCall) -> Result<AnswerBody<Answer>, VendorFault> {
        let mut headers = headers("application/json", &self.settings.key, &call.request_id, &call.session)?;
        if call.request.proactive {
            headers.insert(INVOKE_LLM, HeaderValue::from_static("1"));
        }
        let messages = call.request.messages.iter();
        let messages: Vec<_> = messages.map(|said| (role(said.role), said.content.as_str())).collect();
        let mut body = request(&self.settings.model, &messages, self.settings.stream);
        if let Value::Object(members) = &mut body {
            members.extend(self.settings.extra.clone());
        }
        let response = self.http.post(&self.uri, headers, body.to_string(), call.written).await?;
        if response.status().is_success() {
            return Ok(AnswerBody::new(response, self.http.clock.clone(), Answer::default()));
        }
        let (status, wait) = (response.status(), self.http.retry_after(response.headers()));
        let text = failure_text(response.into_body()).await;
        Err(VendorFault { retry_after: wait, ..of_refusal(status, &text, &[]) })
    }
}

impl Reading for Answer {
    fn on_event(&mut self, event: &Event) -> Result<Said, VendorFault> {
        self.on_frame(&event.data).map_err(|error| of_answer(error, &[]))
    }

    fn on_last(&mut self, event: &Event) -> Result<Said, VendorFault> {
        match self.on_frame(&event.data) {
            Err(AnswerError::Unreadable(_)) => Ok(Said::default()),
            said => said.map_err(|error| of_answer(error, &[])),
        }
    }

    fn on_document(&mut self, body: &str) -> Result<Said, VendorFault> {
        Self::on_document(self, body).map_err(|error| of_answer(error, &[]))
    }

    fn is_done(&self) -> bool {
        Self::is_done(self)
    }

    fn end(self) -> Ending {
        let (finish, has_spoken) = (self.finish_reason().cloned(), self.has_spoken());
        let calls = called(self.tool_calls());
        match Self::end(self) {
            Ok(text) => {
                let has_spoken = has_spoken || !text.is_empty();
                Ending { text, calls, fault: finish.and_then(|reason| of_finish(&reason, has_spoken)) }
            }
            Err(error) => Ending { fault: Some(of_answer(error, &[])), ..Ending::default() },
        }
    }
}

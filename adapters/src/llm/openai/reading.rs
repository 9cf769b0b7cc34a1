//! What the chunks of chat completions come to, in the words of the conversation.

use bargein_core::VendorFault;
use bargein_wire::openai::chat::{Answer, AnswerError, Said};
use bargein_wire::sse::Event;

use super::fault::{self, Codes};
use crate::llm::answer_body::{Ending, Reading};
use crate::llm::called;

/// An answer under way, and what its vendor's codes mean.
pub(super) struct ChatReading {
    answer: Answer,
    codes: Codes,
}

impl ChatReading {
    /// `cumulative`: each chunk repeats all text before it.
    pub(super) fn new(cumulative: bool, codes: Codes) -> Self {
        Self { answer: Answer::new(cumulative), codes }
    }
}

impl Reading for ChatReading {
    fn on_event(&mut self, event: &Event) -> Result<Said, VendorFault> {
        self.answer.on_frame(&event.data).map_err(|error| fault::of_answer(error, self.codes))
    }

    fn on_last(&mut self, event: &Event) -> Result<Said, VendorFault> {
        match self.answer.on_frame(&event.data) {
            Err(AnswerError::Unreadable(_)) => Ok(Said::default()),
            said => said.map_err(|error| fault::of_answer(error, self.codes)),
        }
    }

    fn on_document(&mut self, body: &str) -> Result<Said, VendorFault> {
        self.answer.on_document(body).map_err(|error| fault::of_answer(error, self.codes))
    }

    fn is_done(&self) -> bool {
        self.answer.is_done()
    }

    fn is_finishing(&self) -> bool {
        self.answer.is_finishing()
    }

    fn end(self) -> Ending {
        let Self { answer, codes } = self;
        let (finish, has_spoken) = (answer.finish_reason().cloned(), answer.has_spoken());
        let calls = called(answer.tool_calls());
        match answer.end() {
            Ok(text) => {
                let has_spoken = has_spoken || !text.is_empty();
                let fault = finish.and_then(|reason| fault::of_finish(&reason, has_spoken));
                Ending { text, calls, fault }
            }
            Err(error) => Ending { fault: Some(fault::of_answer(error, codes)), ..Ending::default() },
        }
    }
}

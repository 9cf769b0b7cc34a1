//! Where sub-machines put their commands, and where they get fresh ids from.

use std::collections::VecDeque;

use crate::command::Command;
use crate::ids::{AsrCallId, LlmCallId, RequestId, RoundId, TtsCallId};
use crate::notice::Notice;

/// Commands not yet polled, and the session's counters.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    commands: VecDeque<Command>,
    rounds: u64,
    requests: u64,
    asr_calls: u64,
    llm_calls: u64,
    tts_calls: u64,
}

fn count(counter: &mut u64) -> u64 {
    *counter += 1;
    *counter
}

impl Outbox {
    pub(crate) fn send(&mut self, command: Command) {
        self.commands.push_back(command);
    }

    pub(crate) fn notify(&mut self, notice: Notice) {
        self.send(Command::Notify(notice));
    }

    pub(crate) fn pop(&mut self) -> Option<Command> {
        self.commands.pop_front()
    }

    pub(crate) fn next_round(&mut self) -> RoundId {
        RoundId(count(&mut self.rounds))
    }

    pub(crate) fn next_request(&mut self) -> RequestId {
        RequestId(count(&mut self.requests))
    }

    pub(crate) fn next_asr_call(&mut self) -> AsrCallId {
        AsrCallId(count(&mut self.asr_calls))
    }

    pub(crate) fn next_llm_call(&mut self) -> LlmCallId {
        LlmCallId(count(&mut self.llm_calls))
    }

    pub(crate) fn next_tts_call(&mut self) -> TtsCallId {
        TtsCallId(count(&mut self.tts_calls))
    }
}

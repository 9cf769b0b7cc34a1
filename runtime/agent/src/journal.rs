//! What happened to a conversation, with times: enough to have it again.
//!
//! A conversation decides from its inputs and their times alone, so [`replay`] gives the same commands, everywhere.
//! Deliberately out: audio, and what the vendors were sent.

use std::collections::VecDeque;

use bargein_core::{Command, Config, Conversation, Input, Time};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// How much of a session is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum JournalKeep {
    /// Everything, and the commands given.
    Whole,
    /// So many of the last entries, without commands. Default, with 10,000.
    Last(usize),
}

impl Default for JournalKeep {
    fn default() -> Self {
        Self::Last(10_000)
    }
}

/// The journal of one session.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Journal {
    keep: JournalKeep,
    entries: VecDeque<JournalEntry>,
    dropped: u64,
    commands: Vec<(Time, Command)>,
}

/// One thing that happened.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JournalEntry {
    /// When; in nanoseconds since the session began where it is written.
    pub at: Time,
    /// What.
    pub what: Happened,
}

/// What can happen to a conversation.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Happened {
    /// It was told this.
    Input(Input),
    /// Time passed.
    Advance,
}

/// A line is no entry of a journal.
#[derive(Debug, Error)]
#[error("expected a journal entry in line {line}")]
pub struct NotAnEntry {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub source: serde_json::Error,
}

/// The beginning of the session is not in the journal.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("expected a journal from the session's beginning, got one without its first {dropped} entries")]
pub struct NotWhole {
    /// How many are missing.
    pub dropped: u64,
}

impl Journal {
    /// An empty journal.
    #[must_use]
    pub fn new(keep: JournalKeep) -> Self {
        Self { keep, ..Self::default() }
    }

    /// What happened, in order.
    #[must_use]
    pub fn entries(&self) -> &VecDeque<JournalEntry> {
        &self.entries
    }

    /// The commands given, each with the time of the entry that led to it. Empty unless [`JournalKeep::Whole`].
    #[must_use]
    pub fn commands(&self) -> &[(Time, Command)] {
        &self.commands
    }

    /// The entries as lines of JSON.
    ///
    /// # Errors
    ///
    /// Never in fact: every entry has a JSON form.
    pub fn to_json_lines(&self) -> serde_json::Result<String> {
        let mut lines = String::new();
        for entry in &self.entries {
            lines.push_str(&serde_json::to_string(entry)?);
            lines.push('\n');
        }
        Ok(lines)
    }

    /// A whole journal out of lines of JSON. Empty lines are skipped.
    ///
    /// # Errors
    ///
    /// [`NotAnEntry`] names the first line that is none.
    pub fn from_json_lines(lines: &str) -> Result<Self, NotAnEntry> {
        let mut journal = Self::new(JournalKeep::Whole);
        for (index, line) in lines.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let entry =
                serde_json::from_str(line).map_err(|source| NotAnEntry { line: index + 1, source })?;
            journal.entries.push_back(entry);
        }
        Ok(journal)
    }

    pub(crate) fn record(&mut self, at: Time, what: Happened) {
        if let JournalKeep::Last(limit) = self.keep
            && self.entries.len() >= limit
        {
            self.dropped += 1;
            if self.entries.pop_front().is_none() {
                return;
            }
        }
        self.entries.push_back(JournalEntry { at, what });
    }

    pub(crate) fn record_command(&mut self, at: Time, command: &Command) {
        if self.keep == JournalKeep::Whole {
            self.commands.push((at, command.clone()));
        }
    }
}

/// The commands of a conversation with this configuration to which the same happens.
///
/// # Errors
///
/// [`NotWhole`] when the journal has lost its beginning.
pub fn replay(config: Config, journal: &Journal) -> Result<Vec<(Time, Command)>, NotWhole> {
    if journal.dropped > 0 {
        return Err(NotWhole { dropped: journal.dropped });
    }
    let mut conversation = Conversation::new(config);
    let mut commands = Vec::new();
    let mut drain = |conversation: &mut Conversation, at| {
        commands.extend(std::iter::from_fn(|| conversation.poll_command()).map(|command| (at, command)));
    };
    drain(&mut conversation, Time::ZERO);
    for entry in &journal.entries {
        match &entry.what {
            Happened::Input(input) => conversation.handle(entry.at, input.clone()),
            Happened::Advance => conversation.advance(entry.at),
        }
        drain(&mut conversation, entry.at);
    }
    Ok(commands)
}

#[cfg(test)]
mod tests {
    use bargein_core::{AppCall, AppCallId, SpeechOptions};

    use super::*;

    fn journal(keep: JournalKeep, entries: u64) -> Journal {
        let mut journal = Journal::new(keep);
        for n in 1..=entries {
            let speech = AppCall::Speak {
                text: format!("Number {n}."),
                options: SpeechOptions::default(),
                in_history: true,
            };
            let what = if n.is_multiple_of(2) {
                Happened::Advance
            } else {
                Happened::Input(Input::App(AppCallId(n), speech))
            };
            journal.record(Time::from_millis(n), what);
        }
        journal
    }

    #[test]
    fn a_journal_reads_back_from_its_lines_and_replays() -> Result<(), Box<dyn std::error::Error>> {
        let journal = journal(JournalKeep::Whole, 4);
        let lines = journal.to_json_lines()?;
        assert_eq!(
            lines.lines().next(),
            Some(concat!(
                r#"{"at":1000000,"what":{"input":{"app":[1,{"speak":{"text":"Number 1.","#,
                r#""options":{"priority":"medium","same_priority":"clear_and_interrupt","enqueue_user_speech":false},"#,
                r#""in_history":true}}]}}}"#
            ))
        );
        let read = Journal::from_json_lines(&lines)?;
        assert_eq!(read, journal);
        let commands = replay(Config::default(), &read)?;
        assert!(commands.iter().any(|(at, command)| {
            *at == Time::from_millis(3)
                && matches!(command, Command::StartTts(_, request) if request.text == "Number 3.")
        }));
        Ok(())
    }

    #[test]
    fn a_ring_keeps_the_last_entries_and_does_not_replay() {
        let journal = journal(JournalKeep::Last(3), 5);
        let kept: Vec<_> = journal.entries().iter().map(|entry| entry.at).collect();
        assert_eq!(kept, [3, 4, 5].map(Time::from_millis));
        assert_eq!(replay(Config::default(), &journal), Err(NotWhole { dropped: 2 }));
        assert!(journal.commands().is_empty());
    }

    #[test]
    fn a_line_that_is_no_entry_is_named() {
        let error = Journal::from_json_lines("\n{\"at\":1,\"what\":\"advance\"}\n{\"at\":2}\n")
            .map_err(|error| error.to_string());
        assert_eq!(
            error.map(|journal| journal.entries.len()),
            Err("expected a journal entry in line 3".to_owned())
        );
    }
}

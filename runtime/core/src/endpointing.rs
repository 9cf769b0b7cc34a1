//! Endpointing: deciding that the user has finished.
//!
//! In go voice edges, transcripts and the walkie-talkie signals; out comes "the turn ended, with this text" or
//! nothing. A recogniser's final transcript is one of the inputs, never the decision. Whether a turn may cut the agent
//! is decided elsewhere; vendors are unknown here.

use crate::config;
use crate::ids::AsrCallId;
use crate::spoken;
use crate::time::Time;
use crate::utterance_text::reads_as_complete_sentence;

/// Collects a user's turn and sees its end.
#[derive(Debug, Default)]
pub(crate) struct Endpointing {
    turn: Option<Turn>,
    /// Whether the detector hears a voice now, in a turn or outside.
    is_voiced: bool,
    /// Sentences of this stream up to this one belong to turns that are over.
    stale: Option<(AsrCallId, u64)>,
}

#[derive(Debug)]
struct Turn {
    voice: Voice,
    /// Whether the voice detector heard anything, or only the recogniser did.
    has_voice: bool,
    /// Whether something was said of which no final transcript can have come yet.
    is_awaited: bool,
    /// When the last final transcript came.
    last_final: Option<Time>,
    /// Whether only the signal to stop listening ends it.
    is_held: bool,
    sentences: Vec<Sentence>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Voice {
    Speaking,
    Silent { since: Time },
}

#[derive(Debug)]
struct Sentence {
    call: AsrCallId,
    number: u64,
    text: String,
    is_final: bool,
}

/// A turn that has ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    /// All of it; empty when nothing was recognised.
    pub(crate) text: String,
    /// When the user fell silent.
    pub(crate) silent_since: Time,
}

/// One transcript of the recogniser.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Transcript<'a> {
    pub(crate) call: AsrCallId,
    pub(crate) sentence: u64,
    pub(crate) text: &'a str,
    pub(crate) is_final: bool,
}

impl Endpointing {
    /// Whether a turn is going on.
    pub(crate) const fn is_open(&self) -> bool {
        self.turn.is_some()
    }

    /// All that was recognised of the turn so far.
    pub(crate) fn text(&self) -> String {
        self.turn.as_ref().map(Turn::text).unwrap_or_default()
    }

    /// Whether only the signal to stop listening ends the turn that is going on.
    pub(crate) fn is_held(&self) -> bool {
        self.turn.as_ref().is_some_and(|turn| turn.is_held)
    }

    /// A voice is heard; it belongs to a turn only where it `counts`.
    pub(crate) fn on_voice_started(&mut self, counts: bool) {
        self.is_voiced = true;
        if counts {
            self.turn.get_or_insert_with(Turn::spoken).speak();
        }
    }

    pub(crate) fn on_voice_stopped(&mut self, at: Time) {
        self.is_voiced = false;
        if let Some(turn) = self.turn.as_mut().filter(|turn| turn.voice == Voice::Speaking) {
            turn.voice = Voice::Silent { since: at };
            // The detector reports silence late: a quick recogniser may have finished before.
            turn.is_awaited &= turn.last_final.is_none_or(|last| last < at);
        }
    }

    /// Takes a transcript; says whether it counts.
    pub(crate) fn on_transcript(&mut self, now: Time, transcript: Transcript<'_>) -> bool {
        let Transcript { call, sentence: number, text, is_final } = transcript;
        let is_stale = self.stale.is_some_and(|(stale_call, last)| stale_call == call && number <= last);
        if is_stale || (self.turn.is_none() && text.trim().is_empty()) {
            return false;
        }
        let is_voiced = self.is_voiced;
        let turn =
            self.turn.get_or_insert_with(|| if is_voiced { Turn::spoken() } else { Turn::silent(now) });
        match turn.sentences.iter_mut().find(|known| known.call == call && known.number == number) {
            Some(known) => {
                text.clone_into(&mut known.text);
                known.is_final |= is_final;
            }
            None => turn.sentences.push(Sentence { call, number, text: text.to_owned(), is_final }),
        }
        if !turn.has_voice {
            // What the detector did not hear lasts as long as the recogniser hears it.
            turn.voice = Voice::Silent { since: now };
        }
        if is_final {
            turn.on_final(now);
        }
        true
    }

    /// A stream is over: what it said last of a sentence stands.
    pub(crate) fn on_stream_over(&mut self, now: Time, call: AsrCallId) {
        let Some(turn) = &mut self.turn else { return };
        let mut unfinished = turn.sentences.iter_mut().filter(|known| known.call == call && !known.is_final);
        if let Some(sentence) = unfinished.next() {
            sentence.is_final = true;
            unfinished.for_each(|sentence| sentence.is_final = true);
            turn.on_final(now);
        }
    }

    /// Walkie-talkie: what is said now belongs to a turn, to the one before if that is not over yet.
    pub(crate) fn on_start_listening(&mut self, now: Time) {
        let is_voiced = self.is_voiced;
        let turn = self.turn.get_or_insert_with(|| Turn::silent(now));
        turn.is_held = true;
        // Who holds the button says something, whether the detector hears it or not.
        turn.is_awaited = true;
        if is_voiced {
            turn.speak();
        }
    }

    /// Walkie-talkie: nothing more belongs to the turn.
    pub(crate) fn on_stop_listening(&mut self, now: Time) {
        if let Some(turn) = &mut self.turn {
            turn.is_held = false;
            if turn.voice == Voice::Speaking || !turn.has_voice {
                turn.voice = Voice::Silent { since: now };
            }
        }
    }

    /// What bounds a turn has changed, for the one going on too: it ends by silence, or is over now.
    pub(crate) fn on_turns_changed(&mut self, now: Time, turns: config::Turns) {
        match turns {
            config::Turns::WalkieTalkie => self.on_stop_listening(now),
            config::Turns::Continuous => {
                if let Some(turn) = &mut self.turn {
                    turn.is_held = false;
                }
            }
        }
    }

    /// Whether the user has been silent for as long as ends a turn, be it recognised or not.
    pub(crate) fn is_silence_over(&self, now: Time, rules: &config::Endpointing) -> bool {
        self.turn.as_ref().and_then(|turn| turn.silence_over(rules)).is_some_and(|at| at <= now)
    }

    /// Forgets the turn; what is still recognised of it will not count.
    pub(crate) fn forget(&mut self) {
        let sentences = self.turn.take().map(|turn| turn.sentences).unwrap_or_default();
        let last = sentences.iter().map(|sentence| (sentence.call, sentence.number)).max();
        self.stale = last.or(self.stale);
    }

    /// Forgets the sentences that are finished and keeps the one being said.
    pub(crate) fn forget_finished(&mut self) {
        if let Some(turn) = &mut self.turn {
            turn.sentences.retain(|sentence| !sentence.is_final);
        }
    }

    /// When to ask [`Self::poll`] again; a transcript may end the turn sooner.
    pub(crate) fn deadline(&self, rules: &config::Endpointing) -> Option<Time> {
        let turn = self.turn.as_ref()?;
        let silence_over = turn.silence_over(rules)?;
        let is_waiting = turn.is_waiting_for_final();
        Some(if is_waiting { silence_over + rules.final_timeout } else { silence_over })
    }

    /// Ends the turn when it is time.
    pub(crate) fn poll(&mut self, now: Time, rules: &config::Endpointing) -> Option<Ended> {
        if self.deadline(rules).is_none_or(|at| at > now) {
            return None;
        }
        let turn = self.turn.as_ref()?;
        let Voice::Silent { since } = turn.voice else { return None };
        let ended = Ended { text: turn.text(), silent_since: since };
        self.forget();
        Some(ended)
    }
}

impl Turn {
    /// A turn that the detector hears.
    fn spoken() -> Self {
        let mut turn = Self::silent(Time::ZERO);
        turn.speak();
        turn
    }

    /// A turn of which the detector has heard nothing.
    const fn silent(now: Time) -> Self {
        Self {
            voice: Voice::Silent { since: now },
            has_voice: false,
            is_awaited: false,
            last_final: None,
            is_held: false,
            sentences: Vec::new(),
        }
    }

    const fn speak(&mut self) {
        self.voice = Voice::Speaking;
        self.has_voice = true;
        self.is_awaited = true;
    }

    fn on_final(&mut self, now: Time) {
        self.last_final = Some(now);
        if self.voice != Voice::Speaking {
            self.is_awaited = false;
        }
    }

    fn text(&self) -> String {
        self.sentences.iter().fold(String::new(), |mut text, sentence| {
            spoken::append(&mut text, sentence.text.trim());
            text
        })
    }

    fn is_waiting_for_final(&self) -> bool {
        self.is_awaited || self.sentences.iter().any(|sentence| !sentence.is_final)
    }

    /// When the user will have been silent for long enough.
    fn silence_over(&self, rules: &config::Endpointing) -> Option<Time> {
        match (self.voice, rules.turns) {
            (Voice::Speaking, _) => None,
            _ if self.is_held => None,
            (Voice::Silent { since }, config::Turns::Continuous) => Some(since + self.needed_silence(rules)),
            (Voice::Silent { since }, config::Turns::WalkieTalkie) => Some(since),
        }
    }

    fn needed_silence(&self, rules: &config::Endpointing) -> std::time::Duration {
        let usual = rules.pause_interval.map_or(rules.silence, |pause| pause.max(rules.silence));
        match rules.complete_sentence_silence {
            Some(short) if !self.is_waiting_for_final() && reads_as_complete_sentence(&self.text()) => {
                short.min(usual)
            }
            _ => usual,
        }
    }
}

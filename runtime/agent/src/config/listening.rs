//! The sections about the user: when they have finished, what they may cut, and the recogniser.

use bargein_core::{
    AsrRules, Endpointing, Interruption, InterruptionMode, Resting, SpeechThatMayNotCut, Turns,
};
use bargein_wire::units::Dur;

use super::limits::{Any, Within};
use super::section::section;
use super::written::{DurOrOff, words};

section! {
    /// When the user has finished.
    EndpointingText of Endpointing, at "endpointing", default Endpointing::default() => {
        /// Silence that ends an utterance. 200ms to 2s, default 500ms.
        silence: Dur, Within(Dur::from_millis(200), Dur::from_secs(2));
        /// Silence up to which a next utterance joins the same turn; acts only when longer than `silence`.
        /// 200ms to 2s, or off. Default off.
        pause_interval: DurOrOff, Within(Dur::from_millis(200), Dur::from_secs(2));
        /// Silence that ends an utterance which reads as a complete sentence; acts only when shorter than what would
        /// be waited for otherwise. 200ms to 2s, or off. Default off.
        complete_sentence_silence: DurOrOff, Within(Dur::from_millis(200), Dur::from_secs(2));
        /// How long after an utterance its final transcript is waited for; then the interim one serves. 0ms to 30s,
        /// default 2s.
        final_timeout: Dur, Within(Dur::ZERO, Dur::from_secs(30));
        /// Whether a turn of one character or letter is discarded. Default true.
        filter_one_character: bool, Any;
        /// What bounds a turn. Default continuous.
        turns: TurnsText, Any;
    }
}

words! {
    /// What bounds a user's turn.
    TurnsText of Turns {
        /// Voice and silence.
        Continuous,
        /// The signals start and stop listening.
        WalkieTalkie,
    }
}

section! {
    /// What may cut the agent. Signals and the application's calls always may.
    InterruptionText of Interruption, at "interruption", default Interruption::default() => {
        /// Whether the user's voice may. Default auto.
        mode: ModeText, Any;
        /// Speech that lasted this long cuts. 300ms to 5s, or off: duration never cuts. Default 500ms.
        speech_duration: DurOrOff, Within(Dur::from_millis(300), Dur::from_secs(5));
        /// The longest gap inside such speech. 0ms to 2s, default 200ms.
        gap: Dur, Within(Dur::ZERO, Dur::from_secs(2));
        /// Whether a final transcript that reads as a complete sentence cuts, however short. Default true.
        complete_sentence: bool, Any;
        /// When not empty, only a transcript with one of these cuts. Default empty.
        words: Vec<String>, Any;
        /// Utterances of these alone neither cut nor take a turn while the agent speaks. Default a short list in
        /// Chinese and English.
        backchannels: Vec<String>, Any;
        /// What becomes of speech that may not cut. Default ignore.
        speech_that_may_not_cut: SpeechText, Any;
        /// Whether the signal interrupt cuts speech of high priority too. Default false.
        signal_cuts_high: bool, Any;
    }
}

words! {
    /// Whether the user's voice may cut the agent.
    ModeText of InterruptionMode {
        /// By the rules of the section.
        Auto,
        /// Only signals and the application's calls do.
        Manual,
    }
}

words! {
    /// What becomes of speech that may not cut the agent.
    SpeechText of SpeechThatMayNotCut {
        /// It is not heard.
        Ignore,
        /// It becomes a turn when the agent has finished.
        Answer,
    }
}

section! {
    /// How the recogniser is kept.
    AsrText of AsrRules, at "asr", default AsrRules::default() => {
        /// Open to ready. 100ms to 60s, default 5s.
        ready_timeout: Dur, Within(Dur::from_millis(100), Dur::from_secs(60));
        /// Wait before the first reconnection; doubles up to 8s while it fails. 10ms to 8s, default 500ms.
        reconnect: Dur, Within(Dur::from_millis(10), Dur::from_secs(8));
    }
}

words! {
    /// The state when nothing is going on.
    RestingText of Resting {
        /// Listening, always.
        Listening,
        /// Idle; listening only while the user speaks.
        Idle,
    }
}

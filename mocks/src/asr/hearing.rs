//! Utterances cut out of audio, and the words given to them.
//!
//! Sans-IO: audio in, transcripts out, each with the time it is due. A frame of 20 ms is voiced when it is louder
//! than -45 dBFS; two voiced frames in a row begin an utterance and the script's silence ends it. The words are the
//! user's own: as much of them as of their audio has been heard. A pause longer than the silence cuts the words in
//! two utterances where it cuts the audio.

use std::time::Duration;

use unicode_segmentation::UnicodeSegmentation as _;

use super::says::{self as said, Says};
use crate::cjk::spoken_for;
use crate::script::AsrBehaviour;

/// Mean square of a frame at -45 dBFS.
const VOICED: i64 = 184 * 184;

/// The end of the words counts as heard when less than this is missing: a voice fades in and out below the threshold.
const MARGIN: Duration = Duration::from_millis(250);

/// A transcript, and when it is due. Their order is that of `due`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Transcript {
    /// Since the stream was opened.
    pub due: Duration,
    /// Which utterance, counted from 0. One without words is not counted.
    pub index: u64,
    /// Whether the text will not change any more.
    pub is_final: bool,
    /// All of the utterance so far.
    pub text: String,
    /// Where in the audio the utterance begins.
    pub start: Duration,
    /// How far in the audio the text goes.
    pub end: Duration,
}

/// The ear of one stream.
pub(super) struct Hearing {
    behaviour: AsrBehaviour,
    says: Says,
    /// Samples a second.
    rate: u32,
    /// The beginning of a frame.
    frame: Vec<i16>,
    /// Where the frame begins, in samples of the stream.
    position: u64,
    /// The last frame, when it was voiced and no utterance had begun.
    candidate: Option<u64>,
    utterance: Option<Utterance>,
    /// Words of which a pause has cut off the rest.
    rest: Option<Words>,
    /// How many utterances with words have ended.
    count: u64,
    /// No transcript is due before the one before it.
    due: Duration,
}

struct Utterance {
    start: u64,
    /// The end of the last voiced frame.
    voiced: u64,
    /// When that end was heard.
    heard: Duration,
    next_interim: u64,
    words: Vec<Words>,
}

/// The words of a stretch of audio.
#[derive(Clone)]
struct Words {
    graphemes: Vec<String>,
    /// How many were in an earlier utterance.
    told: usize,
    /// Where the audio begins and ends, in samples of the stream.
    start: u64,
    end: u64,
    /// Whether a pause cuts them; what is heard outside of any script's step is told whole.
    divisible: bool,
}

impl Hearing {
    pub(super) fn new(behaviour: AsrBehaviour, says: Says, rate: u32) -> Self {
        Self {
            behaviour,
            says,
            rate,
            frame: Vec::new(),
            position: 0,
            candidate: None,
            utterance: None,
            rest: None,
            count: 0,
            due: Duration::ZERO,
        }
    }

    /// Hears audio whose last sample arrives `now`.
    pub(super) fn hear(&mut self, now: Duration, samples: &[i16]) -> Vec<Transcript> {
        let end = self.position + (self.frame.len() + samples.len()) as u64;
        let frame_length = (self.rate as usize / 50).max(1);
        let mut transcripts = Vec::new();
        let mut rest = samples;
        while self.frame.len() + rest.len() >= frame_length {
            let (missing, after) = rest.split_at(frame_length - self.frame.len());
            self.frame.extend_from_slice(missing);
            rest = after;
            let frame_end = self.position + frame_length as u64;
            let heard = now.saturating_sub(self.length(end - frame_end));
            let voiced = is_voiced(&self.frame);
            self.frame.clear();
            self.take_frame(voiced, frame_end, now, heard, &mut transcripts);
            self.position = frame_end;
        }
        self.frame.extend_from_slice(rest);
        transcripts
    }

    /// No more audio comes: what is being said is over.
    pub(super) fn end(&mut self, now: Duration) -> Option<Transcript> {
        let utterance = self.utterance.take()?;
        let due = now + self.behaviour.final_after.get();
        self.conclude(utterance, due)
    }

    fn take_frame(
        &mut self,
        voiced: bool,
        end: u64,
        now: Duration,
        heard: Duration,
        transcripts: &mut Vec<Transcript>,
    ) {
        let start = self.position;
        if !voiced {
            self.candidate = None;
            if let Some(utterance) = self
                .utterance
                .take_if(|it| length(end - it.voiced, self.rate) >= self.behaviour.silence.get())
            {
                let due = utterance.heard + self.behaviour.silence.get() + self.behaviour.final_after.get();
                transcripts.extend(self.conclude(utterance, due));
            }
            return;
        }
        if self.utterance.is_none() {
            let Some(start) = self.candidate.take() else {
                self.candidate = Some(start);
                return;
            };
            let words = self.rest.take().filter(|rest| start < rest.end).into_iter().collect();
            let next_interim = start + self.samples(self.behaviour.interim_every.get());
            self.utterance = Some(Utterance { start, voiced: end, heard, next_interim, words });
        }
        self.give_words();
        let every = self.samples(self.behaviour.interim_every.get());
        let Some(utterance) = &mut self.utterance else { return };
        (utterance.voiced, utterance.heard) = (end, heard);
        if end >= utterance.next_interim {
            while utterance.next_interim <= end {
                utterance.next_interim += every.max(1);
            }
            let text = utterance.words.iter().map(|words| words.until(end)).collect::<String>();
            let start = utterance.start;
            transcripts.extend(self.transcript(now, start, end, false, text));
        }
    }

    /// Takes the words that the user has begun to say, if any; without, the first time, what the script hears then.
    fn give_words(&mut self) {
        let Some(utterance) = &mut self.utterance else { return };
        let start = if utterance.words.is_empty() { utterance.start } else { utterance.voiced };
        while let Some(said) = self.says.take() {
            utterance.words.push(Words::new(&said.text, start, samples(said.duration, self.rate), true));
        }
        if utterance.words.is_empty() {
            let hears = self.behaviour.hears.as_deref().unwrap_or_default();
            let length = spoken_for(hears, Duration::from_millis(220), Duration::from_millis(60));
            utterance.words.push(Words::new(hears, start, samples(length, self.rate), false));
        }
    }

    fn conclude(&mut self, utterance: Utterance, due: Duration) -> Option<Transcript> {
        let patience = samples(self.behaviour.silence.get() + MARGIN, self.rate);
        let Utterance { start, voiced, mut words, .. } = utterance;
        let last = words.last().filter(|last| last.divisible && voiced + patience < last.end).cloned();
        let text = match last {
            None => words.iter().map(Words::all).collect::<String>(),
            Some(mut last) => {
                words.pop();
                let text = words.iter().map(Words::all).chain([last.until(voiced)]).collect::<String>();
                last.told = last.heard_by(voiced);
                self.rest = Some(last);
                text
            }
        };
        let transcript = self.transcript(due, start, voiced, true, text)?;
        self.count += 1;
        Some(transcript)
    }

    fn transcript(
        &mut self,
        due: Duration,
        start: u64,
        end: u64,
        is_final: bool,
        text: String,
    ) -> Option<Transcript> {
        if text.is_empty() {
            return None;
        }
        self.due = self.due.max(due);
        let (start, end) = (self.length(start), self.length(end));
        Some(Transcript { due: self.due, index: self.count, is_final, text, start, end })
    }

    fn samples(&self, length: Duration) -> u64 {
        samples(length, self.rate)
    }

    fn length(&self, samples: u64) -> Duration {
        length(samples, self.rate)
    }
}

/// What a broken stream has not told as final is heard again by the next one: a client sends the audio once more.
impl Drop for Hearing {
    fn drop(&mut self) {
        let words = self.utterance.take().map(|utterance| utterance.words).unwrap_or_default();
        for words in words.iter().chain(&self.rest).rev().filter(|words| words.divisible) {
            let untold = words.graphemes.len() - words.told;
            let share = (words.end - words.start) * untold as u64 / (words.graphemes.len() as u64).max(1);
            self.says.give_back(said::Utterance { text: words.all(), duration: self.length(share) });
        }
    }
}

impl Words {
    fn new(text: &str, start: u64, length: u64, divisible: bool) -> Self {
        let graphemes = text.graphemes(true).map(str::to_owned).collect();
        Self { graphemes, told: 0, start, end: start + length, divisible }
    }

    /// How many graphemes have been said at this place of the audio; one at least.
    fn heard_by(&self, position: u64) -> usize {
        let length = (self.end - self.start).max(1);
        let said = self.graphemes.len() as u64 * position.saturating_sub(self.start) / length;
        usize::try_from(said)
            .unwrap_or(usize::MAX)
            .clamp(self.told + 1, self.graphemes.len().max(self.told + 1))
    }

    fn until(&self, position: u64) -> String {
        self.graphemes.iter().take(self.heard_by(position)).skip(self.told).map(String::as_str).collect()
    }

    fn all(&self) -> String {
        self.graphemes.iter().skip(self.told).map(String::as_str).collect()
    }
}

fn is_voiced(frame: &[i16]) -> bool {
    let energy: i64 = frame.iter().map(|sample| i64::from(i32::from(*sample).pow(2))).sum();
    energy > VOICED * i64::try_from(frame.len()).unwrap_or(i64::MAX)
}

fn samples(length: Duration, rate: u32) -> u64 {
    u64::try_from(length.as_nanos() * u128::from(rate) / 1_000_000_000).unwrap_or(u64::MAX)
}

fn length(samples: u64, rate: u32) -> Duration {
    Duration::from_nanos(samples.saturating_mul(1_000_000_000) / u64::from(rate))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A stretch of audio: whether it is loud, and for how many milliseconds.
    type Stretch = (bool, u64);

    fn audio(stretches: &[Stretch]) -> Vec<i16> {
        let stretch = |&(loud, length): &Stretch| {
            std::iter::repeat_n(if loud { 8_000 } else { 0 }, usize::try_from(length * 16).unwrap())
        };
        stretches.iter().flat_map(stretch).collect()
    }

    fn says(words: &[(&str, u64)]) -> Says {
        let says = Says::new();
        for (text, length) in words {
            says.push(said::Utterance { text: (*text).to_owned(), duration: Duration::from_millis(*length) });
        }
        says
    }

    /// Everything heard in this audio, which comes in real time in pieces of these many samples, over and over.
    fn heard(says: &Says, behaviour: &AsrBehaviour, audio: &[i16], pieces: &[usize]) -> Vec<Transcript> {
        let mut hearing = Hearing::new(behaviour.clone(), says.clone(), 16_000);
        let (mut transcripts, mut start) = (Vec::new(), 0);
        for piece in pieces.iter().cycle() {
            let end = (start + piece).min(audio.len());
            transcripts.extend(hearing.hear(length(end as u64, 16_000), &audio[start..end]));
            start = end;
            if start == audio.len() {
                break;
            }
        }
        transcripts
    }

    fn finals(transcripts: &[Transcript]) -> Vec<(u128, &str)> {
        let finals = transcripts.iter().filter(|transcript| transcript.is_final);
        finals.map(|transcript| (transcript.due.as_millis(), transcript.text.as_str())).collect()
    }

    #[test]
    fn a_user_who_goes_on_without_a_pause_is_one_utterance() {
        let says = says(&[("一二。", 600)]);
        let mut hearing = Hearing::new(AsrBehaviour::default(), says.clone(), 16_000);
        let mut transcripts = hearing.hear(Duration::from_millis(600), &audio(&[(true, 600)]));
        says.push(said::Utterance { text: "三四。".to_owned(), duration: Duration::from_millis(600) });
        transcripts.extend(hearing.hear(Duration::from_millis(1_600), &audio(&[(true, 600), (false, 400)])));
        assert_eq!(finals(&transcripts), [(1_600, "一二。三四。")]);
    }

    #[test]
    fn words_of_a_broken_stream_are_heard_again() {
        let says = says(&[("一二三四。", 1_000)]);
        heard(&says, &AsrBehaviour::default(), &audio(&[(true, 600)]), &[640]);
        let again = heard(&says, &AsrBehaviour::default(), &audio(&[(true, 1_000), (false, 400)]), &[640]);
        assert_eq!(finals(&again), [(1_400, "一二三四。")]);
    }

    #[test]
    fn words_that_were_told_are_not_heard_again() {
        let says = says(&[("一二三四", 2_000)]);
        let first = heard(&says, &AsrBehaviour::default(), &audio(&[(true, 1_000), (false, 400)]), &[640]);
        assert_eq!(finals(&first), [(1_400, "一二")]);
        let second = heard(&says, &AsrBehaviour::default(), &audio(&[(true, 1_000), (false, 400)]), &[640]);
        assert_eq!(finals(&second), [(1_400, "三四")]);
    }

    proptest! {
        // A case hears up to seven seconds of audio.
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn what_is_heard_does_not_depend_on_how_the_audio_is_cut(
            stretches in prop::collection::vec((any::<bool>(), 1_u64..900), 1..8),
            pieces in prop::collection::vec(1_usize..2_000, 1..6),
        ) {
            let audio = audio(&stretches);
            let behaviour = AsrBehaviour { hears: Some("something".to_owned()), ..AsrBehaviour::default() };
            let words = [("一二三四五", 1_000), ("六七八", 400)];
            let expected = heard(&says(&words), &behaviour, &audio, &[320]);
            let got = heard(&says(&words), &behaviour, &audio, &pieces);
            prop_assert_eq!(finals(&got), finals(&expected));
            let texts = |all: &[Transcript]| all.iter().map(|it| (it.index, it.text.clone(), it.start, it.end)).collect::<Vec<_>>();
            prop_assert_eq!(texts(&got), texts(&expected));
        }

        #[test]
        fn transcripts_are_in_order_and_an_utterance_ends_once(
            stretches in prop::collection::vec((any::<bool>(), 1_u64..900), 1..8),
        ) {
            let behaviour = AsrBehaviour { hears: Some("a b c d".to_owned()), ..AsrBehaviour::default() };
            let transcripts = heard(&Says::new(), &behaviour, &audio(&stretches), &[640]);
            prop_assert!(transcripts.is_sorted_by_key(|transcript| (transcript.due, transcript.index)));
            for pair in transcripts.windows(2) {
                prop_assert_eq!(pair[1].index, pair[0].index + u64::from(pair[0].is_final));
            }
        }
    }
}

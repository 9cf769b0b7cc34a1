//! How much of a reply's words has been heard, as far as the audio tells.
//!
//! The synthesiser's server says what it was asked to say and how long that takes; the room says how many frames were
//! heard. What the agent claims is not looked at: this is what its claim is compared with.

use std::collections::VecDeque;
use std::time::Duration;

use crate::user::FRAME;

/// Follows the segments of a reply through the room.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// Synthesised, and not begun to be heard.
    waiting: VecDeque<Segment>,
    /// The segment being heard last.
    current: Option<Segment>,
    /// What was heard whole.
    before: String,
}

#[derive(Debug)]
struct Segment {
    text: String,
    whole: Duration,
    heard: Duration,
}

impl Heard {
    /// A segment's audio began to leave the synthesiser: it will be heard behind those before it.
    pub(super) fn synthesised(&mut self, text: String, whole: Duration) {
        self.waiting.push_back(Segment { text, whole, heard: Duration::ZERO });
    }

    /// So much of the agent's audio reached the room.
    pub(super) fn hear(&mut self, audio: Duration) {
        if self.current.as_ref().is_none_or(|segment| segment.heard >= segment.whole)
            && let Some(next) = self.waiting.pop_front()
            && let Some(done) = self.current.replace(next)
        {
            self.before.push_str(&done.text);
        }
        if let Some(segment) = &mut self.current {
            segment.heard += audio;
        }
    }

    /// The agent begins to speak in another round. Its first frame may have been heard before it says so.
    pub(super) fn begin_round(&mut self) {
        self.before.clear();
        self.current.take_if(|segment| segment.heard > FRAME);
    }

    /// What waits will not be heard: the agent was cut.
    pub(super) fn cut(&mut self) {
        self.waiting.clear();
    }

    /// What of the reply was heard; a segment cut in its middle counts by its share.
    pub(super) fn text(&self) -> String {
        let mut text = self.before.clone();
        if let Some(segment) = &self.current {
            let characters = segment.text.chars().count() as u128;
            let whole = segment.whole.as_nanos().max(1);
            let heard = characters * segment.heard.as_nanos().min(whole) / whole;
            text.extend(segment.text.chars().take(usize::try_from(heard).unwrap_or(usize::MAX)));
        }
        text
    }

    /// The segment being heard last, whole; empty when there was none.
    pub(super) fn segment(&self) -> &str {
        self.current.as_ref().map_or("", |segment| &segment.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hear(heard: &mut Heard, millis: u64) {
        (0..millis / 20).for_each(|_| heard.hear(Duration::from_millis(20)));
    }

    #[test]
    fn what_was_heard_ends_within_a_segment_by_its_share() {
        let mut heard = Heard::default();
        assert_eq!((heard.text().as_str(), heard.segment()), ("", ""));
        heard.synthesised("从前有座山，".to_owned(), Duration::from_millis(1_200));
        heard.synthesised("山里有座庙。".to_owned(), Duration::from_millis(1_200));
        hear(&mut heard, 600);
        assert_eq!((heard.text().as_str(), heard.segment()), ("从前有", "从前有座山，"));
        hear(&mut heard, 600);
        assert_eq!((heard.text().as_str(), heard.segment()), ("从前有座山，", "从前有座山，"));
        hear(&mut heard, 400);
        assert_eq!((heard.text().as_str(), heard.segment()), ("从前有座山，山里", "山里有座庙。"));
    }

    #[test]
    fn a_cut_forgets_what_was_not_begun_and_a_new_round_what_was_heard() {
        let mut heard = Heard::default();
        heard.synthesised("一二".to_owned(), Duration::from_millis(40));
        heard.synthesised("三四".to_owned(), Duration::from_millis(40));
        hear(&mut heard, 40);
        heard.cut();
        assert_eq!(heard.text(), "一二");
        heard.synthesised("五六".to_owned(), Duration::from_millis(40));
        heard.begin_round();
        hear(&mut heard, 20);
        assert_eq!((heard.text().as_str(), heard.segment()), ("五", "五六"));
        heard.begin_round();
        hear(&mut heard, 20);
        assert_eq!((heard.text().as_str(), heard.segment()), ("五六", "五六"));
    }
}

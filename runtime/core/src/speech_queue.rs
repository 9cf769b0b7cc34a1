//! Proactive speech by priority: who begins, who waits, who is refused, who is cut.
//!
//! [`decide`] is the whole decision table; [`SpeechQueue`] holds those who wait. Where the modelled services' documents
//! are silent the answer is a field of [`QueueRules`].

use std::collections::VecDeque;

use crate::config::{LowerPriority, Overflow, QueueRules};
use crate::ids::RoundId;
use crate::input::{Priority, SamePriority, SpeechOptions};
use crate::notice::Refusal;

/// What a new speech meets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Current {
    /// Nothing is going on.
    Nothing,
    /// The user is speaking, or may go on within the pause interval.
    UserSpeaking,
    /// Something is being prepared or said; a reply to the user ranks as medium.
    Speech(Priority),
}

/// What becomes of a new speech.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Decision {
    /// Begin now.
    Start,
    /// Begin now, over the user.
    StartOverUser,
    /// Cut the current one, empty the queue if so told, begin.
    Cut { clear: bool },
    /// Wait.
    Wait,
    /// Accept and drop.
    Drop,
    /// Say no.
    Refuse(Refusal),
}

/// The decision table.
pub(crate) fn decide(current: Current, new: SpeechOptions, rules: &QueueRules) -> Decision {
    let playing = match current {
        Current::Nothing => return Decision::Start,
        Current::UserSpeaking if new.priority == Priority::High => return Decision::StartOverUser,
        Current::UserSpeaking => return Decision::Refuse(Refusal::Listening),
        Current::Speech(playing) => playing,
    };
    let lower = |policy| match policy {
        LowerPriority::Refuse => Decision::Refuse(Refusal::LowerPriority),
        LowerPriority::Drop => Decision::Drop,
        LowerPriority::Enqueue => Decision::Wait,
    };
    match (new.priority.cmp(&playing), new.same_priority) {
        (std::cmp::Ordering::Less, SamePriority::ClearAndInterrupt) => lower(rules.lower_clear),
        (std::cmp::Ordering::Less, SamePriority::Enqueue) => lower(rules.lower_enqueue),
        (std::cmp::Ordering::Equal, SamePriority::Enqueue) => Decision::Wait,
        (std::cmp::Ordering::Greater, SamePriority::Enqueue) => {
            let keeps = new.priority == Priority::High && rules.higher_enqueue_keeps_queue;
            Decision::Cut { clear: !keeps }
        }
        (_, SamePriority::ClearAndInterrupt) => Decision::Cut { clear: true },
    }
}

/// Those who wait, each with what to say.
#[derive(Debug)]
pub(crate) struct SpeechQueue<T> {
    waiting: VecDeque<Waiting<T>>,
}

/// One who waits.
#[derive(Debug)]
pub(crate) struct Waiting<T> {
    /// The round it was given when accepted.
    pub(crate) round: RoundId,
    /// Its rank.
    pub(crate) options: SpeechOptions,
    /// What to say.
    pub(crate) what: T,
}

impl<T> SpeechQueue<T> {
    pub(crate) const fn new() -> Self {
        Self { waiting: VecDeque::new() }
    }

    /// Whether one more would be refused.
    pub(crate) fn refuses_more(&self, rules: &QueueRules) -> bool {
        self.waiting.len() >= rules.capacity && (rules.overflow == Overflow::RefuseNew || rules.capacity == 0)
    }

    /// Lets one wait; returns those dropped for it, the oldest. Ask [`Self::refuses_more`] first.
    pub(crate) fn push(&mut self, new: Waiting<T>, rules: &QueueRules) -> Vec<Waiting<T>> {
        self.waiting.push_back(new);
        // More than one when the capacity has become smaller.
        let excess = self.waiting.len().saturating_sub(rules.capacity);
        self.waiting.drain(..excess).collect()
    }

    /// The highest priority that waits.
    pub(crate) fn peek_priority(&self) -> Option<Priority> {
        self.waiting.iter().map(|waiting| waiting.options.priority).max()
    }

    /// The next to begin: highest priority first, then the one that has waited longest.
    pub(crate) fn pop(&mut self) -> Option<Waiting<T>> {
        let best = self.peek_priority()?;
        let index = self.waiting.iter().position(|waiting| waiting.options.priority == best)?;
        self.waiting.remove(index)
    }

    /// Empties the queue; what is returned is dropped.
    pub(crate) fn clear(&mut self) -> impl Iterator<Item = Waiting<T>> {
        std::mem::take(&mut self.waiting).into_iter()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(priority: Priority, same_priority: SamePriority) -> SpeechOptions {
        SpeechOptions { priority, same_priority, enqueue_user_speech: false }
    }

    #[test]
    fn the_decision_table_holds_in_every_cell() {
        use Decision::{Cut, Refuse, Start, StartOverUser, Wait};
        use Priority::{High, Low, Medium};
        use SamePriority::{ClearAndInterrupt as CI, Enqueue as EQ};
        let lower = Refuse(Refusal::LowerPriority);
        let listening = Refuse(Refusal::Listening);
        let clear = Cut { clear: true };
        let keep = Cut { clear: false };
        let columns = [(Low, CI), (Low, EQ), (Medium, CI), (Medium, EQ), (High, CI), (High, EQ)];
        let rows = [
            (Current::Nothing, [Start; 6]),
            (
                Current::UserSpeaking,
                [listening, listening, listening, listening, StartOverUser, StartOverUser],
            ),
            (Current::Speech(Low), [clear, Wait, clear, clear, clear, keep]),
            (Current::Speech(Medium), [lower, Wait, clear, Wait, clear, keep]),
            (Current::Speech(High), [lower, Wait, lower, Wait, clear, Wait]),
        ];
        for (current, cells) in rows {
            for ((priority, option), expected) in columns.into_iter().zip(cells) {
                let decision = decide(current, options(priority, option), &QueueRules::default());
                assert_eq!(decision, expected, "{current:?} meets {priority:?} {option:?}");
            }
        }
    }

    #[test]
    fn the_guessed_cells_follow_the_rules() {
        let rules = QueueRules {
            lower_clear: LowerPriority::Drop,
            lower_enqueue: LowerPriority::Refuse,
            higher_enqueue_keeps_queue: false,
            ..QueueRules::default()
        };
        let met = Current::Speech(Priority::Medium);
        let low = |option| decide(met, options(Priority::Low, option), &rules);
        assert_eq!(low(SamePriority::ClearAndInterrupt), Decision::Drop);
        assert_eq!(low(SamePriority::Enqueue), Decision::Refuse(Refusal::LowerPriority));
        let high = decide(met, options(Priority::High, SamePriority::Enqueue), &rules);
        assert_eq!(high, Decision::Cut { clear: true });
    }

    #[test]
    fn the_highest_goes_first_then_the_oldest() {
        let rules = QueueRules::default();
        let mut queue = SpeechQueue::new();
        for (round, priority) in
            [(1, Priority::Low), (2, Priority::Medium), (3, Priority::Medium), (4, Priority::High)]
        {
            let options = options(priority, SamePriority::Enqueue);
            assert!(queue.push(Waiting { round: RoundId(round), options, what: () }, &rules).is_empty());
        }
        let order: Vec<_> = std::iter::from_fn(|| queue.pop()).map(|waiting| waiting.round.0).collect();
        assert_eq!(order, [4, 2, 3, 1]);
    }

    #[test]
    fn one_too_many_is_refused_or_drops_the_oldest() {
        let options = SpeechOptions::default();
        let drop_oldest = QueueRules { overflow: Overflow::DropOldest, capacity: 1, ..QueueRules::default() };
        let mut queue = SpeechQueue::new();
        assert!(queue.push(Waiting { round: RoundId(1), options, what: () }, &drop_oldest).is_empty());
        assert!(!queue.refuses_more(&drop_oldest));
        let dropped = queue.push(Waiting { round: RoundId(2), options, what: () }, &drop_oldest);
        assert_eq!(dropped.iter().map(|waiting| waiting.round).collect::<Vec<_>>(), [RoundId(1)]);
        let refuse = QueueRules { capacity: 1, ..QueueRules::default() };
        assert!(queue.refuses_more(&refuse));
        assert_eq!(queue.len(), 1);
    }
}

//! What a script spoils in an answer: a broken unit, a pause, a premature end. And the last step of every answer:
//! what is due in the same millisecond leaves in one write.

use std::iter::Peekable;
use std::time::Duration;

use bytes::{Bytes, BytesMut};

use crate::answer::{Action, Actions, Does, Head};
use crate::script::{Cut, CutBy, Faults, Point, Stall};

/// The actions with the script's malformation and pause in them.
///
/// `spoil` breaks the bytes of one unit.
pub(crate) fn disturbed(actions: Actions, faults: &Faults, spoil: fn(&Bytes) -> Bytes) -> Actions {
    let actions = match faults.malformed {
        Some(Point::Unit(_, number)) => Box::new(actions.map(move |action| spoiled(action, number, spoil))),
        _ => actions,
    };
    match faults.stall {
        Some(stall) => stalled(actions, stall),
        None => actions,
    }
}

/// The actions up to the script's cut, those of the same millisecond joined.
pub(crate) fn finished(actions: Actions, faults: &Faults) -> Actions {
    let actions = match faults.cut {
        Some(cut) => cut_off(actions, cut),
        None => actions,
    };
    Box::new(Joined { actions: actions.peekable() })
}

/// The head with the script's headers.
pub(crate) fn change_head(head: &mut Head, faults: &Faults) {
    for (name, value) in &faults.wrong_header {
        head.set(name, value.clone());
    }
}

fn spoiled(mut action: Action, number: u64, spoil: fn(&Bytes) -> Bytes) -> Action {
    if let Does::Send { bytes, unit } = &mut action.does
        && *unit == Some(number)
    {
        *bytes = spoil(bytes);
    }
    action
}

fn stalled(actions: Actions, stall: Stall) -> Actions {
    let mut over = false;
    Box::new(Split::new(actions, stall.at).map_while(move |(side, mut action)| match (side, stall.length) {
        (Side::Before, _) => Some(action),
        (Side::Beyond, Some(length)) => {
            action.after = action.after.saturating_add(length);
            Some(action)
        }
        (Side::Beyond, None) if over => None,
        (Side::Beyond, None) => {
            over = true;
            Some(Action::hold())
        }
    }))
}

fn cut_off(actions: Actions, cut: Cut) -> Actions {
    let (mut over, mut last) = (false, Duration::ZERO);
    Box::new(Split::new(actions, cut.at).map_while(move |(side, action)| match side {
        _ if over => None,
        Side::Before => {
            last = action.after;
            Some(action)
        }
        Side::Beyond => {
            over = true;
            let after = match cut.at {
                Point::After(at) => at,
                Point::Unit(..) | Point::Byte(_) => last,
            };
            let does = match cut.by {
                CutBy::CleanEnd => Does::End,
                CutBy::Reset => Does::Reset,
            };
            Some(Action { after, does })
        }
    }))
}

/// On which side of a point an action lies.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Before,
    Beyond,
}

/// Actions with their side of a point; a write that the point lies in is cut in two.
struct Split {
    actions: Actions,
    point: Point,
    side: Side,
    sent: u64,
    rest: Option<Action>,
}

impl Split {
    fn new(actions: Actions, point: Point) -> Self {
        let side = if point == Point::Byte(0) { Side::Beyond } else { Side::Before };
        Self { actions, point, side, sent: 0, rest: None }
    }
}

impl Iterator for Split {
    type Item = (Side, Action);

    fn next(&mut self) -> Option<Self::Item> {
        let mut action = self.rest.take().or_else(|| self.actions.next())?;
        if let Point::After(at) = self.point
            && action.after > at
        {
            self.side = Side::Beyond;
        }
        let side = self.side;
        if let (Side::Before, Does::Send { bytes, unit }) = (side, &mut action.does) {
            match self.point {
                Point::Unit(_, number) if *unit == Some(number) => self.side = Side::Beyond,
                Point::Byte(limit) => {
                    let room = usize::try_from(limit - self.sent).unwrap_or(usize::MAX);
                    if bytes.len() >= room {
                        self.side = Side::Beyond;
                        let beyond = bytes.split_off(room);
                        if !beyond.is_empty() {
                            self.rest = Some(Action::send(action.after, beyond));
                        }
                    }
                    self.sent += bytes.len() as u64;
                }
                Point::Unit(..) | Point::After(_) => {}
            }
        }
        Some((side, action))
    }
}

/// Actions of which those due at the same time are told first and written at once.
struct Joined {
    actions: Peekable<Actions>,
}

impl Iterator for Joined {
    type Item = Action;

    fn next(&mut self) -> Option<Action> {
        let action = self.actions.next()?;
        let Does::Send { bytes: first, unit } = action.does else { return Some(action) };
        let mut more = BytesMut::new();
        while let Some(next) = self.actions.next_if(|next| next.after == action.after && is_send(next)) {
            if let Does::Send { bytes, .. } = next.does {
                if more.is_empty() {
                    more.extend_from_slice(&first);
                }
                more.extend_from_slice(&bytes);
            }
        }
        let bytes = if more.is_empty() { first } else { more.freeze() };
        Some(Action { after: action.after, does: Does::Send { bytes, unit } })
    }
}

const fn is_send(action: &Action) -> bool {
    matches!(action.does, Does::Send { .. })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::script::Unit;

    /// Four tokens `aaa`, `bbb`, `ccc`, `ddd` at 100, 120, 140 and 160 ms, and an end with the last one.
    fn answer() -> Actions {
        let tokens = ["aaa", "bbb", "ccc", "ddd"].into_iter().zip(1_u64..).map(|(text, number)| Action {
            after: Duration::from_millis(80 + 20 * number),
            does: Does::Send { bytes: text.into(), unit: Some(number) },
        });
        Box::new(tokens.chain([Action::send(Duration::from_millis(160), "end")]))
    }

    fn faults(text: &serde_json::Value) -> Faults {
        serde_json::from_value(text.clone()).unwrap()
    }

    /// The whole answer under these faults, one word for each action.
    fn under(text: &serde_json::Value) -> String {
        let faults = faults(text);
        let without_last: fn(&Bytes) -> Bytes = |bytes| bytes.slice(..bytes.len() - 1);
        let actions = finished(disturbed(answer(), &faults, without_last), &faults);
        let words = actions.map(|action| match action.does {
            Does::Send { bytes, .. } => {
                format!("{}:{}", action.after.as_millis(), String::from_utf8_lossy(&bytes))
            }
            Does::Hold => "hold".to_owned(),
            does => format!("{}:{does:?}", action.after.as_millis()),
        });
        words.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn an_answer_breaks_where_the_script_says() {
        for (faults, expected) in [
            (serde_json::json!({}), "100:aaa 120:bbb 140:ccc 160:dddend"),
            (serde_json::json!({ "cut": "at token 2" }), "100:aaa 120:bbb 120:End"),
            (
                serde_json::json!({ "cut": "at token 4 by reset" }),
                "100:aaa 120:bbb 140:ccc 160:ddd 160:Reset",
            ),
            (serde_json::json!({ "cut": "at byte 4" }), "100:aaa 120:b 120:End"),
            (serde_json::json!({ "cut": "at byte 6" }), "100:aaa 120:bbb 120:End"),
            (serde_json::json!({ "cut": "at byte 0 by reset" }), "0:Reset"),
            (serde_json::json!({ "cut": "at 130ms" }), "100:aaa 120:bbb 130:End"),
            (serde_json::json!({ "cut": "at 140ms" }), "100:aaa 120:bbb 140:ccc 140:End"),
            (serde_json::json!({ "cut": "at 9s" }), "100:aaa 120:bbb 140:ccc 160:dddend"),
            (serde_json::json!({ "cut": "at token 9" }), "100:aaa 120:bbb 140:ccc 160:dddend"),
            (serde_json::json!({ "stall": "at token 2 for 1s" }), "100:aaa 120:bbb 1140:ccc 1160:dddend"),
            (
                serde_json::json!({ "stall": "at byte 4 for 1s" }),
                "100:aaa 120:b 1120:bb 1140:ccc 1160:dddend",
            ),
            (serde_json::json!({ "stall": "at 130ms for 1s" }), "100:aaa 120:bbb 1140:ccc 1160:dddend"),
            (serde_json::json!({ "stall": "at token 2 for ever" }), "100:aaa 120:bbb hold"),
            (
                serde_json::json!({ "stall": "at token 2 for ever", "cut": "at 500ms by reset" }),
                "100:aaa 120:bbb 500:Reset",
            ),
            (serde_json::json!({ "stall": "at token 1 for 1s", "cut": "at 600ms" }), "100:aaa 600:End"),
            (serde_json::json!({ "malformed": "at token 3" }), "100:aaa 120:bbb 140:cc 160:dddend"),
        ] {
            assert_eq!(under(&faults), expected, "{faults}");
        }
    }

    #[test]
    fn who_waits_for_ever_waits_through_a_stall_too() {
        let stall = Stall { at: Point::Unit(Unit::Token, 4), length: Some(Duration::from_secs(3)) };
        let actions = stalled(Box::new(answer().chain([Action::hold()])), stall);
        assert_eq!(actions.last(), Some(Action::hold()));
    }

    #[test]
    fn what_is_told_at_a_time_is_told_in_its_place() {
        let told = Action::tell(Duration::from_millis(100), crate::What::FirstToken);
        let actions = finished(Box::new([told.clone()].into_iter().chain(answer())), &Faults::default());
        assert_eq!(actions.take(1).collect::<Vec<_>>(), [told]);
    }

    proptest! {
        #[test]
        fn a_cut_at_a_byte_sends_exactly_so_many(limit in 0_u64..20) {
            let whole = "aaabbbcccdddend";
            let cut = Some(Cut { at: Point::Byte(limit), by: CutBy::CleanEnd });
            let sent: Vec<u8> = finished(answer(), &Faults { cut, ..Faults::default() })
                .filter_map(|action| if let Does::Send { bytes, .. } = action.does { Some(bytes) } else { None })
                .flatten()
                .collect();
            let expected = whole.as_bytes().get(..usize::try_from(limit).unwrap()).unwrap_or(whole.as_bytes());
            prop_assert_eq!(sent, expected);
        }

        #[test]
        fn a_stall_neither_loses_nor_reorders_anything(number in 1_u64..6, length in 0_u64..5_000) {
            let stall = Stall { at: Point::Unit(Unit::Token, number), length: Some(Duration::from_millis(length)) };
            let actions: Vec<_> = stalled(answer(), stall).collect();
            prop_assert!(actions.is_sorted_by_key(|action| action.after));
            prop_assert_eq!(actions.len(), answer().count());
        }
    }
}

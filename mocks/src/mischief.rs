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
        Some(Point::Unit(number)) => Box::new(actions.map(move |action| spoiled(action, number, spoil))),
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
            action.after += length;
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
                Point::Unit(_) | Point::Byte(_) => last,
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
                Point::Unit(number) if *unit == Some(number) => self.side = Side::Beyond,
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
                Point::Unit(_) | Point::After(_) => {}
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

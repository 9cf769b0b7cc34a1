//! The tree of a file as it will be written, with the comments that go with each part.

use super::comments::Comment;
use crate::scenario::source::Source;
use crate::scenario::yaml::{Node, NodeKind, Scalar};

/// A tree to be written.
pub(super) struct Outline<'n> {
    pub(super) root: Sheet<'n>,
    slots: Vec<Slot>,
    groups: Vec<Group>,
}

/// A value to be written.
pub(super) enum Sheet<'n> {
    /// A single value; a sentence has its own spacing.
    Scalar { scalar: &'n Scalar, is_sentence: bool },
    /// A list or a map.
    Group { number: usize, pieces: Vec<Piece<'n>>, flow: bool, is_map: bool, role: Role },
}

/// An item of a list, or an entry of a map.
pub(super) struct Piece<'n> {
    /// Its slot.
    pub(super) slot: usize,
    pub(super) key: Option<&'n Scalar>,
    /// Whether the key is a sentence.
    pub(super) key_is_sentence: bool,
    pub(super) value: Sheet<'n>,
}

/// What a part of a scenario is, as far as its writing depends on it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    /// The whole file.
    Scenario,
    /// A list of sentences.
    Sentences,
    /// A map with sentences as keys.
    Counts,
    /// The list of steps.
    Steps,
    /// One step.
    Step,
    /// What a step does.
    Action,
    /// The table of cases.
    Cases,
    /// A single sentence.
    Sentence,
    /// Anything else.
    Other,
}

impl Role {
    /// The role of the value behind a key.
    pub(super) fn of_key(self, key: &str) -> Self {
        match (self, key) {
            (Self::Scenario, "expect" | "order" | "never") => Self::Sentences,
            (Self::Scenario, "count") => Self::Counts,
            (Self::Scenario, "steps") => Self::Steps,
            (Self::Scenario, "cases") => Self::Cases,
            (Self::Step, "user" | "app") => Self::Action,
            (Self::Action, "at") => Self::Sentence,
            _ => Self::Other,
        }
    }

    /// The role of the items of a list.
    pub(super) const fn of_items(self) -> Self {
        match self {
            Self::Sentences => Self::Sentence,
            Self::Steps => Self::Step,
            _ => Self::Other,
        }
    }
}

/// The place of an item or entry, and the comments that go with it.
#[derive(Default)]
struct Slot {
    start: usize,
    line: usize,
    group: usize,
    above: Vec<Above>,
    trailing: Option<String>,
}

/// The place of a list or map, and the comments behind its last item.
struct Group {
    bytes: std::ops::Range<usize>,
    flow: bool,
    /// The column of its items.
    column: usize,
    /// The slot it is the value of.
    of: Option<usize>,
    below: Vec<Above>,
    commented: bool,
}

/// What stands on the lines above an item.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Above {
    /// An empty line.
    Blank,
    /// A comment, with its `#`.
    Comment(String),
}

impl<'n> Outline<'n> {
    pub(super) fn of(source: &Source, root: &'n Node) -> Self {
        let mut growing = Growing { source, slots: Vec::new(), groups: Vec::new() };
        let root = growing.sheet(root, Role::Scenario, None);
        Self { root, slots: growing.slots, groups: growing.groups }
    }

    /// What stands above an item.
    pub(super) fn above(&self, slot: usize) -> &[Above] {
        &self.slots[slot].above
    }

    /// What stands behind an item on its line.
    pub(super) fn trailing(&self, slot: usize) -> Option<&str> {
        self.slots[slot].trailing.as_deref()
    }

    /// What stands below the last item of a group.
    pub(super) fn below(&self, group: usize) -> &[Above] {
        &self.groups[group].below
    }

    /// Whether comments stand inside of a group.
    pub(super) fn is_commented(&self, group: usize) -> bool {
        self.groups[group].commented
    }

    /// Gives every comment and blank line to the part it goes with.
    pub(super) fn attach(&mut self, source: &Source, comments: &[Comment]) {
        for comment in comments {
            let next = self.slots.partition_point(|slot| slot.start < comment.at);
            if comment.is_trailing && next > 0 {
                self.put_behind(next - 1, comment);
            } else {
                let lines = self.target(source, next, comment);
                if comment.after_blank {
                    lines.push(Above::Blank);
                }
                lines.push(Above::Comment(comment.text.clone()));
            }
        }
        self.keep_blank_lines(source);
    }

    /// Puts a comment behind what stands before it on its line.
    fn put_behind(&mut self, before: usize, comment: &Comment) {
        let inside = self.innermost_flow(comment.at);
        let is_of_line = |slot: &Slot| match inside {
            Some(group) => slot.group == group,
            None => !self.groups[slot.group].flow,
        };
        let slot = (0..=before).rev().find(|slot| is_of_line(&self.slots[*slot])).unwrap_or(before);
        self.mark(slot);
        let slot = &mut self.slots[slot];
        match &slot.trailing {
            None => slot.trailing = Some(comment.text.clone()),
            Some(_) => slot.above.push(Above::Comment(comment.text.clone())),
        }
    }

    /// The lines a comment on a line of its own goes to: above what follows it, or below a group that it is indented
    /// like and that nothing follows in.
    fn target(&mut self, source: &Source, next: usize, comment: &Comment) -> &mut Vec<Above> {
        let column = source.place(comment.at..comment.at).column;
        let ended = next.checked_sub(1).and_then(|before| {
            let group = self.enclosing(before).find(|group| self.groups[*group].column <= column)?;
            let goes_on = self.slots.get(next).is_some_and(|slot| self.is_within(slot.group, group));
            let is_inside = self.groups[group].flow && !self.groups[group].bytes.contains(&comment.at);
            (!goes_on && !is_inside).then_some(group)
        });
        match (ended, next < self.slots.len()) {
            (Some(group), _) => {
                self.mark_group(group);
                &mut self.groups[group].below
            }
            (None, true) => {
                self.mark(next);
                &mut self.slots[next].above
            }
            (None, false) => &mut self.groups[0].below,
        }
    }

    /// A blank line above an item of a block stays, several become one.
    fn keep_blank_lines(&mut self, source: &Source) {
        for slot in 0..self.slots.len() {
            let place = &self.slots[slot];
            let is_first_of_line =
                slot.checked_sub(1).is_none_or(|before| self.slots[before].line != place.line);
            let before = source.text()[..place.start].rfind('\n').map_or("", |end| &source.text()[..end]);
            let is_below_blank = before.rsplit('\n').next().is_some_and(|line| line.trim().is_empty());
            if is_first_of_line && is_below_blank && !self.groups[place.group].flow {
                self.slots[slot].above.push(Above::Blank);
            }
        }
    }

    /// The groups around a slot, innermost first. The group that is its own value comes before them.
    fn enclosing(&self, slot: usize) -> impl Iterator<Item = usize> {
        let mut next = Some(self.slots[slot].group);
        std::iter::from_fn(move || {
            let group = next?;
            next = self.groups[group].of.map(|slot| self.slots[slot].group);
            Some(group)
        })
    }

    fn is_within(&self, group: usize, outer: usize) -> bool {
        let mut next = Some(group);
        while let Some(group) = next {
            if group == outer {
                return true;
            }
            next = self.groups[group].of.map(|slot| self.slots[slot].group);
        }
        false
    }

    fn innermost_flow(&self, at: usize) -> Option<usize> {
        (0..self.groups.len()).rev().find(|group| {
            let group = &self.groups[*group];
            group.flow && group.bytes.contains(&at)
        })
    }

    /// A comment of an item keeps all groups around it from being written in one line.
    fn mark(&mut self, slot: usize) {
        self.mark_group(self.slots[slot].group);
    }

    fn mark_group(&mut self, group: usize) {
        let mut next = Some(group);
        while let Some(group) = next {
            self.groups[group].commented = true;
            next = self.groups[group].of.map(|slot| self.slots[slot].group);
        }
    }
}

struct Growing<'s> {
    source: &'s Source,
    slots: Vec<Slot>,
    groups: Vec<Group>,
}

impl Growing<'_> {
    fn sheet<'n>(&mut self, node: &'n Node, role: Role, of: Option<usize>) -> Sheet<'n> {
        let (flow, is_map) = match &node.kind {
            NodeKind::Scalar(scalar) => return Sheet::Scalar { scalar, is_sentence: role == Role::Sentence },
            NodeKind::List { flow, .. } => (*flow, false),
            NodeKind::Map { flow, .. } => (*flow, true),
        };
        let number = self.groups.len();
        let bytes = node.place.start..node.place.end;
        self.groups.push(Group { bytes, flow, column: usize::MAX, of, below: Vec::new(), commented: false });
        let pieces = match &node.kind {
            NodeKind::Scalar(_) => Vec::new(),
            NodeKind::List { items, .. } => items
                .iter()
                .map(|item| {
                    let start = if flow { item.place.start } else { self.dash(item.place.start) };
                    let slot = self.slot(start, number);
                    let value = self.sheet(item, role.of_items(), Some(slot));
                    Piece { slot, key: None, key_is_sentence: false, value }
                })
                .collect(),
            NodeKind::Map { entries, .. } => entries
                .iter()
                .map(|entry| {
                    let slot = self.slot(entry.key.place.start, number);
                    let value = self.sheet(&entry.value, role.of_key(&entry.key.text), Some(slot));
                    Piece { slot, key: Some(&entry.key), key_is_sentence: role == Role::Counts, value }
                })
                .collect(),
        };
        Sheet::Group { number, pieces, flow, is_map, role }
    }

    fn slot(&mut self, start: usize, group: usize) -> usize {
        let place = self.source.place(start..start);
        self.groups[group].column = self.groups[group].column.min(place.column);
        self.slots.push(Slot { start, line: place.line, group, ..Slot::default() });
        self.slots.len() - 1
    }

    /// The dash in front of an item.
    fn dash(&self, item: usize) -> usize {
        self.source.text()[..item].rfind('-').unwrap_or(item)
    }
}

//! An outline into text.

use unicode_width::UnicodeWidthStr;

use super::outline::{Above, Outline, Piece, Role, Sheet};
use super::scalar;
use super::table::table;
use crate::scenario::load::KEYS;
use crate::scenario::source::Source;

/// The longest line that braces and brackets are kept on, in columns of a terminal.
const WIDTH: usize = 120;
/// Spaces a level.
const STEP: usize = 2;

/// The whole file.
pub(super) fn document(source: &Source, mut outline: Outline<'_>) -> String {
    if let Sheet::Group { pieces, role: Role::Scenario, .. } = &mut outline.root {
        pieces.sort_by_key(|piece| piece.key.map_or(0, |key| rank(&key.text)));
    }
    let mut writer = Writer { source, outline: &outline, text: String::new() };
    match &outline.root {
        Sheet::Group { number, pieces, .. } if !pieces.is_empty() => {
            writer.pieces(0, pieces);
            writer.lines(0, outline.below(*number));
        }
        other => {
            let line = one_line(other);
            writer.text.push_str(&line);
            writer.text.push('\n');
            writer.lines(0, outline.below(0));
        }
    }
    writer.text
}

/// The position of a key among those of a scenario; unknown ones come last, in their own order.
pub(super) fn rank(key: &str) -> usize {
    KEYS.iter().position(|known| *known == key).unwrap_or(KEYS.len())
}

struct Writer<'o, 'n> {
    source: &'o Source,
    outline: &'o Outline<'n>,
    text: String,
}

impl Writer<'_, '_> {
    fn pieces(&mut self, indent: usize, pieces: &[Piece<'_>]) {
        for (position, piece) in pieces.iter().enumerate() {
            let above = self.outline.above(piece.slot);
            let is_blank_start = position == 0 && above.first() == Some(&Above::Blank);
            self.lines(indent, &above[usize::from(is_blank_start)..]);
            self.text.push_str(&" ".repeat(indent));
            self.piece(indent, piece);
        }
    }

    /// An item or entry whose first line is indented already.
    fn piece(&mut self, indent: usize, piece: &Piece<'_>) {
        let start = self.text.rfind('\n').map_or(0, |end| end + 1);
        match piece.key {
            Some(key) => {
                self.text.push_str(&scalar::one_line(key, piece.key_is_sentence, false));
                self.text.push(':');
            }
            None => self.text.push('-'),
        }
        let trailing =
            self.outline.trailing(piece.slot).map(|comment| format!("  {comment}")).unwrap_or_default();
        let head = self.text[start..].width();
        match &piece.value {
            Sheet::Scalar { scalar, is_sentence } => match scalar::block(self.source, scalar) {
                Some((mark, lines)) => {
                    self.text.push_str(&format!(" {mark}{trailing}\n"));
                    for line in lines {
                        let line =
                            if line.is_empty() { String::new() } else { " ".repeat(indent + STEP) + line };
                        self.text.push_str(&line);
                        self.text.push('\n');
                    }
                }
                None => {
                    let value = scalar::one_line(scalar, *is_sentence, false);
                    self.text.push_str(&format!(" {value}{trailing}\n"));
                }
            },
            group @ Sheet::Group { number, pieces, flow, is_map, role } => {
                let line = one_line(group);
                let fits = head + 1 + line.width() <= WIDTH && !self.outline.is_commented(*number);
                if pieces.is_empty() || *flow && fits {
                    self.text.push_str(&format!(" {line}{trailing}\n"));
                    self.lines(indent + STEP, self.outline.below(*number));
                    return;
                }
                match table(self.outline, *role, pieces) {
                    Some(rows) => {
                        self.text.push_str(&format!("{trailing}\n"));
                        self.rows(indent + STEP, &rows);
                    }
                    None if piece.key.is_none() && *is_map => {
                        self.map_of_item(indent, pieces, &trailing);
                    }
                    None => {
                        self.text.push_str(&format!("{trailing}\n"));
                        self.pieces(indent + STEP, pieces);
                    }
                }
                self.lines(indent + STEP, self.outline.below(*number));
            }
        }
    }

    /// A map whose first entry stands behind the dash of its item.
    fn map_of_item(&mut self, indent: usize, pieces: &[Piece<'_>], trailing: &str) {
        let Some((first, rest)) = pieces.split_first() else { return };
        if trailing.is_empty() && self.outline.above(first.slot).is_empty() {
            self.text.push(' ');
            self.piece(indent + STEP, first);
            self.pieces(indent + STEP, rest);
        } else {
            self.text.push_str(&format!("{trailing}\n"));
            self.pieces(indent + STEP, pieces);
        }
    }

    /// The lines of a table, each with the comments of its slot.
    fn rows(&mut self, indent: usize, rows: &[(usize, String)]) {
        for (slot, row) in rows {
            let deeper = row.len() - row.trim_start().len();
            self.lines(indent + deeper, self.outline.above(*slot));
            let trailing =
                self.outline.trailing(*slot).map(|comment| format!("  {comment}")).unwrap_or_default();
            self.text.push_str(&format!("{}{row}{trailing}\n", " ".repeat(indent)));
        }
    }

    /// Comments and blank lines. None is blank at the beginning of the file, and none follows another.
    fn lines(&mut self, indent: usize, lines: &[Above]) {
        for line in lines {
            match line {
                Above::Blank if self.text.is_empty() || self.text.ends_with("\n\n") => {}
                Above::Blank => self.text.push('\n'),
                Above::Comment(comment) => {
                    self.text.push_str(&format!("{}{comment}\n", " ".repeat(indent)));
                }
            }
        }
    }
}

/// A value in braces and brackets.
pub(super) fn one_line(sheet: &Sheet<'_>) -> String {
    match sheet {
        Sheet::Scalar { scalar, is_sentence } => scalar::one_line(scalar, *is_sentence, true),
        Sheet::Group { pieces, is_map, .. } => {
            let items: Vec<_> = pieces
                .iter()
                .map(|piece| match piece.key {
                    Some(key) => {
                        let key = scalar::one_line(key, piece.key_is_sentence, true);
                        format!("{key}: {}", one_line(&piece.value))
                    }
                    None => one_line(&piece.value),
                })
                .collect();
            match (items.is_empty(), is_map) {
                (true, true) => "{}".to_owned(),
                (_, true) => format!("{{ {} }}", items.join(", ")),
                (_, false) => format!("[{}]", items.join(", ")),
            }
        }
    }
}

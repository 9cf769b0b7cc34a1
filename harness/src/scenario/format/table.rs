//! The table of cases: columns below each other.

use unicode_width::UnicodeWidthStr;

use super::outline::{Outline, Piece, Role, Sheet};
use super::write::one_line;

/// The lines of a table with their slots, without indentation; `None` when it is no plain table.
pub(super) fn table(outline: &Outline<'_>, role: Role, pieces: &[Piece<'_>]) -> Option<Vec<(usize, String)>> {
    let [columns, rows] = pieces else { return None };
    let names = |piece: &Piece<'_>| piece.key.map(|key| key.text.as_str() == "columns");
    if role != Role::Cases || names(columns) != Some(true) || rows.key.is_none_or(|key| key.text != "rows") {
        return None;
    }
    let head = cells(outline, &columns.value)?;
    let Sheet::Group { number, pieces: items, flow: false, is_map: false, .. } = &rows.value else {
        return None;
    };
    if items.is_empty() || !outline.below(*number).is_empty() {
        return None;
    }
    let body: Vec<_> = items.iter().map(|item| cells(outline, &item.value)).collect::<Option<_>>()?;
    let all = || [&head].into_iter().chain(&body);
    let count = all().map(Vec::len).max().unwrap_or_default();
    let widths: Vec<_> = (0..count)
        .map(|column| all().filter_map(|row| row.get(column)).map(|cell| cell.width()).max())
        .collect();
    let line = |cells: &[String]| {
        let mut line = String::from("[");
        for (column, cell) in cells.iter().enumerate() {
            line.push_str(cell);
            if column + 1 < cells.len() {
                let padding = widths[column].unwrap_or_default().saturating_sub(cell.width());
                line.push_str(&format!(", {}", " ".repeat(padding)));
            }
        }
        line.push(']');
        line
    };
    const COLUMNS: &str = "columns: ";
    let mut lines =
        vec![(columns.slot, format!("{COLUMNS}{}", line(&head))), (rows.slot, "rows:".to_owned())];
    for (item, cells) in items.iter().zip(&body) {
        // The dash stands two deeper than the word above, the brackets stand below each other.
        lines.push((item.slot, format!("  -{}{}", " ".repeat(COLUMNS.len() - 3), line(cells))));
    }
    Some(lines)
}

/// The cells of a row.
fn cells(outline: &Outline<'_>, row: &Sheet<'_>) -> Option<Vec<String>> {
    match row {
        Sheet::Group { number, pieces, flow: true, is_map: false, .. } if !outline.is_commented(*number) => {
            Some(pieces.iter().map(|piece| one_line(&piece.value)).collect())
        }
        _ => None,
    }
}

//! The reference page of events and fields, in Markdown.

use std::fmt::Write as _;

use super::{EventRow, FieldKind, Observed, StepMoment, Stream};

/// The page `docs/` shows: every stream with its events, their fields and what values these have.
#[must_use]
pub fn reference() -> String {
    let mut page = String::from("# Events and fields\n");
    for stream in Stream::ALL {
        let rows = Observed::ALL
            .iter()
            .map(|event| (String::new(), event.row()))
            .chain(StepMoment::ALL.iter().map(|moment| ("ID.".to_owned(), moment.row())))
            .filter(|(_, row)| row.stream == stream);
        let _ = write!(page, "\n## {stream}\n\n| event | says |\n|---|---|\n");
        for (prefix, row) in rows {
            let _ = writeln!(page, "| `{prefix}{}` | {} |", row.word, says(row));
        }
    }
    page
}

fn says(row: &EventRow) -> String {
    let mut says = row.doc.trim().to_owned();
    for field in row.fields {
        let _ = write!(says, "<br>`{}`: {} {}", field.name, field.doc, values(field.kind));
    }
    says
}

fn values(kind: FieldKind) -> String {
    match kind {
        FieldKind::Text => "Text.".to_owned(),
        FieldKind::Words(words) => format!("`{}`.", words.join("`, `")),
        FieldKind::Bool => "`true` or `false`.".to_owned(),
        FieldKind::Number => "A number.".to_owned(),
        FieldKind::Level => "A level such as `-20dB`.".to_owned(),
        FieldKind::Measure => "A duration such as `300ms`, or a number.".to_owned(),
        FieldKind::Json => "Entered by a path such as `messages.-1.content`; `-1` is the last.".to_owned(),
        FieldKind::Headers => "Entered by name, such as `header.X-Request-Id`.".to_owned(),
    }
}

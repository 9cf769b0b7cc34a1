//! The reference page of events and fields, in Markdown.

use std::fmt::Write as _;

use super::{EventRow, FieldKind, Observed, StepMoment, Stream};

const HEAD: &str = "# Events and fields

Every event a sentence can name, by the stream it belongs to in `nothing_else`. Below an event stand its fields, for tests behind
`where`. `ID` is the name of a step. How sentences are made of them is said in [the scenario language](scenarios.md).
";

/// The page `docs/events.md`: every stream with its events, their fields and what values these have.
#[must_use]
pub fn reference() -> String {
    let mut page = String::from(HEAD);
    for stream in Stream::ALL {
        let observed = Observed::ALL.iter().map(|event| ("", event.row()));
        let moments = StepMoment::ALL.iter().map(|moment| ("ID.", moment.row()));
        let _ = write!(page, "\n## `{stream}`\n\n");
        for (prefix, row) in observed.chain(moments).filter(|(_, row)| row.stream == stream) {
            let _ = writeln!(page, "- `{prefix}{}`: {}", row.word, row.doc.trim());
            fields(&mut page, row);
        }
    }
    page
}

fn fields(page: &mut String, row: &EventRow) {
    for field in row.fields {
        let _ = writeln!(page, "  - `{}` ({}): {}", field.name, values(field.kind), field.doc);
    }
}

fn values(kind: FieldKind) -> String {
    match kind {
        FieldKind::Text => "text".to_owned(),
        FieldKind::Words(words) => format!("`{}`", words.join("`, `")),
        FieldKind::Bool => "`true`, `false`".to_owned(),
        FieldKind::Number => "number".to_owned(),
        FieldKind::Level => "level such as `-20dB`".to_owned(),
        FieldKind::Measure => "duration such as `300ms`, or number".to_owned(),
        FieldKind::Json => "entered by a path".to_owned(),
        FieldKind::Headers => "entered by the header's name".to_owned(),
    }
}

//! Tests of fields: `messages.-1.content contains 你好`.

use bargein_wire::units::Dur;

use super::event::event_name;
use super::parse::{Words, is_keyword};
use super::token::TokenKind;
use super::{EventName, FieldPath, Literal, Op, Pattern, Quote, Segment, SentenceError, Test};
use crate::scenario::decode::level;
use crate::scenario::nearest::{advice, nearest};
use crate::timeline::Event;
use crate::vocabulary::{Field, FieldKind};

/// The test that comes next, of a field of `event`.
pub(super) fn test(words: &mut Words<'_>, event: &EventName) -> Result<Test, SentenceError> {
    let (field, path) = field(words, event)?;
    let kind = field.kind;
    let ordered = matches!(kind, FieldKind::Number | FieldKind::Level | FieldKind::Measure | FieldKind::Json);
    let textual = matches!(kind, FieldKind::Text | FieldKind::Json | FieldKind::Headers);
    let refuse = |words: &Words<'_>, what: &str| {
        words.wrong_before(format!("`{}` of `{}` cannot be {what}", field.name, event.event), None)
    };
    let op = if words.take("=") {
        Op::Equals(literal(words, field, &event.event)?)
    } else if words.take("!=") {
        Op::DiffersFromValue(literal(words, field, &event.event)?)
    } else if words.take("<") {
        if !ordered {
            return Err(refuse(words, "compared by size"));
        }
        Op::Less(literal(words, field, &event.event)?)
    } else if words.take(">") {
        if !ordered {
            return Err(refuse(words, "compared by size"));
        }
        Op::More(literal(words, field, &event.event)?)
    } else if words.take("contains") {
        if !textual {
            return Err(refuse(words, "searched for a text"));
        }
        Op::Contains(text(words)?)
    } else if words.take("matches") {
        if !textual {
            return Err(refuse(words, "searched for a text"));
        }
        let pattern = Pattern::new(&text(words)?);
        Op::Matches(pattern.map_err(|error| words.wrong_before(error.to_string(), None))?)
    } else if words.take("same") {
        words.expect("as")?;
        Op::SameAs(other_event(words, &path, "=")?)
    } else if words.take("differs") {
        words.expect("from")?;
        Op::DiffersFrom(other_event(words, &path, "!=")?)
    } else if words.take("is") {
        for part in ["spoken", "part", "of"] {
            words.expect(part)?;
        }
        if !textual {
            return Err(words.wrong_before(format!("`{path}` is no text"), None));
        }
        Op::IsSpokenPartOf(quote(words)?)
    } else {
        let help = "= != < > contains, matches, same as, differs from, is spoken part of";
        return Err(words.wrong("expected a comparison", Some(format!("one of {help}"))));
    };
    Ok(Test { field: path, op })
}

fn field(words: &mut Words<'_>, event: &EventName) -> Result<(&'static Field, FieldPath), SentenceError> {
    let Some(word) = words.word() else { return Err(words.wrong("expected a field", None)) };
    let path = path(word);
    let row = event.event.row();
    let Some(field) = row.field(&path.name) else {
        let known: Vec<_> = row.fields.iter().map(|field| field.name).collect();
        let help =
            if known.is_empty() { Some("it has no fields".to_owned()) } else { advice(&path.name, &known) };
        return Err(words.wrong(format!("`{}` has no field `{}`", event.event, path.name), help));
    };
    let fits = match field.kind {
        FieldKind::Json => true,
        FieldKind::Headers => matches!(path.rest.as_slice(), [Segment::Key(_)]),
        _ => path.rest.is_empty(),
    };
    if !fits {
        let message = match field.kind {
            FieldKind::Headers => format!("expected the name of one header behind `{}.`", field.name),
            _ => format!("nothing lies below `{}` of `{}`", field.name, event.event),
        };
        return Err(words.wrong(message, None));
    }
    words.skip();
    Ok((field, path))
}

fn path(word: &str) -> FieldPath {
    let mut segments = word.split('.');
    let name = segments.next().unwrap_or_default().to_owned();
    let rest = segments
        .map(|segment| segment.parse().map_or_else(|_| Segment::Key(segment.to_owned()), Segment::Index))
        .collect();
    FieldPath { name, rest }
}

/// A value behind a comparison, as the field's kind asks for it.
fn literal(words: &mut Words<'_>, field: &Field, event: &Event) -> Result<Literal, SentenceError> {
    let quoted = matches!(words.peek(), Some(TokenKind::Quoted(_)));
    let text = text(words)?;
    let number = || text.parse::<f64>().ok().filter(|number| number.is_finite()).map(Literal::Number);
    let truth = || text.parse().ok().map(Literal::Bool);
    let duration = || text.parse::<Dur>().map(|duration| Literal::Duration(duration.into()));
    let found = match field.kind {
        FieldKind::Text | FieldKind::Headers => Ok(Literal::Text(text.clone())),
        FieldKind::Json if quoted => Ok(Literal::Text(text.clone())),
        FieldKind::Json => Ok(truth().or_else(number).unwrap_or_else(|| Literal::Text(text.clone()))),
        FieldKind::Words(known) if known.contains(&text.as_str()) => Ok(Literal::Text(text.clone())),
        FieldKind::Words(known) => {
            let help = nearest(&text, known.iter().copied()).map_or_else(
                || format!("one of {}", known.join(", ")),
                |name| format!("did you mean `{name}`?"),
            );
            let message = format!("`{}` of `{event}` is never `{text}`", field.name);
            return Err(words.wrong_before(message, Some(help)));
        }
        FieldKind::Bool => truth().ok_or_else(|| format!("expected true or false, got `{text}`")),
        FieldKind::Number => number().ok_or_else(|| format!("expected a number, got `{text}`")),
        FieldKind::Level => level(&text)
            .map(Literal::Level)
            .ok_or_else(|| format!("expected a level such as `-20dB`, got `{text}`")),
        FieldKind::Measure => number().map_or_else(|| duration().map_err(|error| error.to_string()), Ok),
    };
    found.map_err(|message| words.wrong_before(message, None))
}

/// Metrics are durations, but for those that count. Says what is wrong with a comparison of `value`.
pub(super) fn check_measures(tests: &[Test]) -> Result<(), String> {
    let name = tests.iter().find_map(|test| match &test.op {
        Op::Equals(Literal::Text(name)) if test.field.name == "name" => Some(name.as_str()),
        _ => None,
    });
    let Some(name) = name else { return Ok(()) };
    let counts = matches!(name, "tts_discontinuity" | "interruption");
    let literals = tests.iter().filter(|test| test.field.name == "value").filter_map(|test| match &test.op {
        Op::Equals(literal) | Op::DiffersFromValue(literal) | Op::Less(literal) | Op::More(literal) => {
            Some(literal)
        }
        _ => None,
    });
    for literal in literals {
        match literal {
            Literal::Number(number) if !counts => {
                return Err(format!("`{name}` is a duration: write `{number}ms` or `{number}s`"));
            }
            Literal::Duration(_) if counts => {
                return Err(format!("`{name}` is a count: a number without a unit"));
            }
            _ => {}
        }
    }
    Ok(())
}

/// A word or a quoted text.
fn text(words: &mut Words<'_>) -> Result<String, SentenceError> {
    let text = match words.peek() {
        Some(TokenKind::Word(word)) if is_keyword(word) => {
            let message = format!("expected a value, got the keyword `{word}`");
            let help = format!("as a value it stands in double quotes: \"{word}\"");
            return Err(words.wrong(message, Some(help)));
        }
        Some(TokenKind::Word(text) | TokenKind::Quoted(text)) => text.clone(),
        Some(TokenKind::Sign(_)) | None => {
            let help = "a text with signs or spaces stands in double quotes";
            return Err(words.wrong("expected a value", Some(help.to_owned())));
        }
    };
    words.skip();
    Ok(text)
}

fn other_event(words: &mut Words<'_>, path: &FieldPath, instead: &str) -> Result<EventName, SentenceError> {
    if let Some(TokenKind::Quoted(_)) = words.peek() {
        let help = format!("a value is compared by `{instead}`");
        return Err(words.wrong("expected an event to compare with", Some(help)));
    }
    let other = event_name(words)?;
    if other.event.row().field(&path.name).is_none() {
        return Err(words.wrong_before(format!("`{}` has no field `{}`", other.event, path.name), None));
    }
    Ok(other)
}

fn quote(words: &mut Words<'_>) -> Result<Quote, SentenceError> {
    match words.peek() {
        Some(TokenKind::Word(file)) => {
            let text = (words.around.text_file)(file).map_err(|message| {
                let help = "a bare word is the name of a file; a text itself stands in double quotes";
                words.wrong(message, Some(help.to_owned()))
            })?;
            words.skip();
            Ok(Quote { file: Some(file.clone()), text: text.trim().into() })
        }
        _ => Ok(Quote { file: None, text: text(words)?.trim().into() }),
    }
}

//! What is wrong with a file, shown with the line and a caret.

use std::fmt;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use super::source::{Place, Source};

/// One mistake in one file.
///
/// Prints as plain text with the line and a caret; [`Diagnostic::render`] does so with colours.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// The file.
    pub source: Arc<Source>,
    /// Where.
    pub place: Place,
    /// What is wrong: lower case, no full stop, what was expected and what was got.
    pub message: String,
    /// A few words behind the caret; may be empty.
    pub label: String,
    /// What to do about it, such as the nearest known name.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A mistake at a place.
    #[must_use]
    pub fn new(source: &Arc<Source>, place: Place, message: impl Into<String>) -> Self {
        Self { source: Arc::clone(source), place, message: message.into(), label: String::new(), help: None }
    }

    /// The same with words behind the caret.
    #[must_use]
    pub fn with_label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// The same with advice.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The text a terminal shows, without a final line break.
    #[must_use]
    pub fn render(&self, renderer: &Renderer) -> String {
        let mut caret = AnnotationKind::Primary.span(self.place.start..self.place.end);
        if !self.label.is_empty() {
            caret = caret.label(self.label.as_str());
        }
        let snippet = Snippet::source(self.source.text()).path(self.source.name()).annotation(caret);
        let mut group = Level::ERROR.primary_title(self.message.as_str()).element(snippet);
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        renderer.render(&[group])
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(&Renderer::plain()))
    }
}

/// Everything that is wrong with a file, in the order of its lines. Never empty as an error.
#[derive(Clone, PartialEq, Eq, Debug, Default, thiserror::Error)]
#[error("{}", .0.iter().map(Diagnostic::to_string).collect::<Vec<_>>().join("\n\n"))]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl Diagnostics {
    /// One mistake for each place, the first that was found, in the order of the file: the rows of a table repeat
    /// each other's, and a value of a kind that no scenario has is no word of any list either.
    pub(super) fn of(mut found: Vec<Diagnostic>) -> Self {
        found.sort_by_key(|diagnostic| diagnostic.place);
        let mut all: Vec<Diagnostic> = Vec::new();
        for diagnostic in found {
            if all.last().is_none_or(|last| last.place != diagnostic.place) {
                all.push(diagnostic);
            }
        }
        Self(all)
    }

    /// The text a terminal shows, without a final line break.
    #[must_use]
    pub fn render(&self, renderer: &Renderer) -> String {
        self.0.iter().map(|diagnostic| diagnostic.render(renderer)).collect::<Vec<_>>().join("\n\n")
    }
}

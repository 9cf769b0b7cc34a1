//! Events of the YAML parser into a tree.

use std::sync::Arc;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use super::node::{Entry, Node, NodeKind, Scalar, Style};
use super::plain::Plain;
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::source::{Place, Source};

/// The longest file that is read.
pub(in crate::scenario) const MAX_BYTES: usize = 1 << 20;
/// How deep lists and maps may be nested.
const MAX_DEPTH: usize = 32;

const NO_ALIASES: &str = "aliases are not part of scenarios";
const INSTEAD_OF_ALIASES: &str = "write the value out; for many similar runs there is `cases`; a text that begins with `*` stands in quotes";

/// Reads a file. `None` when there is nothing that could be looked into further; then something was reported.
pub(in crate::scenario) fn read(source: &Arc<Source>, found: &mut Vec<Diagnostic>) -> Option<Node> {
    let mut reading = Reading::new(source, found);
    for event in Parser::new_from_str(source.text()) {
        match event {
            Ok((event, span)) => reading.on(event, span)?,
            Err(error) => {
                let place = reading.place_at(error.marker().index());
                if source.at(place) == "*" {
                    reading.refuse(place, NO_ALIASES, Some(INSTEAD_OF_ALIASES.to_owned()));
                } else {
                    reading.refuse(place, format!("not YAML: {}", error.info()), None);
                }
                return None;
            }
        }
    }
    if reading.root.is_none() {
        let place = source.place(0..0);
        reading.refuse(place, "the file is empty", Some("a scenario begins with `version: 1`".to_owned()));
    }
    reading.root
}

/// A list or map that is not complete yet.
struct Open {
    start: Place,
    flow: bool,
    kind: OpenKind,
}

enum OpenKind {
    List(Vec<Node>),
    Map { entries: Vec<Entry>, key: Option<Key> },
}

/// A key whose value comes next.
enum Key {
    Good(Scalar),
    /// Reported already; its value is read and thrown away.
    Bad,
}

struct Reading<'a> {
    source: &'a Arc<Source>,
    found: &'a mut Vec<Diagnostic>,
    /// Byte of each character, and of the end.
    bytes: Vec<usize>,
    open: Vec<Open>,
    root: Option<Node>,
    documents: usize,
}

impl<'a> Reading<'a> {
    fn new(source: &'a Arc<Source>, found: &'a mut Vec<Diagnostic>) -> Self {
        let text = source.text();
        let bytes = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        Self { source, found, bytes, open: Vec::new(), root: None, documents: 0 }
    }

    /// Takes one event. `None` when reading on makes no sense.
    fn on(&mut self, event: Event<'_>, span: Span) -> Option<()> {
        let place = self.place(span);
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    self.refuse(place, "a second document: a file holds one scenario", None);
                    return None;
                }
            }
            Event::Alias(_) => {
                self.refuse(place, NO_ALIASES, Some(INSTEAD_OF_ALIASES.to_owned()));
                self.put(Node { place, kind: NodeKind::List { items: Vec::new(), flow: true } }, true);
            }
            Event::Scalar(text, style, anchor, tag) => {
                let marked = self.refuse_marks(place, anchor, tag.is_some());
                let style = style_of(style);
                let place = if style == Style::Block { place } else { self.trimmed(place) };
                let scalar = Scalar::new(text.into_owned(), style, place, self.source.text());
                self.put(Node { place, kind: NodeKind::Scalar(scalar) }, marked);
            }
            Event::SequenceStart(anchor, tag) => {
                self.refuse_marks(place, anchor, tag.is_some());
                self.start(place, OpenKind::List(Vec::new()))?;
            }
            Event::MappingStart(anchor, tag) => {
                self.refuse_marks(place, anchor, tag.is_some());
                self.start(place, OpenKind::Map { entries: Vec::new(), key: None })?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(place),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        Some(())
    }

    fn start(&mut self, place: Place, kind: OpenKind) -> Option<()> {
        if self.open.len() == MAX_DEPTH {
            self.refuse(place, format!("nested deeper than {MAX_DEPTH} levels"), None);
            return None;
        }
        // A block has no opening mark.
        let flow = place.length > 0;
        self.open.push(Open { start: place, flow, kind });
        Some(())
    }

    fn end(&mut self, place: Place) {
        let Some(open) = self.open.pop() else { return };
        let last = match &open.kind {
            OpenKind::List(items) => items.last().map(|item| item.place.end),
            OpenKind::Map { entries, .. } => entries.last().map(|entry| entry.value.place.end),
        };
        // A block ends where its last item does, not where the next token begins; what is in braces or brackets ends
        // with one character, whatever the parser takes with it.
        let end = if open.flow { place.start + 1 } else { last.unwrap_or(open.start.end) };
        let place = self.source.place(open.start.start..end);
        let kind = match open.kind {
            OpenKind::List(items) => NodeKind::List { items, flow: open.flow },
            OpenKind::Map { entries, .. } => NodeKind::Map { entries, flow: open.flow },
        };
        self.put(Node { place, kind }, false);
    }

    /// Puts a complete node where it belongs: a key, a value, an item or the root. `refused`: it was reported.
    fn put(&mut self, node: Node, refused: bool) {
        let Some(mut parent) = self.open.pop() else {
            self.refuse_scalar(&node, refused);
            self.root = Some(node);
            return;
        };
        match &mut parent.kind {
            OpenKind::List(items) => {
                self.refuse_scalar(&node, refused);
                items.push(node);
            }
            OpenKind::Map { entries, key } => match key.take() {
                None => *key = Some(self.key(node, entries, refused)),
                Some(Key::Good(key)) if is_absent(&node) => {
                    let help = "give it one, or leave the key out";
                    let message = format!("`{}` has no value", key.text);
                    self.refuse(key.place, message, Some(help.to_owned()));
                }
                Some(Key::Good(key)) => {
                    self.refuse_scalar(&node, refused);
                    entries.push(Entry { key, value: node });
                }
                Some(Key::Bad) => {}
            },
        }
        self.open.push(parent);
    }

    fn key(&mut self, node: Node, before: &[Entry], refused: bool) -> Key {
        let place = node.place;
        let NodeKind::Scalar(key) = node.kind else {
            if !refused {
                self.refuse(place, "a key is a single word or text", None);
            }
            return Key::Bad;
        };
        if key.text == "<<" && key.style == Style::Plain {
            self.refuse(place, "merge keys are not part of scenarios", Some("write the keys out".to_owned()));
            return Key::Bad;
        }
        if let Some(first) = before.iter().find(|entry| entry.key.text == key.text) {
            let message = format!("`{}` stands here twice", key.text);
            let help = format!("the first is in line {}", first.key.place.line);
            self.refuse(place, message, Some(help));
            return Key::Bad;
        }
        if key.text.is_empty() {
            self.refuse(place, "a key is missing", None);
            return Key::Bad;
        }
        Key::Good(key)
    }

    /// Refuses a plain scalar of a kind that scenarios do not have.
    fn refuse_scalar(&mut self, node: &Node, refused: bool) {
        let Some(scalar) = node.as_scalar() else { return };
        if refused || scalar.style != Style::Plain {
            return;
        }
        if let Plain::Refused { what, help } = Plain::of(&scalar.text) {
            let message = format!("`{}` is {what}", scalar.text);
            self.refuse(node.place, message, Some(help));
        }
    }

    fn refuse_marks(&mut self, place: Place, anchor: usize, tag: bool) -> bool {
        if anchor != 0 {
            let help = "write the value out where it is needed";
            self.refuse(place, "anchors are not part of scenarios", Some(help.to_owned()));
        }
        if tag {
            let help = "put a text in quotes instead";
            self.refuse(place, "tags are not part of scenarios", Some(help.to_owned()));
        }
        anchor != 0 || tag
    }

    fn refuse(&mut self, place: Place, message: impl Into<String>, help: Option<String>) {
        let diagnostic = Diagnostic::new(self.source, place, message);
        self.found.push(match help {
            Some(help) => diagnostic.with_help(help),
            None => diagnostic,
        });
    }

    fn place(&self, span: Span) -> Place {
        self.source.place(self.byte(span.start.index())..self.byte(span.end.index()))
    }

    fn place_at(&self, index: usize) -> Place {
        self.source.place(self.byte(index)..self.byte(index + 1))
    }

    /// Without white space and line breaks at the end.
    fn trimmed(&self, place: Place) -> Place {
        let text = self.source.at(place);
        self.source.place(place.start..place.start + text.trim_end().len())
    }

    fn byte(&self, index: usize) -> usize {
        self.bytes.get(index).or_else(|| self.bytes.last()).copied().unwrap_or_default()
    }
}

/// Whether nothing stands where a value should.
fn is_absent(node: &Node) -> bool {
    node.as_scalar().is_some_and(|scalar| scalar.style == Style::Plain && scalar.text.is_empty())
}

const fn style_of(style: ScalarStyle) -> Style {
    match style {
        ScalarStyle::Plain => Style::Plain,
        ScalarStyle::SingleQuoted => Style::Single,
        ScalarStyle::DoubleQuoted => Style::Double,
        ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
    }
}

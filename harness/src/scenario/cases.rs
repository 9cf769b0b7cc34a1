//! The table of cases: each row makes a run of its own, `$column` replaced.

use super::decode::Decoder;
use super::nearest::advice;
use super::yaml::{Entry, Node, NodeKind, Scalar};

/// The keys whose columns say what is expected, not what is done: they do not tell one case from another.
const EXPECTING: [&str; 6] = ["expect", "order", "never", "count", "nothing_else", "limit"];

/// The table of a scenario.
pub(super) struct Table<'n> {
    columns: Vec<&'n Scalar>,
    rows: Vec<&'n [Node]>,
}

impl<'n> Table<'n> {
    /// Reads the value of `cases`.
    pub(super) fn read(decoder: &mut Decoder<'_>, node: &'n Node) -> Option<Self> {
        let keys = decoder.keys(node, "a table of cases", &["columns", "rows"])?;
        let (Some(columns), Some(rows)) = (keys.get("columns"), keys.get("rows")) else {
            decoder.lacks(&keys, "a table of cases has `columns` and `rows`", None);
            return None;
        };
        let columns = decoder.list(columns, "of names")?;
        let columns: Vec<_> = columns.iter().filter_map(|column| decoder.scalar(column, "a name")).collect();
        let mut names: Vec<&str> = Vec::new();
        for column in &columns {
            let name = column.text.as_str();
            if reference(&format!("${name}")).is_none_or(|found| found != name) {
                let help = "a letter, then letters, digits and `_`";
                decoder.refuse(column.place, format!("`{name}` cannot name a column"), Some(help.to_owned()));
            } else if names.contains(&name) {
                decoder.refuse(column.place, format!("there are two columns `{name}`"), None);
            }
            names.push(name);
        }
        let mut table = Self { columns, rows: Vec::new() };
        let items = decoder.list(rows, "of rows")?;
        if items.is_empty() {
            decoder.refuse(rows.place, "a table of cases has at least one row", None);
        }
        for row in items {
            let Some(cells) = decoder.list(row, "a value for each column") else { continue };
            if cells.len() != table.columns.len() {
                let message =
                    format!("expected {} values, one for each column, got {}", names.len(), cells.len());
                decoder.refuse(row.place, message, None);
            }
            for cell in cells.iter().filter(|cell| cell.as_scalar().is_none()) {
                decoder.refuse(cell.place, format!("a cell is a single value, not {}", cell.what()), None);
            }
            table.rows.push(cells);
        }
        Some(table)
    }

    /// The title and the tree of each case.
    pub(super) fn expand(&self, decoder: &mut Decoder<'_>, root: &Node) -> Vec<(String, Node)> {
        let mut done = vec![false; self.columns.len()];
        let trees: Vec<_> = self
            .rows
            .iter()
            .map(|row| Row { table: self, cells: row, done: &mut done, decoder }.tree(root))
            .collect();
        let mut titles: Vec<_> = self.rows.iter().map(|row| title(row, &done)).collect();
        let tell_apart = titles.iter().enumerate().all(|(at, title)| !titles[..at].contains(title));
        if !tell_apart {
            titles = self.rows.iter().map(|row| title(row, &vec![true; row.len()])).collect();
        }
        titles.into_iter().zip(trees).collect()
    }
}

/// The cells of a row that `shown` chooses: `[high, medium, enqueue]`.
fn title(row: &[Node], shown: &[bool]) -> String {
    let cells: Vec<_> = row
        .iter()
        .zip(shown)
        .filter(|(_, shown)| **shown)
        .filter_map(|(cell, _)| cell.as_scalar().map(|scalar| scalar.text.as_str()))
        .collect();
    format!("[{}]", cells.join(", "))
}

/// Replaces one row's values in a tree.
struct Row<'t, 'n, 'd, 'a> {
    table: &'t Table<'n>,
    cells: &'n [Node],
    /// The columns that something outside the expectations uses.
    done: &'d mut Vec<bool>,
    decoder: &'d mut Decoder<'a>,
}

impl Row<'_, '_, '_, '_> {
    /// The tree of the whole file, its table left as it is.
    fn tree(&mut self, root: &Node) -> Node {
        let NodeKind::Map { entries, flow } = &root.kind else { return root.clone() };
        let entries = entries.iter().map(|entry| match entry.key.text.as_str() {
            "cases" | "version" | "name" | "about" => entry.clone(),
            key => self.entry(entry, !EXPECTING.contains(&key)),
        });
        Node { place: root.place, kind: NodeKind::Map { entries: entries.collect(), flow: *flow } }
    }

    fn entry(&mut self, entry: &Entry, does: bool) -> Entry {
        Entry { key: self.scalar(&entry.key, does), value: self.node(&entry.value, does) }
    }

    fn node(&mut self, node: &Node, does: bool) -> Node {
        let kind = match &node.kind {
            NodeKind::Scalar(scalar) => {
                let scalar = self.scalar(scalar, does);
                return Node { place: scalar.place, kind: NodeKind::Scalar(scalar) };
            }
            NodeKind::List { items, flow } => NodeKind::List {
                items: items.iter().map(|item| self.node(item, does)).collect(),
                flow: *flow,
            },
            NodeKind::Map { entries, flow } => NodeKind::Map {
                entries: entries.iter().map(|entry| self.entry(entry, does)).collect(),
                flow: *flow,
            },
        };
        Node { place: node.place, kind }
    }

    fn scalar(&mut self, scalar: &Scalar, does: bool) -> Scalar {
        let mut replaced = scalar.clone();
        let mut from = 0;
        while let Some(at) = replaced.text[from..].find('$').map(|at| from + at) {
            from = at + 1;
            let Some(name) = reference(&replaced.text[at..]).map(str::to_owned) else { continue };
            let part = at..at + 1 + name.len();
            let Some(column) = self.table.columns.iter().position(|column| column.text == name) else {
                let known: Vec<_> = self.table.columns.iter().map(|column| column.text.as_str()).collect();
                let place = self.decoder.source.place(replaced.bytes_of(part));
                self.decoder.refuse(place, format!("there is no column `{name}`"), advice(&name, &known));
                continue;
            };
            let Some(cell) = self.cells.get(column).and_then(Node::as_scalar) else { continue };
            if does {
                self.done[column] = true;
            }
            replaced.replace(part, cell);
            from = at + cell.text.len();
        }
        replaced
    }
}

/// The name behind a `$` at the start of a text.
fn reference(text: &str) -> Option<&str> {
    let name = text.strip_prefix('$')?;
    let end = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(name.len());
    Some(&name[..end]).filter(|name| name.starts_with(|c: char| c.is_ascii_alphabetic()))
}

//! Rules about files that are not Rust: manifests, scenarios, fixtures, documents.

use std::collections::BTreeSet;

use crate::Finding;

/// Fields every crate takes from the workspace.
const INHERITED: &[&str] = &["version", "edition", "rust-version", "license", "repository", "publish"];

/// Folders that exist on somebody's machine only.
const MACHINE_FOLDERS: &[&str] = &["work", "root", "tmp", "home", "Users"];

/// A crate's manifest says only what is the crate's own: the rest is inherited from the workspace.
pub(crate) fn manifest(text: &str) -> Vec<Finding> {
    let lines: BTreeSet<&str> = text.lines().map(str::trim).collect();
    let missing =
        INHERITED.iter().filter(|field| !lines.contains(format!("{field}.workspace = true").as_str()));
    let mut found: Vec<Finding> =
        missing.map(|field| Finding::new(1, format!("`{field}.workspace = true` is missing"))).collect();
    let mut section = "";
    let mut has_lints = false;
    for (number, line) in text.lines().map(str::trim).enumerate() {
        if line.starts_with('[') {
            section = line;
        } else if section == "[lints]" {
            has_lints |= line == "workspace = true";
        } else if section.ends_with("dependencies]") && line.contains('=') && !line.starts_with('#') {
            let is_inherited = line.contains("workspace = true");
            if !is_inherited {
                found.push(Finding::new(
                    number + 1,
                    format!("`{line}` is not from the workspace's one table"),
                ));
            }
        }
    }
    if !has_lints {
        found.push(Finding::new(1, "`[lints] workspace = true` is missing".to_owned()));
    }
    found
}

/// No file knows the machine it was written on.
pub(crate) fn machine_paths(text: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        for folder in MACHINE_FOLDERS {
            let path = format!("/{folder}");
            let is_absolute = line.match_indices(&path).any(|(at, _)| {
                let before = line[..at].chars().next_back();
                let after = line[at + path.len()..].chars().next();
                let starts = before.is_none_or(|c| !c.is_alphanumeric() && !"./_-~}*$:>".contains(c));
                starts && after.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != '-')
            });
            if is_absolute {
                found.push(Finding::new(number + 1, format!("a path of one machine, `{path}`")));
            }
        }
    }
    found
}

/// A scenario stands in `scenarios/<theme>/<behaviour>.yaml`, both in snake case.
pub(crate) fn scenario_place(path: &str) -> Vec<Finding> {
    let Some(place) = path.strip_prefix("scenarios/") else { return Vec::new() };
    let is_snake = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.chars().all(|c| c == '_' || c.is_ascii_lowercase() || c.is_ascii_digit())
    };
    let is_placed = match place.split('/').collect::<Vec<_>>().as_slice() {
        ["README.md"] => true,
        [theme, file] => is_snake(theme) && file.strip_suffix(".yaml").is_some_and(is_snake),
        _ => false,
    };
    if is_placed { Vec::new() } else { vec![Finding::new(0, "is not `<theme>/<behaviour>.yaml`".to_owned())] }
}

/// Every vendor's byte fixtures say where they come from, in a `SOURCE.md` beside them.
pub(crate) fn fixture_sources(files: &[String]) -> Vec<Finding> {
    let vendors: BTreeSet<&str> = files
        .iter()
        .filter_map(|file| file.strip_prefix("fixtures/wire/"))
        .filter_map(|file| file.split_once('/').map(|(vendor, _)| vendor))
        .collect();
    let sources = |vendor: &&str| !files.contains(&format!("fixtures/wire/{vendor}/SOURCE.md"));
    let unsourced = vendors.into_iter().filter(sources);
    unsourced.map(|vendor| Finding::new(0, format!("fixtures/wire/{vendor} has no SOURCE.md"))).collect()
}

/// A relative link of a document leads to a file or folder of the project.
pub(crate) fn links(path: &str, text: &str, exists: impl Fn(&str) -> bool) -> Vec<Finding> {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        for target in line.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = target.split('#').next().unwrap_or_default();
            if file.is_empty() || file.contains(':') {
                continue;
            }
            if !exists(&resolve(folder, file)) {
                found.push(Finding::new(number + 1, format!("the link `{target}` leads nowhere")));
            }
        }
    }
    found
}

/// `file` as seen from `folder`, without `.` and `..`.
fn resolve(folder: &str, file: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(file.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(found: &[Finding]) -> Vec<usize> {
        found.iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn a_manifest_of_its_own_mind_is_found() {
        let inherited: String = INHERITED.iter().map(|field| format!("{field}.workspace = true\n")).collect();
        let good =
            format!("{inherited}[lints]\nworkspace = true\n[dependencies]\nserde = {{ workspace = true }}\n");
        assert_eq!(lines(&manifest(&good)), [0; 0]);
        assert_eq!(lines(&manifest(&good.replace("{ workspace = true }", "\"1\""))), [10]);
        assert_eq!(lines(&manifest(&good.replace("edition.workspace = true", "edition = \"2021\""))), [1]);
        assert_eq!(lines(&manifest(&good.replace("[lints]\nworkspace = true\n", ""))), [1]);
    }

    #[test]
    fn paths_of_a_machine_are_found() {
        let bad = ["cd /{}/x", "file = \"/{}/x\"", "(/{})"];
        let good = ["https://example.com/{}/x", "our/{}/x", "../{}", "$DIR/{}", "/{}er"];
        for folder in MACHINE_FOLDERS {
            for text in bad {
                assert_eq!(lines(&machine_paths(&text.replace("{}", folder))), [1], "{folder}: {text}");
            }
            for text in good {
                assert_eq!(lines(&machine_paths(&text.replace("{}", folder))), [0; 0], "{folder}: {text}");
            }
        }
    }

    #[test]
    fn a_scenario_in_the_wrong_place_is_found() {
        for path in [
            "scenarios/a.yaml",
            "scenarios/A/b.yaml",
            "scenarios/a/b-c.yaml",
            "scenarios/a/b/c.yaml",
            "scenarios/a/b.yml",
        ] {
            assert_eq!(scenario_place(path).len(), 1, "{path}");
        }
        for path in ["scenarios/limits/llm_429.yaml", "scenarios/README.md", "docs/a.md"] {
            assert_eq!(scenario_place(path).len(), 0, "{path}");
        }
    }

    #[test]
    fn fixtures_without_a_source_are_found() {
        let files =
            ["fixtures/wire/a/x.sse", "fixtures/wire/b/y.hex", "fixtures/wire/b/SOURCE.md"].map(String::from);
        let found: Vec<String> = fixture_sources(&files).into_iter().map(|finding| finding.what).collect();
        assert_eq!(found, ["fixtures/wire/a has no SOURCE.md"]);
    }

    #[test]
    fn a_link_to_nothing_is_found() {
        let exists = |path: &str| path == "docs/src/a.md";
        let text = "[a](a.md) [b](./../src/a.md#part) [c](https://c) [d](#d)\n[e](e.md)\n";
        assert_eq!(lines(&links("docs/src/index.md", text, exists)), [2]);
    }
}

//! The examples of the documents are scenarios that load.
//!
//! An example is a block of YAML in the README or the book. One that begins with a list is taken for steps; one that
//! begins with an expectation goes on with the example before it; any other that is not whole gets a head.

use std::io;
use std::path::Path;

use bargein::scenario::{FixtureFolders, Scenario};

const HEAD: &str = "version: 1\nname: an example\n";

#[test]
fn examples_of_the_documents_load() -> io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let fixtures = FixtureFolders::near(&root.join("scenarios/theme/example.yaml"));
    let pages =
        ["README.md", "docs/scenarios.md", "docs/add-a-scenario.md", "docs/add-a-vendor.md", "docs/mock.md"];
    let mut loaded = 0;
    for page in pages {
        for example in whole(&blocks(&std::fs::read_to_string(root.join(page))?)) {
            if let Err(wrong) = Scenario::read(page, example.as_bytes(), &fixtures) {
                panic!("{page}: {wrong}\n{example}");
            }
            loaded += 1;
        }
    }
    assert!(loaded >= 5, "{loaded} examples found");
    Ok(())
}

/// The blocks of YAML of a page, without the indentation of a list they stand in.
fn blocks(page: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for line in page.lines() {
        let fence = line.trim_start();
        match &mut open {
            None if fence == "```yaml" => open = Some((line.len() - fence.len(), String::new())),
            None => {}
            Some(_) if fence == "```" => blocks.extend(open.take().map(|(_, block)| block)),
            Some((indent, block)) => {
                block.push_str(line.get(*indent..).unwrap_or_default());
                block.push('\n');
            }
        }
    }
    blocks
}

/// The blocks as whole scenarios.
fn whole(blocks: &[String]) -> Vec<String> {
    let mut scenarios: Vec<String> = Vec::new();
    for block in blocks {
        match scenarios.last_mut() {
            Some(before) if block.starts_with("expect:") || block.starts_with("count:") => {
                before.push_str(block);
            }
            _ if block.starts_with("version:") => scenarios.push(block.clone()),
            _ if block.starts_with("- ") => scenarios.push(format!("{HEAD}steps:\n{block}")),
            _ => scenarios.push(format!("{HEAD}{block}steps:\n  - user: {{ text: hello }}\n")),
        }
    }
    scenarios
}

//! The files of the project, read once from the checkout: what a rule may look at.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Paths of all files, relative to the root, with `/` between the parts, sorted.
///
/// Left out: the repository's own folder and build directories (by the tag cargo puts into them).
pub(crate) fn files() -> io::Result<Vec<String>> {
    let root = root();
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root.join(&folder))? {
            let entry = entry?;
            let path = folder.join(entry.file_name());
            if !entry.file_type()?.is_dir() {
                found.push(path.to_string_lossy().replace('\\', "/"));
            } else if !is_foreign(&root.join(&path)) {
                folders.push(path);
            }
        }
    }
    found.retain(|path| path != ".git");
    found.sort();
    Ok(found)
}

fn is_foreign(folder: &Path) -> bool {
    folder.ends_with(".git") || folder.join("CACHEDIR.TAG").exists()
}

/// The file's text, or nothing if it is not UTF-8.
pub(crate) fn text(path: &str) -> io::Result<Option<String>> {
    Ok(String::from_utf8(fs::read(root().join(path))?).ok())
}

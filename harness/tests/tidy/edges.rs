//! Who may depend on whom: the map of `docs/architecture.md` as a table.

use serde_json::Value;

use crate::Finding;

/// What a crate of the workspace may know.
struct Edges {
    /// The package.
    of: &'static str,
    /// Packages of the workspace that it may depend on.
    ours: &'static [&'static str],
    /// Packages from elsewhere that it must not name, because what they do is not its business.
    never: &'static [&'static str],
}

const EVERYTHING: &[&str] = &[
    "bargein-core",
    "bargein-wire",
    "bargein-net",
    "bargein-adapters",
    "bargein-mocks",
    "bargein-agent",
    "bargein-server",
];

const EDGES: &[Edges] = &[
    Edges {
        of: "bargein-core",
        ours: &[],
        never: &[
            "tokio",
            "tokio-util",
            "futures-util",
            "hyper",
            "hyper-util",
            "http",
            "axum",
            "tower",
            "bytes",
            "tracing",
            "serde_json",
            "uuid",
            "rand",
            "jiff",
        ],
    },
    Edges {
        of: "bargein-wire",
        ours: &[],
        never: &[
            "tokio",
            "tokio-util",
            "hyper",
            "hyper-util",
            "axum",
            "tower",
            "tokio-tungstenite",
            "rand",
            "uuid",
        ],
    },
    Edges { of: "bargein-net", ours: &["bargein-wire"], never: &["axum", "tokio-tungstenite", "serde_json"] },
    Edges {
        of: "bargein-adapters",
        ours: &["bargein-core", "bargein-wire", "bargein-net"],
        never: &["axum"],
    },
    Edges { of: "bargein-mocks", ours: &["bargein-wire", "bargein-net"], never: &[] },
    Edges {
        of: "bargein-agent",
        ours: &["bargein-core", "bargein-adapters", "bargein-wire", "bargein-net"],
        never: &["axum", "hyper", "tokio-tungstenite"],
    },
    Edges {
        of: "bargein-server",
        ours: &["bargein-agent", "bargein-adapters", "bargein-core", "bargein-wire", "bargein-net"],
        never: &["tokio-tungstenite"],
    },
    Edges { of: "bargein", ours: EVERYTHING, never: &[] },
    Edges {
        of: "bargein-benches",
        ours: &[
            "bargein",
            "bargein-core",
            "bargein-wire",
            "bargein-net",
            "bargein-adapters",
            "bargein-mocks",
            "bargein-agent",
            "bargein-server",
        ],
        never: &[],
    },
];

/// Normal dependencies that the table does not have; dev-dependencies are free.
///
/// `metadata` is the answer of `cargo metadata --no-deps`.
pub(crate) fn forbidden(metadata: &Value) -> Vec<Finding> {
    let mut found = Vec::new();
    for package in array(metadata, "packages") {
        let name = text(package, "name");
        let Some(edges) = EDGES.iter().find(|edges| edges.of == name) else {
            found.push(Finding::new(
                0,
                format!("{name} has no place in the table of harness/tests/tidy/edges.rs"),
            ));
            continue;
        };
        for dependency in
            array(package, "dependencies").iter().filter(|dependency| dependency["kind"].is_null())
        {
            let needed = text(dependency, "name");
            let is_ours = !dependency["path"].is_null();
            if is_ours && !edges.ours.contains(&needed) || edges.never.contains(&needed) {
                found.push(Finding::new(0, format!("{name} must not depend on {needed}")));
            }
        }
    }
    found
}

fn array<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::forbidden;

    #[test]
    fn an_edge_outside_the_table_is_found() {
        let metadata = json!({ "packages": [
            { "name": "bargein-mocks", "dependencies": [
                { "name": "bargein-wire", "kind": null, "path": "wire" },
                { "name": "bargein-adapters", "kind": null, "path": "adapters" },
                { "name": "bargein-core", "kind": "dev", "path": "runtime/core" },
            ]},
            { "name": "bargein-core", "dependencies": [{ "name": "tokio", "kind": null }, { "name": "serde", "kind": null }]},
            { "name": "bargein-extra", "dependencies": [] },
        ]});
        let found: Vec<String> = forbidden(&metadata).into_iter().map(|finding| finding.what).collect();
        assert_eq!(
            found,
            [
                "bargein-mocks must not depend on bargein-adapters",
                "bargein-core must not depend on tokio",
                "bargein-extra has no place in the table of harness/tests/tidy/edges.rs",
            ]
        );
    }
}

//! The part of YAML that scenarios are written in.

use super::{wrong, wrong_below};

#[test]
fn no_key_stands_twice() {
    insta::assert_snapshot!(wrong_below("steps: []\nexpect: []\nsteps: []\n"), @"
    error: `steps` stands here twice
     --> a.yaml:5:1
      |
    5 | steps: []
      | ^^^^^
      |
      = help: the first is in line 3
    ");
}

#[test]
fn anchors_aliases_tags_and_merge_keys_are_refused() {
    insta::assert_snapshot!(wrong_below("llm: &x { reply: hi }\n"), @"
    error: anchors are not part of scenarios
     --> a.yaml:3:6
      |
    3 | llm: &x { reply: hi }
      |      ^^^^^
      |
      = help: write the value out where it is needed
    ");
    insta::assert_snapshot!(wrong_below("llm: { reply: *x }\n"), @"
    error: aliases are not part of scenarios
     --> a.yaml:3:15
      |
    3 | llm: { reply: *x }
      |               ^
      |
      = help: write the value out; for many similar runs there is `cases`; a text that begins with `*` stands in quotes
    ");
    insta::assert_snapshot!(wrong_below("llm: { reply: &x hi }\ntts: { voice: *x }\n"), @"
    error: anchors are not part of scenarios
     --> a.yaml:3:15
      |
    3 | llm: { reply: &x hi }
      |               ^^^^^
      |
      = help: write the value out where it is needed

    error: aliases are not part of scenarios
     --> a.yaml:4:15
      |
    4 | tts: { voice: *x }
      |               ^^
      |
      = help: write the value out; for many similar runs there is `cases`; a text that begins with `*` stands in quotes
    ");
    insta::assert_snapshot!(wrong_below("about: !!str 5\n"), @"
    error: tags are not part of scenarios
     --> a.yaml:3:8
      |
    3 | about: !!str 5
      |        ^^^^^^^
      |
      = help: put a text in quotes instead
    ");
    insta::assert_snapshot!(wrong_below("llm: { <<: { reply: hi } }\n"), @"
    error: merge keys are not part of scenarios
     --> a.yaml:3:8
      |
    3 | llm: { <<: { reply: hi } }
      |        ^^
      |
      = help: write the keys out
    ");
}

#[test]
fn scalars_that_yaml_readers_disagree_about_are_refused() {
    insta::assert_snapshot!(wrong_below("about: ~\n"), @"
    error: `~` is nothing (null)
     --> a.yaml:3:8
      |
    3 | about: ~
      |        ^
      |
      = help: give a value, or leave the whole key out
    ");
    insta::assert_snapshot!(wrong_below("about:\nsteps: []\n"), @"
    error: `about` has no value
     --> a.yaml:3:1
      |
    3 | about:
      | ^^^^^
      |
      = help: give it one, or leave the key out
    ");
    insta::assert_snapshot!(wrong_below("repeat: 0x10\n"), @r#"
    error: `0x10` is not a decimal number
     --> a.yaml:3:9
      |
    3 | repeat: 0x10
      |         ^^^^
      |
      = help: write it in decimal, or "0x10" for the text
    "#);
    insta::assert_snapshot!(wrong_below("repeat: 010\n"), @r#"
    error: `010` is not a decimal number
     --> a.yaml:3:9
      |
    3 | repeat: 010
      |         ^^^
      |
      = help: write it in decimal, or "010" for the text
    "#);
    insta::assert_snapshot!(wrong_below("llm: { status: 4e2 }\n"), @r#"
    error: `4e2` is not a decimal number
     --> a.yaml:3:16
      |
    3 | llm: { status: 4e2 }
      |                ^^^
      |
      = help: write it in decimal, or "4e2" for the text
    "#);
    insta::assert_snapshot!(wrong_below("llm: { hang: yes }\n"), @r#"
    error: `yes` is a truth value to some readers of YAML
     --> a.yaml:3:14
      |
    3 | llm: { hang: yes }
      |              ^^^
      |
      = help: write true, or "yes" for the text
    "#);
    insta::assert_snapshot!(wrong_below("llm: { hang: True }\n"), @"
    error: `True` is a truth value in other letters
     --> a.yaml:3:14
      |
    3 | llm: { hang: True }
      |              ^^^^
      |
      = help: write true
    ");
    insta::assert_snapshot!(wrong_below("steps:\n  - user: { says: No }\n"), @r#"
    error: `No` is a truth value to some readers of YAML
     --> a.yaml:4:19
      |
    4 |   - user: { says: No }
      |                   ^^
      |
      = help: write false, or "No" for the text
    "#);
    insta::assert_snapshot!(wrong_below("llm: { speed: .inf }\n"), @r#"
    error: `.inf` is not a decimal number
     --> a.yaml:3:15
      |
    3 | llm: { speed: .inf }
      |               ^^^^
      |
      = help: write it in decimal, or ".inf" for the text
    "#);
}

#[test]
fn a_text_that_looks_like_something_else_stands_in_quotes() {
    insta::assert_snapshot!(wrong_below("steps:\n  - user: { says: 12 }\n"), @r#"
    error: expected what the user says, got `12`
     --> a.yaml:4:19
      |
    4 |   - user: { says: 12 }
      |                   ^^
      |
      = help: as a text it stands in quotes: "12"
    "#);
    insta::assert_snapshot!(wrong_below("about: true\n"), @r#"
    error: expected a text, got `true`
     --> a.yaml:3:8
      |
    3 | about: true
      |        ^^^^
      |
      = help: as a text it stands in quotes: "true"
    "#);
}

#[test]
fn a_file_is_yaml() {
    insta::assert_snapshot!(wrong_below("steps: [\n"), @"
    error: not YAML: while parsing a node, did not find expected node content
     --> a.yaml:3:10
      |
    3 | steps: [
      |         ^
    ");
    insta::assert_snapshot!(wrong_below("steps:\n  - a: 1\n b: 2\n"), @"
    error: not YAML: while parsing a block mapping, did not find expected key
     --> a.yaml:5:2
      |
    5 |  b: 2
      |  ^
    ");
    insta::assert_snapshot!(wrong("version: 1\n---\nversion: 1\n"), @"
    error: a second document: a file holds one scenario
     --> a.yaml:2:1
      |
    2 | ---
      | ^^^
    ");
}

#[test]
fn a_file_is_not_nested_without_end() {
    insta::assert_snapshot!(wrong_below("llm: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\n"), @"
    error: nested deeper than 32 levels
     --> a.yaml:3:37
      |
    3 | llm: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[
      |                                     ^
    ");
}

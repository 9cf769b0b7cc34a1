//! The canonical form of a file.

use proptest::prelude::*;

use super::super::{Scenario, fmt};
use super::Shelf;
use super::bytes::piece;

const EXAMPLES: [&str; 3] = [
    include_str!("examples/barge_in.yaml"),
    include_str!("examples/priority_table.yaml"),
    include_str!("examples/llm_429.yaml"),
];

fn formatted(text: &str) -> String {
    match fmt("a.yaml", text.as_bytes()) {
        Ok(text) => text,
        Err(wrong) => panic!("{wrong}"),
    }
}

/// The canonical form, which must be its own.
fn check(text: &str) -> String {
    let once = formatted(text);
    assert_eq!(formatted(&once), once, "formatting twice changes nothing");
    once
}

#[test]
fn the_examples_are_canonical() {
    for example in EXAMPLES {
        assert_eq!(check(example), example);
    }
}

#[test]
fn keys_of_a_scenario_come_in_their_order_with_their_comments() {
    insta::assert_snapshot!(check(
        "# What this is.\nname:   x\n\n# Patience.\nlimit: 3s   # enough\nversion: 1\nsteps:\n- user: {says: hi}\n",
    ), @"
    version: 1
    # What this is.
    name: x
    steps:
      - user: { says: hi }

    # Patience.
    limit: 3s  # enough
    ");
}

#[test]
fn sentences_have_one_space_between_words() {
    insta::assert_snapshot!(check(
        "version: 1\nname: x\nsteps:\n  - user: { says: hi, at: agent.speaks   + 2s }\nexpect:\n  - 'subtitle  where text=\"a b\"'\n  \
         - \"agent.speaks  at error   +/- 3ms\"\norder: [ state where is=idle,   error ]\ncount: {error  where of=llm : 2}\n",
    ), @r#"
    version: 1
    name: x
    steps:
      - user: { says: hi, at: agent.speaks + 2s }
    expect:
      - subtitle where text = "a b"
      - agent.speaks at error ± 3ms
    order: [state where is = idle, error]
    count: { error where of = llm: 2 }
    "#);
}

#[test]
fn what_fits_stays_in_braces_and_what_does_not_becomes_a_block() {
    let long = "x".repeat(90);
    insta::assert_snapshot!(check(&format!(
        "version: 1\nname: x\nllm: {{ vendor: openai, request 1: {{ status: 429, after: 80ms }}, reply: {long} }}\n\
         tts: {{vendor: custom,\n  speed: 1x}}\nsteps: []\n",
    )), @"
    version: 1
    name: x
    llm:
      vendor: openai
      request 1: { status: 429, after: 80ms }
      reply: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
    tts: { vendor: custom, speed: 1x }
    steps: []
    ");
}

#[test]
fn comments_and_blank_lines_stay_with_what_they_speak_of() {
    insta::assert_snapshot!(check(
        "# Head.\n\nversion: 1\nname: x\nsteps: # the story\n\n\n  # First.\n  - user:   # who\n      id: ask   # name\n      says: hi\n  \
         - user: { silence: 2s } # wait\n    # - user: { says: later }\n  # end of steps\n# Now what must hold.\nexpect:\n  \
         - error # a\n  - agent.speaks # b\n\n# The end.\n",
    ), @"
    # Head.

    version: 1
    name: x
    steps:  # the story
      # First.
      - user:  # who
          id: ask  # name
          says: hi
      - user: { silence: 2s }  # wait
        # - user: { says: later }
      # end of steps
    # Now what must hold.
    expect:
      - error  # a
      - agent.speaks  # b

    # The end.
    ");
}

#[test]
fn a_comment_between_braces_keeps_its_place_in_a_block() {
    insta::assert_snapshot!(check(
        "version: 1\nname: x\nllm: { vendor: openai, # whose\n  # how\n  reply: hi\n  }\nsteps: [\n  # nothing\n  ]\n",
    ), @"
    version: 1
    name: x
    llm:
      vendor: openai  # whose
      # how
      reply: hi
    steps: []
    # nothing
    ");
}

#[test]
fn texts_keep_their_quotes_and_blocks() {
    insta::assert_snapshot!(check(
        "version: 1\nname: a, b\nabout: |\n    Two lines\n      and # more.\n\n    End.\n\
         llm:\n  request 1: { reply: 'it''s', x: \"say \\\"hi\\\"\", y: 'a\\d' }\n  request 2:\n    reply: >-\n      folded\n      text\n  \
         request 3:\n    reply: plain\n      over lines\n",
    ), @r#"
    version: 1
    name: a, b
    about: |
      Two lines
        and # more.

      End.
    llm:
      request 1: { reply: "it's", x: 'say "hi"', y: 'a\d' }
      request 2:
        reply: >-
          folded
          text
      request 3:
        reply: plain over lines
    "#);
}

#[test]
fn columns_of_cases_stand_below_each_other() {
    insta::assert_snapshot!(check(
        "version: 1\nname: x\ncases:\n  columns: [says, then]\n  rows:\n    # short\n    - [你好, listening]   # one\n    - [good bye now, idle]\n\n    \
         - [x, $y]\n",
    ), @"
    version: 1
    name: x
    cases:
      columns: [says,         then]
      rows:
        # short
        -      [你好,         listening]  # one
        -      [good bye now, idle]

        -      [x,            $y]
    ");
}

#[test]
fn what_is_not_yaml_is_told() {
    insta::assert_snapshot!(fmt("a.yaml", b"version: 1\nx: &a 1\n").unwrap_err().to_string(), @"
    error: anchors are not part of scenarios
     --> a.yaml:2:4
      |
    2 | x: &a 1
      |    ^^^^
      |
      = help: write the value out where it is needed
    ");
}

/// Something put into a file at one of its lines.
fn remark() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&["# c\n", "  # c\n", "      # c\n", "\n", "TRAILING # c"][..])
}

proptest! {
    #[test]
    fn formatting_is_stable_and_keeps_what_loads(pieces in prop::collection::vec(piece(), 0..40)) {
        check_stable(&format!("version: 1\nname: x\n{}", pieces.concat()))?;
    }

    #[test]
    fn remarks_anywhere_stay_in_the_file(
        example in prop::sample::select(&EXAMPLES[..]),
        remarks in prop::collection::vec((any::<prop::sample::Index>(), remark()), 0..6),
    ) {
        let mut lines: Vec<_> = example.lines().map(|line| format!("{line}\n")).collect();
        for (place, remark) in remarks {
            let place = place.index(lines.len());
            match remark.strip_prefix("TRAILING") {
                Some(comment) => lines[place] = format!("{}{comment}\n", lines[place].trim_end()),
                None => lines.insert(place, remark.to_owned()),
            }
        }
        let text = lines.concat();
        prop_assert!(fmt("a.yaml", text.as_bytes()).is_ok(), "{text}");
        check_stable(&text)?;
    }
}

fn check_stable(text: &str) -> Result<(), TestCaseError> {
    let Ok(once) = fmt("a.yaml", text.as_bytes()) else { return Ok(()) };
    prop_assert_eq!(&fmt("a.yaml", once.as_bytes()).unwrap_or_default(), &once);
    let loads = |text: &str| Scenario::read("a.yaml", text.as_bytes(), &Shelf).is_ok();
    prop_assert_eq!(loads(text), loads(&once));
    Ok(())
}

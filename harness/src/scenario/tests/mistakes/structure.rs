//! Keys, steps, lists and tables.

use super::{wrong, wrong_below, wrong_sentence};

#[test]
fn the_version_comes_first() {
    insta::assert_snapshot!(wrong("name: x\n"), @"
    error: a scenario begins with its `version`
     --> a.yaml:1:1
      |
    1 | name: x
      | ^
      |
      = help: write `version: 1` as the first line
    ");
    insta::assert_snapshot!(wrong("name: x\nversion: 1\n"), @"
    error: `version` is the first key
     --> a.yaml:2:1
      |
    2 | version: 1
      | ^^^^^^^
      |
      = help: write `version: 1` as the first line
    ");
    insta::assert_snapshot!(wrong("version: 2\nname: x\n"), @"
    error: the only version there is, is 1
     --> a.yaml:1:10
      |
    1 | version: 2
      |          ^
    ");
    insta::assert_snapshot!(wrong(""), @"
    error: the file is empty
     --> a.yaml:1:1
      |
    1 |
      | ^
      |
      = help: a scenario begins with `version: 1`
    ");
}

#[test]
fn a_key_that_is_not_known_names_the_nearest() {
    insta::assert_snapshot!(wrong_below("step:\n  - user: { says: hi }\n"), @"
    error: a scenario has no key `step`
     --> a.yaml:3:1
      |
    3 | step:
      | ^^^^
      |
      = help: did you mean `steps`?
    ");
    insta::assert_snapshot!(wrong_below("steps:\n  - user: { say: hi }\n"), @"
    error: a user step has no key `say`
     --> a.yaml:4:13
      |
    4 |   - user: { say: hi }
      |             ^^^
      |
      = help: did you mean `says`?
    ");
    insta::assert_snapshot!(wrong_below("steps:\n  - app: { id: a, speak: hi, prioritiy: high }\n"), @"
    error: an app step has no key `prioritiy`
     --> a.yaml:4:30
      |
    4 |   - app: { id: a, speak: hi, prioritiy: high }
      |                              ^^^^^^^^^
      |
      = help: did you mean `priority`?
    ");
    insta::assert_snapshot!(wrong_below("steps:\n  - usr: { says: hi }\n"), @"
    error: a step has no key `usr`
     --> a.yaml:4:5
      |
    4 |   - usr: { says: hi }
      |     ^^^
      |
      = help: did you mean `user`?
    ");
    insta::assert_snapshot!(wrong_below("nothing_else: { stream: [error] }\n"), @"
    error: nothing_else has no key `stream`
     --> a.yaml:3:17
      |
    3 | nothing_else: { stream: [error] }
      |                 ^^^^^^
      |
      = help: did you mean `streams`?
    ");
}

#[test]
fn a_duration_has_a_unit() {
    insta::assert_snapshot!(wrong_below("limit: 30\n"), @"
    error: expected a duration with a unit, got `30`: write `30ms` or `30s`
     --> a.yaml:3:8
      |
    3 | limit: 30
      |        ^^
    ");
    insta::assert_snapshot!(wrong_below("steps:\n  - user: { silence: 3 sec }\n"), @"
    error: expected the unit ms, s, m or h, got `sec` in `3 sec`
     --> a.yaml:4:22
      |
    4 |   - user: { silence: 3 sec }
      |                      ^^^^^
    ");
    insta::assert_snapshot!(wrong_below("nothing_else: { streams: [error], quiet: [2s] }\n"), @"
    error: expected a duration such as `300ms`, got a list
     --> a.yaml:3:42
      |
    3 | nothing_else: { streams: [error], quiet: [2s] }
      |                                          ^^^^
    ");
}

#[test]
fn a_word_of_a_list_names_the_nearest() {
    insta::assert_snapshot!(wrong_below("steps:\n  - app: { speak: hi, priority: hihg }\n"), @"
    error: expected one of low, medium, high, got `hihg`
     --> a.yaml:4:33
      |
    4 |   - app: { speak: hi, priority: hihg }
      |                                 ^^^^
      |
      = help: did you mean `high`?
    ");
    insta::assert_snapshot!(wrong_below("steps:\n  - user: { signal: stop }\n"), @"
    error: expected one of interrupt, start_listening, stop_listening, got `stop`
     --> a.yaml:4:21
      |
    4 |   - user: { signal: stop }
      |                     ^^^^
    ");
    insta::assert_snapshot!(wrong_below("nothing_else: { streams: [eror] }\n"), @"
    error: expected one of session, playout, voice, state, subtitle, metric, error, turn, asr, llm, tts, step, got `eror`
     --> a.yaml:3:27
      |
    3 | nothing_else: { streams: [eror] }
      |                           ^^^^
      |
      = help: did you mean `error`?
    ");
    insta::assert_snapshot!(wrong_below("dialect: tencent\n"), @"
    error: expected `neutral`, got `tencent`
     --> a.yaml:3:10
      |
    3 | dialect: tencent
      |          ^^^^^^^
    ");
}

#[test]
fn a_step_does_one_thing_of_one_actor() {
    insta::assert_snapshot!(wrong_below("steps:\n  - user: { says: hi, text: ho }\n"), @"
    error: a step does one thing: `says` or `text`
     --> a.yaml:4:23
      |
    4 |   - user: { says: hi, text: ho }
      |                       ^^^^
    ");
    insta::assert_snapshot!(wrong_below("steps:\n  - user: { id: a }\n"), @"
    error: expected one of says, silence, text, signal
     --> a.yaml:4:11
      |
    4 |   - user: { id: a }
      |           ^^^^^^^^^
    ");
    insta::assert_snapshot!(wrong_below("steps:\n  - { user: { says: hi }, app: { speak: ho } }\n"), @"
    error: one step has one actor: put `app` into a step of its own
     --> a.yaml:4:32
      |
    4 |   - { user: { says: hi }, app: { speak: ho } }
      |                                ^^^^^^^^^^^^^
    ");
    insta::assert_snapshot!(wrong_below("steps:\n  - says: hi\n"), @"
    error: a step has no key `says`
     --> a.yaml:4:5
      |
    4 |   - says: hi
      |     ^^^^
      |
      = help: known here: user, app
    ");
    insta::assert_snapshot!(wrong_below("steps: [hello]\n"), @"
    error: expected a map (a step), got `hello`
     --> a.yaml:3:9
      |
    3 | steps: [hello]
      |         ^^^^^
    ");
    insta::assert_snapshot!(wrong_below("steps:\n  - app: { interrupt: true, history: false }\n"), @"
    error: `history` does not go with `interrupt`
     --> a.yaml:4:29
      |
    4 |   - app: { interrupt: true, history: false }
      |                             ^^^^^^^
    ");
    insta::assert_snapshot!(wrong_below("steps:\n  - user: { silence: 1s, audio: zh-wait.wav }\n"), @"
    error: `audio` does not go with `silence`
     --> a.yaml:4:26
      |
    4 |   - user: { silence: 1s, audio: zh-wait.wav }
      |                          ^^^^^
    ");
    insta::assert_snapshot!(wrong_below("steps:\n  - app: { interrupt: false }\n"), @"
    error: expected `true`, got `false`
     --> a.yaml:4:23
      |
    4 |   - app: { interrupt: false }
      |                       ^^^^^
    ");
}

#[test]
fn a_step_has_a_name_of_its_own() {
    insta::assert_snapshot!(wrong_below("steps:\n  - user: { id: a, says: hi }\n  - user: { id: a, says: ho }\n"), @"
    error: there are two steps `a`
     --> a.yaml:5:17
      |
    5 |   - user: { id: a, says: ho }
      |                 ^
    ");
    insta::assert_snapshot!(wrong_below("steps:\n  - user: { id: llm, says: hi }\n"), @"
    error: `llm` cannot name a step: events begin with it
     --> a.yaml:4:17
      |
    4 |   - user: { id: llm, says: hi }
      |                 ^^^
    ");
    insta::assert_snapshot!(wrong_below("steps:\n  - user: { id: \"a b\", says: hi }\n"), @r#"
    error: `a b` cannot name a step
     --> a.yaml:4:17
      |
    4 |   - user: { id: "a b", says: hi }
      |                 ^^^^^
      |
      = help: a letter, then letters, digits, `_` and `-`
    "#);
}

#[test]
fn numbers_have_a_range() {
    insta::assert_snapshot!(wrong_below("repeat: 0\n"), @"
    error: expected a whole number from 1 to 100000, got `0`
     --> a.yaml:3:9
      |
    3 | repeat: 0
      |         ^
    ");
    insta::assert_snapshot!(wrong_below("steps:\n  - app: { speak: hi, times: 2.5 }\n"), @"
    error: expected a whole number from 1 to 10000, got `2.5`
     --> a.yaml:4:30
      |
    4 |   - app: { speak: hi, times: 2.5 }
      |                              ^^^
    ");
    insta::assert_snapshot!(wrong_below("steps:\n  - user: { says: hi, level: 3dB }\n"), @"
    error: expected a level of at most 0dB, such as `-20dB`, got `3dB`
     --> a.yaml:4:30
      |
    4 |   - user: { says: hi, level: 3dB }
      |                              ^^^
    ");
    insta::assert_snapshot!(wrong_below("count: { error: -1 }\n"), @"
    error: expected a whole number from 0, got `-1`
     --> a.yaml:3:17
      |
    3 | count: { error: -1 }
      |                 ^^
    ");
}

#[test]
fn a_file_that_is_missing_says_where_it_was_looked_for() {
    insta::assert_snapshot!(wrong_below("steps:\n  - user: { says: hi, audio: no-such.wav }\n"), @"
    error: there is no file `no-such.wav`; looked in scenarios, fixtures/text
     --> a.yaml:4:30
      |
    4 |   - user: { says: hi, audio: no-such.wav }
      |                              ^^^^^^^^^^^
    ");
    insta::assert_snapshot!(wrong_below("llm: { reply: { file: storry.txt } }\n"), @"
    error: there is no file `storry.txt`; looked in scenarios, fixtures/text
     --> a.yaml:3:23
      |
    3 | llm: { reply: { file: storry.txt } }
      |                       ^^^^^^^^^^
    ");
    insta::assert_snapshot!(wrong_below("llm: { per_token: tape storry.txt }\n"), @"
    error: there is no file `storry.txt`; looked in scenarios, fixtures/text
     --> a.yaml:3:19
      |
    3 | llm: { per_token: tape storry.txt }
      |                   ^^^^^^^^^^^^^^^
    ");
    insta::assert_snapshot!(wrong_sentence("llm.request.2 where messages.-2.content is spoken part of storry.txt"), @"
    error: there is no file `storry.txt`; looked in scenarios, fixtures/text
     --> a.yaml:7:63
      |
    7 |   - llm.request.2 where messages.-2.content is spoken part of storry.txt
      |                                                               ^^^^^^^^^^
      |
      = help: a bare word is the name of a file; a text itself stands in double quotes
    ");
}

#[test]
fn a_line_says_what_its_list_is_for() {
    insta::assert_snapshot!(wrong_below("never: [error times 2]\n"), @"
    error: `times` belongs to `expect`
     --> a.yaml:3:9
      |
    3 | never: [error times 2]
      |         ^^^^^^^^^^^^^
    ");
    insta::assert_snapshot!(wrong_below("order: [error times 2]\n"), @"
    error: `times` belongs to `expect`
     --> a.yaml:3:9
      |
    3 | order: [error times 2]
      |         ^^^^^^^^^^^^^
    ");
    insta::assert_snapshot!(wrong_below("count: { error within 1s of session.ready: 2 }\n"), @"
    error: `count` takes an event with its tests and nothing else
     --> a.yaml:3:10
      |
    3 | count: { error within 1s of session.ready: 2 }
      |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: for a number within a bound there is `expect` with `times`
    ");
    insta::assert_snapshot!(wrong_below("repeat: 5\nnever: [error p95 within 1s of session.ready]\n"), @"
    error: a percentile belongs to `expect`
     --> a.yaml:4:9
      |
    4 | never: [error p95 within 1s of session.ready]
      |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    ");
    insta::assert_snapshot!(wrong_below("expect: error\n"), @"
    error: expected a list (of sentences), got `error`
     --> a.yaml:3:9
      |
    3 | expect: error
      |         ^^^^^
    ");
    insta::assert_snapshot!(wrong_below("count: [error]\n"), @"
    error: expected a map (events with their numbers), got a list
     --> a.yaml:3:8
      |
    3 | count: [error]
      |        ^^^^^^^
    ");
    insta::assert_snapshot!(wrong_below("nothing_else: { quiet: 1s }\n"), @"
    error: `nothing_else` names its `streams`
     --> a.yaml:3:15
      |
    3 | nothing_else: { quiet: 1s }
      |               ^^^^^^^^^^^^^
      |
      = help: such as `streams: [error, playout]`
    ");
}

#[test]
fn a_table_of_cases_is_rectangular() {
    insta::assert_snapshot!(wrong_below("cases: { columns: [a, b], rows: [[1, 2], [3]] }\n"), @"
    error: expected 2 values, one for each column, got 1
     --> a.yaml:3:42
      |
    3 | cases: { columns: [a, b], rows: [[1, 2], [3]] }
      |                                          ^^^
    ");
    insta::assert_snapshot!(wrong_below("cases: { columns: [a, a], rows: [[1, 2]] }\n"), @"
    error: there are two columns `a`
     --> a.yaml:3:23
      |
    3 | cases: { columns: [a, a], rows: [[1, 2]] }
      |                       ^
    ");
    insta::assert_snapshot!(wrong_below("cases: { columns: [a b], rows: [[1]] }\n"), @"
    error: `a b` cannot name a column
     --> a.yaml:3:20
      |
    3 | cases: { columns: [a b], rows: [[1]] }
      |                    ^^^
      |
      = help: a letter, then letters, digits and `_`
    ");
    insta::assert_snapshot!(wrong_below("cases: { columns: [a], rows: [] }\n"), @"
    error: a table of cases has at least one row
     --> a.yaml:3:30
      |
    3 | cases: { columns: [a], rows: [] }
      |                              ^^
    ");
    insta::assert_snapshot!(wrong_below("cases: { columns: [a], rows: [[[1]]] }\n"), @"
    error: a cell is a single value, not a list
     --> a.yaml:3:32
      |
    3 | cases: { columns: [a], rows: [[[1]]] }
      |                                ^^^
    ");
    insta::assert_snapshot!(wrong_below("cases: { columns: [a] }\n"), @"
    error: a table of cases has `columns` and `rows`
     --> a.yaml:3:8
      |
    3 | cases: { columns: [a] }
      |        ^^^^^^^^^^^^^^^^
    ");
}

#[test]
fn a_mistake_in_a_cell_is_shown_in_the_table() {
    insta::assert_snapshot!(wrong_below("cases:\n  columns: [rank, then]\n  rows:\n    - [high, agent.speaks within 1s of a.end]\n    - [hihg, agent.speaks within 1 of a.end]\nsteps:\n  - app: { id: a, speak: hi, priority: $rank }\nexpect:\n  - $then\n  - agent.speeks\n"), @"
    error: expected one of low, medium, high, got `hihg`
     --> a.yaml:7:8
      |
    7 |     - [hihg, agent.speaks within 1 of a.end]
      |        ^^^^
      |
      = help: did you mean `high`?

    error: expected a duration with a unit, got `1`: write `1ms` or `1s`
     --> a.yaml:7:34
      |
    7 |     - [hihg, agent.speaks within 1 of a.end]
      |                                  ^

    error: unknown event `agent.speeks`
      --> a.yaml:12:5
       |
    12 |   - agent.speeks
       |     ^^^^^^^^^^^^
       |
       = help: did you mean `agent.speaks`?
    ");
    insta::assert_snapshot!(wrong_below("cases: { columns: [rank], rows: [[high]] }\nsteps:\n  - app: { speak: hi, priority: $rnk }\n"), @"
    error: there is no column `rnk`
     --> a.yaml:5:33
      |
    5 |   - app: { speak: hi, priority: $rnk }
      |                                 ^^^^
      |
      = help: did you mean `rank`?
    ");
}

#[test]
fn messages_have_a_role_and_a_content() {
    insta::assert_snapshot!(wrong_below("steps:\n  - app: { add_history: [{ role: robot, content: hi }] }\n"), @"
    error: expected one of system, user, assistant, got `robot`
     --> a.yaml:4:34
      |
    4 |   - app: { add_history: [{ role: robot, content: hi }] }
      |                                  ^^^^^
    ");
    insta::assert_snapshot!(wrong_below("steps:\n  - app: { add_history: [{ content: hi }] }\n"), @"
    error: a message has a `role` and a `content`
     --> a.yaml:4:26
      |
    4 |   - app: { add_history: [{ content: hi }] }
      |                          ^^^^^^^^^^^^^^^
    ");
}

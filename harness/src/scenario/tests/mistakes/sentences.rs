//! Sentences.

use super::{wrong_below, wrong_sentence};

#[test]
fn an_event_that_is_not_known_names_the_nearest() {
    insta::assert_snapshot!(wrong_sentence("agent.speeks within 1s of ask.end"), @"
    error: unknown event `agent.speeks`
     --> a.yaml:7:5
      |
    7 |   - agent.speeks within 1s of ask.end
      |     ^^^^^^^^^^^^
      |
      = help: did you mean `agent.speaks`?
    ");
    insta::assert_snapshot!(wrong_sentence("agent.speaks within 1s of aks.end"), @"
    error: there is no step `aks`
     --> a.yaml:7:31
      |
    7 |   - agent.speaks within 1s of aks.end
      |                               ^^^^^^^
      |
      = help: did you mean `ask`?
    ");
    insta::assert_snapshot!(wrong_sentence("agent.speaks within 1s of ask.ends"), @"
    error: a step has no moment `ends`
     --> a.yaml:7:31
      |
    7 |   - agent.speaks within 1s of ask.ends
      |                               ^^^^^^^^
      |
      = help: did you mean `end`?
    ");
    insta::assert_snapshot!(wrong_sentence("playout"), @"
    error: unknown event `playout`
     --> a.yaml:7:5
      |
    7 |   - playout
      |     ^^^^^^^
      |
      = help: `playout` is a stream; its events: agent.speaks, agent.falls_silent
    ");
    insta::assert_snapshot!(wrong_sentence("asr.finally"), @"
    error: unknown event `asr.finally`
     --> a.yaml:7:5
      |
    7 |   - asr.finally
      |     ^^^^^^^^^^^
      |
      = help: did you mean `asr.final`?
    ");
    insta::assert_snapshot!(wrong_sentence("llm.request.0"), @"
    error: occurrences are counted from 1
     --> a.yaml:7:5
      |
    7 |   - llm.request.0
      |     ^^^^^^^^^^^^^
    ");
    insta::assert_snapshot!(wrong_sentence("ask.accepted"), @"
    error: `ask` is a step of the user: only the app is accepted
     --> a.yaml:7:5
      |
    7 |   - ask.accepted
      |     ^^^^^^^^^^^^
    ");
    insta::assert_snapshot!(wrong_sentence("\"= 3\""), @r#"
    error: expected an event
     --> a.yaml:7:6
      |
    7 |   - "= 3"
      |      ^
      |
      = help: such as `agent.speaks` or `ask.end`
    "#);
}

#[test]
fn a_field_that_is_not_known_names_the_nearest() {
    insta::assert_snapshot!(wrong_sentence("error where kinds = auth"), @"
    error: `error` has no field `kinds`
     --> a.yaml:7:17
      |
    7 |   - error where kinds = auth
      |                 ^^^^^
      |
      = help: did you mean `kind`?
    ");
    insta::assert_snapshot!(wrong_sentence("agent.speaks where text = hi"), @"
    error: `agent.speaks` has no field `text`
     --> a.yaml:7:24
      |
    7 |   - agent.speaks where text = hi
      |                        ^^^^
      |
      = help: it has no fields
    ");
    insta::assert_snapshot!(wrong_sentence("state where is.0 = idle"), @"
    error: nothing lies below `is` of `state`
     --> a.yaml:7:17
      |
    7 |   - state where is.0 = idle
      |                 ^^^^
    ");
    insta::assert_snapshot!(wrong_sentence("llm.request where header = x"), @"
    error: expected the name of one header behind `header.`
     --> a.yaml:7:23
      |
    7 |   - llm.request where header = x
      |                       ^^^^^^
    ");
    insta::assert_snapshot!(wrong_sentence("llm.request.2 where messages differs from agent.speaks"), @"
    error: `agent.speaks` has no field `messages`
     --> a.yaml:7:47
      |
    7 |   - llm.request.2 where messages differs from agent.speaks
      |                                               ^^^^^^^^^^^^
    ");
}

#[test]
fn a_value_fits_its_field() {
    insta::assert_snapshot!(wrong_sentence("state where is = speeking"), @"
    error: `is` of `state` is never `speeking`
     --> a.yaml:7:22
      |
    7 |   - state where is = speeking
      |                      ^^^^^^^^
      |
      = help: did you mean `speaking`?
    ");
    insta::assert_snapshot!(wrong_sentence("state where is = blue"), @"
    error: `is` of `state` is never `blue`
     --> a.yaml:7:22
      |
    7 |   - state where is = blue
      |                      ^^^^
      |
      = help: one of idle, listening, thinking, speaking, interrupted, finished
    ");
    insta::assert_snapshot!(wrong_sentence("subtitle where final = 1"), @"
    error: expected true or false, got `1`
     --> a.yaml:7:28
      |
    7 |   - subtitle where final = 1
      |                            ^
    ");
    insta::assert_snapshot!(wrong_sentence("metric where name = asr_latency and value < 600"), @"
    error: `asr_latency` is a duration: write `600ms` or `600s`
     --> a.yaml:7:49
      |
    7 |   - metric where name = asr_latency and value < 600
      |                                                 ^^^
    ");
    insta::assert_snapshot!(wrong_sentence("metric where name = tts_discontinuity and value < 600ms"), @"
    error: `tts_discontinuity` is a count: a number without a unit
     --> a.yaml:7:55
      |
    7 |   - metric where name = tts_discontinuity and value < 600ms
      |                                                       ^^^^^
    ");
    insta::assert_snapshot!(wrong_sentence("metric where value < 6fortnights"), @"
    error: expected the unit ms, s, m or h, got `fortnights` in `6fortnights`
     --> a.yaml:7:26
      |
    7 |   - metric where value < 6fortnights
      |                          ^^^^^^^^^^^
    ");
    insta::assert_snapshot!(wrong_sentence("tts.response where status = ok"), @"
    error: expected a number, got `ok`
     --> a.yaml:7:33
      |
    7 |   - tts.response where status = ok
      |                                 ^^
    ");
    insta::assert_snapshot!(wrong_sentence("agent.falls_silent where level > -20"), @"
    error: expected a level such as `-20dB`, got `-20`
     --> a.yaml:7:38
      |
    7 |   - agent.falls_silent where level > -20
      |                                      ^^^
    ");
    insta::assert_snapshot!(wrong_sentence("state where is > idle"), @"
    error: `is` of `state` cannot be compared by size
     --> a.yaml:7:20
      |
    7 |   - state where is > idle
      |                    ^
    ");
    insta::assert_snapshot!(wrong_sentence("state where is contains idle"), @"
    error: `is` of `state` cannot be searched for a text
     --> a.yaml:7:20
      |
    7 |   - state where is contains idle
      |                    ^^^^^^^^
    ");
    insta::assert_snapshot!(wrong_sentence("subtitle where text matches \"(\""), @r#"
    error: found open group without closing ')'
     --> a.yaml:7:33
      |
    7 |   - subtitle where text matches "("
      |                                 ^^^
    "#);
}

#[test]
fn a_value_with_a_space_or_a_keyword_stands_in_quotes() {
    insta::assert_snapshot!(wrong_sentence("subtitle where text = hello there"), @"
    error: the sentence should end here
     --> a.yaml:7:33
      |
    7 |   - subtitle where text = hello there
      |                                 ^^^^^
      |
      = help: behind the event come `where …`, then one bound (within, between, after, before, at), then `times n`; a value with a space stands in double quotes
    ");
    insta::assert_snapshot!(wrong_sentence("subtitle where text = within"), @r#"
    error: expected a value, got the keyword `within`
     --> a.yaml:7:27
      |
    7 |   - subtitle where text = within
      |                           ^^^^^^
      |
      = help: as a value it stands in double quotes: "within"
    "#);
    insta::assert_snapshot!(wrong_sentence("'subtitle where text = \"hello'"), @r#"
    error: this quote is never closed
     --> a.yaml:7:28
      |
    7 |   - 'subtitle where text = "hello'
      |                            ^^^^^^
    "#);
    insta::assert_snapshot!(wrong_sentence("subtitle where text ="), @"
    error: expected a value here, where the sentence ends
     --> a.yaml:7:26
      |
    7 |   - subtitle where text =
      |                          ^
      |
      = help: a text with signs or spaces stands in double quotes
    ");
}

#[test]
fn a_sentence_keeps_its_grammar() {
    insta::assert_snapshot!(wrong_sentence("agent.speaks inside 1s of ask.end"), @"
    error: the sentence should end here
     --> a.yaml:7:18
      |
    7 |   - agent.speaks inside 1s of ask.end
      |                  ^^^^^^
      |
      = help: behind the event come `where …`, then one bound (within, between, after, before, at), then `times n`; a value with a space stands in double quotes
    ");
    insta::assert_snapshot!(wrong_sentence("agent.speaks within 1s"), @"
    error: expected `of` here, where the sentence ends
     --> a.yaml:7:27
      |
    7 |   - agent.speaks within 1s
      |                           ^
    ");
    insta::assert_snapshot!(wrong_sentence("agent.speaks within 1300 of ask.end"), @"
    error: expected a duration with a unit, got `1300`: write `1300ms` or `1300s`
     --> a.yaml:7:25
      |
    7 |   - agent.speaks within 1300 of ask.end
      |                         ^^^^
    ");
    insta::assert_snapshot!(wrong_sentence("agent.speaks within 1s of"), @"
    error: expected an event here, where the sentence ends
     --> a.yaml:7:30
      |
    7 |   - agent.speaks within 1s of
      |                              ^
      |
      = help: such as `agent.speaks` or `ask.end`
    ");
    insta::assert_snapshot!(wrong_sentence("agent.speaks between ask.start"), @"
    error: expected `and` here, where the sentence ends
     --> a.yaml:7:35
      |
    7 |   - agent.speaks between ask.start
      |                                   ^
    ");
    insta::assert_snapshot!(wrong_sentence("agent.speaks at ask.end"), @"
    error: expected `±` here, where the sentence ends
     --> a.yaml:7:28
      |
    7 |   - agent.speaks at ask.end
      |                            ^
    ");
    insta::assert_snapshot!(wrong_sentence("agent.speaks at ask.end ± soon"), @"
    error: expected a decimal number before the unit, such as `1.4s`, got `soon`
     --> a.yaml:7:31
      |
    7 |   - agent.speaks at ask.end ± soon
      |                               ^^^^
    ");
    insta::assert_snapshot!(wrong_sentence("agent.speaks after ask.end + 3"), @"
    error: expected a duration with a unit, got `3`: write `3ms` or `3s`
     --> a.yaml:7:34
      |
    7 |   - agent.speaks after ask.end + 3
      |                                  ^
    ");
    insta::assert_snapshot!(wrong_sentence("state where is speaking"), @"
    error: expected a comparison
     --> a.yaml:7:20
      |
    7 |   - state where is speaking
      |                    ^^^^^^^^
      |
      = help: one of = != < > contains, matches, same as, differs from, is spoken part of
    ");
    insta::assert_snapshot!(wrong_sentence("state where"), @"
    error: expected a field here, where the sentence ends
     --> a.yaml:7:16
      |
    7 |   - state where
      |                ^
    ");
    insta::assert_snapshot!(wrong_sentence("agent.speaks times many"), @"
    error: expected a whole number behind `times`
     --> a.yaml:7:24
      |
    7 |   - agent.speaks times many
      |                        ^^^^
    ");
    insta::assert_snapshot!(wrong_sentence("agent.speaks times 0"), @"
    error: `times` counts from 1
     --> a.yaml:7:24
      |
    7 |   - agent.speaks times 0
      |                        ^
      |
      = help: what must not happen stands under `never`
    ");
    insta::assert_snapshot!(wrong_sentence("agent.speaks p95 within 1s of ask.end"), @"
    error: a percentile needs `repeat`
     --> a.yaml:7:18
      |
    7 |   - agent.speaks p95 within 1s of ask.end
      |                  ^^^
      |
      = help: say how many seeds to run: `repeat: 100`
    ");
    insta::assert_snapshot!(wrong_sentence("agent.speaks within 1s of ask.end before error"), @"
    error: the sentence should end here
     --> a.yaml:7:39
      |
    7 |   - agent.speaks within 1s of ask.end before error
      |                                       ^^^^^^
      |
      = help: behind the event come `where …`, then one bound (within, between, after, before, at), then `times n`; a value with a space stands in double quotes
    ");
}

#[test]
fn an_anchor_of_a_step_is_an_event() {
    insta::assert_snapshot!(wrong_below("steps:\n  - user: { says: hi, at: 3s }\n"), @"
    error: expected an event, got the duration `3s`
     --> a.yaml:4:27
      |
    4 |   - user: { says: hi, at: 3s }
      |                           ^^
      |
      = help: a time from the beginning is `session.ready + 3s`
    ");
    insta::assert_snapshot!(wrong_below("steps:\n  - user: { says: hi, at: agent.speaks + 2 }\n"), @"
    error: expected a duration with a unit, got `2`: write `2ms` or `2s`
     --> a.yaml:4:42
      |
    4 |   - user: { says: hi, at: agent.speaks + 2 }
      |                                          ^
    ");
}

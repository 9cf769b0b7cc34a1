//! What each kind of line means.

use super::{Verdict, case, expecting, run, said};

/// What is said of one line of `expect` when the run is over.
fn check(line: &str, timeline: &str) -> String {
    said(&expecting(&[line]), &format!("{timeline}\nover 9000"))
}

#[test]
fn within_begins_at_the_anchor_and_both_ends_belong_to_it() {
    for (at, met) in [("1999", false), ("2000", true), ("2500", true), ("3300", true), ("3300.001", false)] {
        let case = expecting(&["agent.speaks within 1300ms of ask.end"]);
        let evaluator = run(&case, &format!("2000 ask.end\n{at} agent.speaks\nover 9000"));
        assert_eq!(*evaluator.verdicts()[0] == Verdict::Met, met, "{at}");
    }
}

#[test]
fn within_an_anchor_of_room_audio_begins_a_frame_earlier() {
    for (anchor, begins) in [
        ("agent.falls_silent", 1980),
        ("agent.speaks", 1980),
        ("tell.end", 1980),
        ("tell.start", 1980),
        ("tell.accepted", 2000),
        ("ask.end", 2000),
    ] {
        for (at, met) in [(begins - 1, false), (begins, true), (2100, true), (2101, false)] {
            let case = expecting(&[&format!("tts.closed_by_agent within 100ms of {anchor}")]);
            let evaluator = run(&case, &format!("{at} tts.closed_by_agent\n2000 {anchor}\nover 9000"));
            assert_eq!(*evaluator.verdicts()[0] == Verdict::Met, met, "{anchor}, {at}");
        }
    }
}

#[test]
fn a_failed_line_says_by_when_it_was_waited_for_and_what_came_nearest() {
    insta::assert_snapshot!(check(
        "error where of = llm and kind = rate_limited within 300ms of llm.request.1",
        "12184 llm.request\n12191 error of=llm kind=unavailable\n12200 error of=tts kind=broken",
    ), @"error where of = llm and kind = rate_limited within 300ms of llm.request.1: FAILED at 12.200 s: not seen by 12.200 s; nearest: error where of = llm and kind = unavailable at 12.191 s");
    insta::assert_snapshot!(check("agent.speaks within 1300ms of ask.end", "500 agent.speaks\n2000 ask.end"), @"agent.speaks within 1300ms of ask.end: FAILED at 9.000 s: not seen by 3.300 s; nearest: agent.speaks at 0.500 s, 1.5s too early");
    insta::assert_snapshot!(check("agent.speaks within 1300ms of ask.end", "2000 ask.end\n3700 agent.speaks"), @"agent.speaks within 1300ms of ask.end: FAILED at 9.000 s: not seen by 3.300 s; nearest: agent.speaks at 3.700 s, 400ms too late");
    insta::assert_snapshot!(check("agent.speaks within 1300ms of ask.end", "2000 ask.end"), @"agent.speaks within 1300ms of ask.end: FAILED at 9.000 s: not seen by 3.300 s; no agent.speaks came at all");
    insta::assert_snapshot!(check("llm.request.2 where messages.-1.content contains 你好", "10 llm.request"), @"llm.request.2 where messages.-1.content contains 你好: FAILED at 9.000 s: not seen by 9.000 s; llm.request came only once");
    insta::assert_snapshot!(check(
        "llm.request.2 where messages.-1.content contains 你好",
        r#"10 llm.request
           20 llm.request messages=[{"role":"user","content":"再见"}]"#,
    ), @r#"llm.request.2 where messages.-1.content contains 你好: FAILED at 0.020 s: not seen by 0.020 s; nearest: llm.request.2 where messages.-1.content = "再见" at 0.020 s"#);
}

#[test]
fn a_line_whose_anchor_never_comes_fails() {
    insta::assert_snapshot!(said(
        &case("expect:\n  - agent.speaks within 1s of ask.end\n  - agent.speaks before voice.started\n\
               never:\n  - agent.speaks after error\n"),
        "100 agent.speaks\nover 5000",
    ), @"
    agent.speaks within 1s of ask.end: FAILED at 5.000 s: `ask.end` never came
    agent.speaks before voice.started: FAILED at 5.000 s: `voice.started` never came
    agent.speaks after error: FAILED at 5.000 s: `error` never came
    ");
}

#[test]
fn a_verdict_comes_as_soon_as_it_is_certain() {
    let case = expecting(&["agent.speaks within 1s of ask.end"]);
    let mut evaluator = run(&case, "500 agent.falls_silent");
    assert_eq!(evaluator.next_deadline(), None);
    evaluator.push(std::sync::Arc::new(super::entry(super::millis("1000"), "ask.end")));
    let deadline = evaluator.next_deadline().unwrap();
    assert_eq!(deadline, super::millis("2200"), "an edge of audio may be told 200 ms late");
    evaluator.advance(super::millis("2199"));
    assert!(!evaluator.is_decided());
    evaluator.advance(deadline);
    assert!(matches!(evaluator.verdicts()[0], Verdict::Failed(_)));
    assert!(evaluator.is_decided());
    assert_eq!(evaluator.next_deadline(), None);
}

#[test]
fn an_entry_told_late_counts_by_its_own_time() {
    let case = expecting(&["agent.falls_silent within 500ms of ask.start"]);
    let evaluator = run(&case, "1000 ask.start\nnow 1600\n1490 agent.falls_silent");
    assert_eq!(*evaluator.verdicts()[0], Verdict::Met);
}

#[test]
fn after_before_and_between_go_by_the_order_of_recording_within_one_instant() {
    for (line, met) in [
        ("llm.request after asr.final", true),
        ("asr.final before llm.request", true),
        ("asr.final after llm.request", false),
        ("llm.request before asr.final", false),
        ("llm.request after llm.request", false),
        ("llm.request after asr.final + 1ms", false),
        ("llm.request between asr.final and error", true),
        ("llm.request between asr.interim and asr.final", false),
        ("asr.final between asr.interim and asr.final", true),
        ("asr.interim between asr.final and error", false),
        ("asr.interim between asr.final + 0ms and error", true),
        ("asr.final before llm.request - 0ms", true),
    ] {
        let evaluator =
            run(&expecting(&[line]), "700 asr.interim\n700 asr.final\n700 llm.request\n700 error\nover 5000");
        assert_eq!(*evaluator.verdicts()[0] == Verdict::Met, met, "{line}");
    }
}

#[test]
fn other_bounds() {
    let timeline = "1000 ask.start\n1500 agent.falls_silent\n2000 ask.end how=whole\n2990 agent.speaks\n\
                    4000 agent.falls_silent\nover 9000";
    for (line, met) in [
        ("agent.speaks at ask.end + 1s ± 10ms", true),
        ("agent.speaks at ask.end + 1s ± 9ms", false),
        ("agent.speaks between ask.start and ask.end", false),
        ("agent.speaks between ask.end - 400ms and agent.falls_silent", true),
        ("agent.speaks between ask.end - 400ms and agent.falls_silent.1", false),
        ("agent.falls_silent.2 after agent.speaks", true),
        ("agent.falls_silent.1 after agent.speaks", false),
        ("agent.falls_silent after agent.speaks", true),
        ("agent.speaks within 1s of ask.end where how = whole", true),
        ("agent.speaks between ask.end where how = whole and agent.falls_silent", true),
        ("agent.speaks at ask.end where how = whole + 1s ± 10ms", true),
        ("agent.speaks within 1s of ask.end where how = cut", false),
    ] {
        let evaluator = run(&expecting(&[line]), timeline);
        assert_eq!(*evaluator.verdicts()[0] == Verdict::Met, met, "{line}");
    }
}

#[test]
fn tests_compare_with_units_and_enter_json_and_headers() {
    let timeline = r#"
        10 metric name=asr_latency value=600ms
        11 metric name=tts_discontinuity value=2
        20 llm.request header={"x-request-id":"a"} messages=[{"role":"system","content":"s"},{"role":"user","content":"你好吗"}]
        30 llm.request header={"x-request-id":"b"} body={"temperature":0.5,"stream":true}
        40 agent.falls_silent level=-18dB
        50 subtitle of=agent final=true text="a b"
        over 1000"#;
    for (line, met) in [
        ("metric where name = asr_latency and value < 601ms", true),
        ("metric where name = asr_latency and value < 0.6s", false),
        ("metric where name = asr_latency and value = 0.6s", true),
        ("metric where name = tts_discontinuity and value > 1", true),
        ("llm.request where messages.-1.content = 你好吗", true),
        ("llm.request where messages.1.role = user", true),
        ("llm.request where messages.-3.content contains s", false),
        ("llm.request where messages contains 你好", true),
        ("llm.request where messages.-1.content matches ^你.*吗$", true),
        ("llm.request.2 where body.temperature < 1 and body.stream = true", true),
        ("llm.request.2 where header.X-Request-Id differs from llm.request.1", true),
        ("llm.request.1 where header.X-Request-Id differs from llm.request.1", false),
        ("llm.request.1 where header.X-Request-Id same as llm.request.1", true),
        ("llm.request.2 where header.X-Request-Id same as llm.request.1", false),
        ("llm.request.2 where header.X-Request-Id same as llm.request.3", false),
        ("llm.request.2 where header.X-Request-Id = b", true),
        ("llm.request.2 where messages.0.content != x", false),
        ("agent.falls_silent where level > -20dB", true),
        ("subtitle where final = true and text = \\\"a b\\\"", true),
        ("subtitle where of != agent", false),
    ] {
        let evaluator = run(&expecting(&[&format!("\"{line}\"")]), timeline);
        assert_eq!(*evaluator.verdicts()[0] == Verdict::Met, met, "{line}");
    }
}

#[test]
fn a_spoken_part_ends_within_one_segment_of_what_was_heard() {
    // The story begins 从前，海边的小镇上住着一位老人。他修钟。
    for (content, met) in [
        ("从前，海边的小镇上", true),
        ("从前，海边的", true),
        ("从前", false),
        ("从前，海边的小镇上住着一位老人。他", false),
        ("从前，山上", false),
        ("", false),
    ] {
        let timeline = format!(
            "3000 agent.falls_silent heard=\"从前，海边的小镇\" segment=\"海边的小镇\"\n\
             4000 llm.request messages=[{{\"content\":\"{content}\"}}]\nover 9000"
        );
        let case = expecting(&["llm.request where messages.-1.content is spoken part of story-200.txt"]);
        let evaluator = run(&case, &timeline);
        assert_eq!(*evaluator.verdicts()[0] == Verdict::Met, met, "{content}");
    }
}

#[test]
fn what_was_heard_may_be_told_after_the_request_that_shows_it() {
    let case = expecting(&["llm.request where messages.-1.content is spoken part of story-200.txt"]);
    let before = "4000 llm.request messages=[{\"content\":\"从前，\"}]";
    assert_eq!(*run(&case, before).verdicts()[0], Verdict::Waiting);
    let after =
        format!("{before}\n3950 agent.falls_silent heard=\"从前，海\" segment=\"从前，海边的\"\nnow 4200");
    assert_eq!(*run(&case, &after).verdicts()[0], Verdict::Met);
}

#[test]
fn times_and_count_hold_until_the_run_is_over() {
    let case = case(
        "expect:\n  - metric where name = interruption times 1\ncount: { llm.request: 2, tts.request: 0 }\n",
    );
    let first = "10 metric name=interruption value=1\n20 llm.request";
    insta::assert_snapshot!(said(&case, first), @"
    metric where name = interruption times 1: Holding
    llm.request: Waiting
    tts.request: Holding
    ");
    insta::assert_snapshot!(said(&case, &format!("{first}\n30 llm.request\nover 5000")), @"
    metric where name = interruption times 1: Met
    llm.request: Met
    tts.request: Met
    ");
    insta::assert_snapshot!(
        said(&case, &format!("{first}\n30 metric name=interruption value=1\n40 tts.request\nover 5000")), @"
    metric where name = interruption times 1: FAILED at 0.030 s: came twice instead of 1: at 0.010 s, 0.030 s
    llm.request: FAILED at 5.000 s: came once instead of 2: at 0.020 s
    tts.request: FAILED at 0.040 s: came once instead of 0: at 0.040 s
    "
    );
}

#[test]
fn times_within_a_bound_counts_what_lies_in_it() {
    let case = expecting(&["tts.request times 2 ", "tts.request within 1s of ask.end times 2"]);
    insta::assert_snapshot!(
        said(&case, "500 tts.request\n1000 ask.end\n1100 tts.request\n1200 tts.request\nnow 2200"), @"
    tts.request times 2: FAILED at 1.200 s: came 3 times instead of 2: at 0.500 s, 1.100 s, 1.200 s
    tts.request within 1s of ask.end times 2: Met
    "
    );
}

#[test]
fn order_lets_others_lie_between_and_stops_at_the_first_that_is_missing() {
    let case = case(
        "order: [state where is = speaking, state where is = interrupted, state where is = listening, agent.speaks]\n",
    );
    insta::assert_snapshot!(said(
        &case,
        "0 state is=listening\n10 state is=speaking\n20 error of=llm kind=auth\n30 state is=listening\nover 5000",
    ), @"
    state where is = speaking: Met
    state where is = interrupted: FAILED at 5.000 s: not seen after 0.010 s by 5.000 s; nearest: state where is = listening at 0.030 s
    state where is = listening: NotReached
    agent.speaks: NotReached
    ");
    insta::assert_snapshot!(said(
        &case,
        "0 state is=listening\n10 state is=speaking\n20 state is=interrupted\n20 state is=listening\n25 agent.speaks",
    ), @"
    state where is = speaking: Met
    state where is = interrupted: Met
    state where is = listening: Met
    agent.speaks: Met
    ");
}

#[test]
fn never_fails_at_once_and_holds_only_until_its_window_is_closed() {
    let case = case("never:\n  - agent.speaks between ask.start + 700ms and llm.request.2\n  - error\n");
    insta::assert_snapshot!(said(&case, "1000 ask.start\n1600 agent.speaks\n2000 llm.request"), @"
    agent.speaks between ask.start + 700ms and llm.request.2: Waiting
    error: Holding
    ");
    insta::assert_snapshot!(
        said(&case, "1000 ask.start\n1600 agent.speaks\n2000 llm.request\n2500 llm.request\nnow 2700"), @"
    agent.speaks between ask.start + 700ms and llm.request.2: Met
    error: Holding
    "
    );
    insta::assert_snapshot!(said(
        &case,
        "1000 ask.start\n1700 agent.speaks\n1800 error of=llm kind=auth\n2000 llm.request\n2500 llm.request",
    ), @"
    agent.speaks between ask.start + 700ms and llm.request.2: FAILED at 2.500 s: came at 1.700 s
    error: FAILED at 1.800 s: came at 1.800 s
    ");
}

//! Speeches of the application: who speaks, who waits, who is refused, who is dropped.

use bargein_core::{
    AgentState, AppCall, Command, Config, Conversation, LowerPriority, Notice, Overflow, QueueRules,
    SpeechOptions, Synthesis, Welcome,
};

use crate::talk::{Talk, told, vendors};

fn with(change: impl FnOnce(&mut QueueRules)) -> Config {
    let mut config = Config::default();
    change(&mut config.queue);
    config
}

const KINDS: &[&str] = &["agent", "accepted", "refused", "dropped"];

fn check(case: &str, config: Config, script: &str, expected: &[&str]) {
    assert_eq!(told(config, script, KINDS), *expected, "{case}");
}

#[test]
fn a_speech_of_the_same_rank_cuts_or_waits() {
    check(
        "cuts",
        Config::default(),
        "0 speak 请注意。\n1000 speak 再说一次。\n1100 end",
        &[
            "0 accepted 1 round 1",
            "0 agent 1 begins",
            "1000 accepted 2 round 2",
            "1000 agent 1 interrupted(speak) \"请\"",
            "1000 agent 2 begins",
        ],
    );
    check(
        "waits",
        Config::default(),
        "0 speak 请注意。\n1000 ask enqueue 说点什么\n3000 end",
        &[
            "0 accepted 1 round 1",
            "0 agent 1 begins",
            "1000 accepted 2 round 2",
            "2100 agent 1 completed \"请注意。\"",
            "2100 agent 2 begins",
        ],
    );
}

#[test]
fn a_question_of_the_application_cuts_by_its_own_name() {
    assert_eq!(
        told(Config::default(), "0 speak 请注意。\n1000 ask 说点什么\n1000 end", &["agent 1"]),
        ["0 agent 1 begins", "1000 agent 1 interrupted(ask) \"请\""]
    );
}

#[test]
fn the_sixth_that_waits_is_refused() {
    let script = "0 speak high 一二三四。\n1 speak high enqueue 一。\n2 speak high enqueue 二。\n3 speak high enqueue 三。
        4 speak high enqueue 四。\n5 speak high enqueue 五。\n6 speak high enqueue 六。\n20000 end";
    let lines = told(Config::default(), script, &["refused", "agent"]);
    assert_eq!(lines[1], "6 refused 7 queuefull");
    let completed: Vec<_> = lines.iter().filter(|line| line.contains("completed")).collect();
    assert_eq!(
        completed,
        [
            "2100 agent 1 completed \"一二三四。\"",
            "4200 agent 2 completed \"一。\"",
            "6300 agent 3 completed \"二。\"",
            "8400 agent 4 completed \"三。\"",
            "10500 agent 5 completed \"四。\"",
            "12600 agent 6 completed \"五。\"",
        ]
    );
}

#[test]
fn one_too_many_drops_the_oldest_where_the_rules_say_so() {
    let drop_oldest =
        |capacity| with(|rules| (rules.overflow, rules.capacity) = (Overflow::DropOldest, capacity));
    check(
        "one",
        drop_oldest(1),
        "0 speak 一二。\n10 speak enqueue 三四。\n20 speak enqueue 五六。\n30 end",
        &[
            "0 accepted 1 round 1",
            "0 agent 1 begins",
            "10 accepted 2 round 2",
            "20 accepted 3 round 3",
            "20 dropped 2",
        ],
    );
    check(
        "nobody may wait",
        drop_oldest(0),
        "0 speak 一二。\n10 speak enqueue 三四。",
        &["0 accepted 1 round 1", "0 agent 1 begins", "10 refused 2 queuefull"],
    );
}

#[test]
fn a_lower_speech_is_refused_dropped_or_waits() {
    let lower = |policy| with(|rules| rules.lower_clear = policy);
    let cases = [
        (LowerPriority::Refuse, vec!["10 refused 2 lowerpriority"]),
        (LowerPriority::Drop, vec!["10 accepted 2 round 2", "10 dropped 2"]),
        (LowerPriority::Enqueue, vec!["10 accepted 2 round 2", "2100 agent 2 begins"]),
    ];
    for (policy, expected) in cases {
        let lines = told(
            lower(policy),
            "0 speak 一二。\n10 speak low 三四。\n2200 end",
            &["refused 2", "accepted 2", "dropped", "agent 2"],
        );
        assert_eq!(lines, expected, "{policy:?}");
    }
}

#[test]
fn a_higher_speech_that_would_wait_cuts_and_keeps_the_queue() {
    let script = "0 speak 一二。\n10 speak enqueue 三四。\n20 speak high enqueue 五六。\n30 end";
    let begin = [
        "0 accepted 1 round 1",
        "0 agent 1 begins",
        "10 accepted 2 round 2",
        "20 accepted 3 round 3",
        "20 agent 1 interrupted(speak) \"\"",
    ];
    let lines = |more: &[&'static str]| [&begin[..], more].concat();
    check("keeps", Config::default(), script, &lines(&["20 agent 3 begins"]));
    let clears = with(|rules| rules.higher_enqueue_keeps_queue = false);
    check("clears", clears, script, &lines(&["20 dropped 2", "20 agent 3 begins"]));
    check(
        "a medium one clears",
        Config::default(),
        "0 speak low 一二。\n10 speak low enqueue 三四。\n20 speak enqueue 五六。",
        &lines(&["20 dropped 2", "20 agent 3 begins"]),
    );
}

#[test]
fn the_user_who_cuts_empties_the_queue() {
    check(
        "dropped",
        Config::default(),
        "0 speak 一二。\n10 speak enqueue 三四。\n1000 voice\n1500 end",
        &[
            "0 accepted 1 round 1",
            "0 agent 1 begins",
            "10 accepted 2 round 2",
            "1500 agent 1 interrupted(user) \"一\"",
            "1500 dropped 2",
        ],
    );
}

#[test]
fn after_an_interrupt_the_next_begins_unless_it_clears_the_queue() {
    let script = "0 speak 一二。\n10 speak enqueue 三四。\n1000 interrupt";
    let begin = [
        "0 accepted 1 round 1",
        "0 agent 1 begins",
        "10 accepted 2 round 2",
        "1000 accepted 3",
        "1000 agent 1 interrupted(signal) \"\"",
    ];
    check("next", Config::default(), script, &[&begin[..], &["1000 agent 2 begins"]].concat());
    let clears = with(|rules| rules.interrupt_clears_queue = true);
    check("clears", clears, script, &[&begin[..], &["1000 dropped 2"]].concat());
    check("nothing to cut", Config::default(), "0 interrupt", &["0 accepted 1"]);
}

#[test]
fn the_queue_is_said_in_one_go_and_ends_once() {
    let script = "0 speak 一二。\n10 speak enqueue 三四。\n9000 end";
    assert_eq!(
        told(Config::default(), script, &["state"]),
        [
            "0 state listening 0",
            "100 state speaking 1",
            "2200 state speaking 2",
            "4200 state finished 2",
            "4200 state listening 2"
        ]
    );
}

#[test]
fn what_cannot_be_said_is_refused() {
    let long = format!("0 speak {}", "好".repeat(301));
    check("too long", Config::default(), &long, &["0 refused 1 toolong"]);
    let whole = told(Config::default(), &format!("0 speak {}", "好".repeat(300)), &["accepted"]);
    assert_eq!(whole, ["0 accepted 1 round 1"], "just not");
    check("nothing in it", Config::default(), "0 speak ……！", &["0 refused 1 empty"]);
    check("a blank question", Config::default(), "0 ask  ", &["0 refused 1 empty"]);
    let text_only =
        Config { synthesis: Synthesis { enabled: false, ..Synthesis::default() }, ..Config::default() };
    check("no voice", text_only, "0 speak 你好。", &["0 refused 1 empty"]);
}

fn welcome(protected: bool, text: &str) -> Config {
    let welcome = Welcome { text: text.into(), protected, in_history: true };
    Config { welcome: Some(welcome), ..Config::default() }
}

#[test]
fn a_welcome_is_cut_by_the_user_unless_it_is_protected() {
    let script = "500 voice\n1100 final 1 你好。\n1200 silence\n3000 end";
    let lines = |protected| told(welcome(protected, "你好，欢迎。"), script, &["agent 1"]);
    assert_eq!(lines(false), ["0 agent 1 begins", "1000 agent 1 interrupted(user) \"你\""]);
    assert_eq!(lines(true), ["0 agent 1 begins", "2100 agent 1 completed \"你好，欢迎。\""]);
}

#[test]
fn a_welcome_that_cannot_be_spoken_is_over_at_once() {
    let mut config = welcome(false, "你好，欢迎。");
    config.synthesis.enabled = false;
    let silent = welcome(false, "……");
    for (config, heard) in [(config, "你好，欢迎。"), (silent, "")] {
        let mut untold = Conversation::new(config.clone());
        let is_over = std::iter::from_fn(|| untold.poll_command())
            .any(|command| matches!(command, Command::Notify(Notice::TurnEnded { .. })));
        assert!(is_over, "before anything happens");
        let lines = told(config, "500 text 在吗", &["agent 1", "metric interruption"]);
        assert_eq!(lines, ["0 agent 1 begins".into(), format!("0 agent 1 completed \"{heard}\"")]);
    }
}

#[test]
fn a_waiting_question_is_asked_with_the_history_of_its_time() {
    let mut talk = Talk::new(Config::default(), vendors());
    talk.play("0 speak 请注意。\n10 ask enqueue 说点什么\n20 add 早。\n2500 end");
    assert_eq!(talk.last_request(), ["a:早。", "a:请注意。", "u:说点什么"]);
}

#[test]
fn a_system_prompt_of_a_question_replaces_the_session_s() {
    let mut config = Config::default();
    config.history.system_prompt = Some("be kind".into());
    let mut talk = Talk::new(config, vendors());
    talk.call(AppCall::Ask {
        text: "说点什么".into(),
        system_prompt: Some("be short".into()),
        options: SpeechOptions::default(),
        question_in_history: true,
        answer_in_history: false,
    });
    assert_eq!(talk.last_request(), ["s:be short", "u:说点什么"]);
    talk.play("5000 text 然后呢");
    assert_eq!(talk.last_request(), ["s:be kind", "u:说点什么", "u:然后呢"]);
}

#[test]
fn a_speech_of_the_application_does_not_think() {
    let mut talk = Talk::new(Config::default(), vendors());
    talk.play("0 speak 请注意。\n3000 ask 说点什么\n6000 end");
    let thinking: Vec<_> = talk
        .driver
        .said
        .iter()
        .filter(|(_, command)| {
            matches!(command, Command::Notify(Notice::State { is: AgentState::Thinking, .. }))
        })
        .map(|(at, _)| at.as_nanos() / 1_000_000)
        .collect();
    assert_eq!(thinking, [3_000], "only a question does");
}

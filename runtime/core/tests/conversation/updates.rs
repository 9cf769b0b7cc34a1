//! Changes of the configuration in the middle of a conversation.

use std::time::Duration;

use bargein_core::{
    AppCall, Config, ConfigUpdate, Endpointing, HistoryRules, Interruption, InterruptionMode, Overflow,
    QueueRules, Segmentation, Turns, Window,
};

use crate::driver::Vendors;
use crate::talk::{Talk, model, vendors};

/// What was said of these kinds when `update` comes between two scripts.
fn told(config: Config, before: &str, update: ConfigUpdate, after: &str, kinds: &[&str]) -> Vec<String> {
    let mut talk = Talk::new(config, vendors());
    talk.play(before);
    talk.call(AppCall::Update(Box::new(update)));
    talk.play(after);
    talk.of(kinds)
}

fn interruption(rules: Interruption) -> ConfigUpdate {
    ConfigUpdate { interruption: Some(rules), ..ConfigUpdate::default() }
}

fn turns(turns: Turns) -> ConfigUpdate {
    ConfigUpdate {
        endpointing: Some(Endpointing { turns, ..Endpointing::default() }),
        ..ConfigUpdate::default()
    }
}

#[test]
fn update_in_the_middle_of_speech_counts_at_once() {
    let speaking = "0 speak 一二三四。\n600 voice\n1000 end";
    let shorter =
        Interruption { speech_duration: Some(Duration::from_millis(300)), ..Interruption::default() };
    assert_eq!(
        told(Config::default(), speaking, interruption(shorter), "3000 end", &["agent"]),
        ["0 agent 1 begins", "1000 agent 1 interrupted(user) \"一\""]
    );
    let manual = Interruption { mode: InterruptionMode::Manual, ..Interruption::default() };
    assert_eq!(
        told(Config::default(), speaking, interruption(manual), "3000 end", &["agent"]),
        ["0 agent 1 begins", "2100 agent 1 completed \"一二三四。\""]
    );
}

#[test]
fn update_in_the_middle_of_a_silence_counts_at_once() {
    let longer = Endpointing { silence: Duration::from_secs(2), ..Endpointing::default() };
    let update = ConfigUpdate { endpointing: Some(longer), ..ConfigUpdate::default() };
    assert_eq!(
        told(Config::default(), "0 voice\n900 silence\n1000 final 1 你好吗", update, "5000 end", &["user"]),
        ["0 user 1 begins", "2900 user 1 completed \"你好吗\""]
    );
}

#[test]
fn update_in_the_middle_of_a_reply_counts_from_the_next_on() {
    let segmentation = Segmentation { min: 3, ..Segmentation::default() };
    let update = ConfigUpdate { segmentation: Some(segmentation), ..ConfigUpdate::default() };
    let vendors =
        Vendors { llm: vec![model(&["第一句话说完了。第二句。第三句。"])], ..vendors() };
    let mut talk = Talk::new(Config::default(), vendors);
    talk.play("0 text 你好\n100 end");
    talk.call(AppCall::Update(Box::new(update)));
    talk.play("500 signal interrupt\n600 text 再说\n1000 end");
    assert_eq!(
        talk.of(&["tts 1 a", "tts 2 a", "tts 3 a", "tts 4 a", "tts 5 a"]),
        [
            "300 tts 1 asked \"第一句话说完了。\"",
            "300 tts 2 asked \"第二句。第三句。\"",
            "900 tts 3 asked \"第一句话说完了。\"",
            "900 tts 4 asked \"第二句。\"",
            "900 tts 5 asked \"第三句。\"",
        ]
    );
}

#[test]
fn update_of_the_history_counts_from_the_next_request_on() {
    let rules = HistoryRules {
        system_prompt: Some("be short".into()),
        window: Window::Messages(1),
        ..HistoryRules::default()
    };
    let mut talk = Talk::new(Config::default(), vendors());
    talk.play("0 text 你好\n5000 end");
    talk.call(AppCall::Update(Box::new(ConfigUpdate { history: Some(rules), ..ConfigUpdate::default() })));
    talk.play("6000 text 在吗");
    assert_eq!(talk.last_request(), ["s:be short", "a:好的，今天天气很好。", "u:在吗"]);
}

#[test]
fn update_to_walkie_talkie_ends_what_is_being_said() {
    assert_eq!(
        told(
            Config::default(),
            "0 voice\n700 interim 1 你好\n800 end",
            turns(Turns::WalkieTalkie),
            "900 final 1 你好吗\n1500 silence\n2000 voice\n2500 final 2 在吗\n5000 end",
            &["user", "listen"]
        ),
        ["0 user 1 begins", "800 listen false", "900 user 1 completed \"你好吗\""]
    );
}

#[test]
fn update_to_continuous_lets_silence_end_the_turn() {
    let mut config = Config::default();
    config.endpointing.turns = Turns::WalkieTalkie;
    assert_eq!(
        told(
            config,
            "0 signal start\n100 voice\n900 silence\n1000 final 1 你好吗",
            turns(Turns::Continuous),
            "3000 end",
            &["user", "listen"]
        ),
        [
            "0 listen false",
            "0 listen true",
            "0 user 1 begins",
            "1000 listen true",
            "1400 user 1 completed \"你好吗\""
        ]
    );
}

#[test]
fn update_to_a_smaller_queue_counts_from_the_next_speech_on() {
    let queue = QueueRules { capacity: 1, overflow: Overflow::DropOldest, ..QueueRules::default() };
    let update = ConfigUpdate { queue: Some(queue), ..ConfigUpdate::default() };
    assert_eq!(
        told(
            Config::default(),
            "0 speak 一二。\n10 speak enqueue 三四。\n20 speak enqueue 五六。",
            update,
            "30 speak enqueue 七八。",
            &["dropped"]
        ),
        ["30 dropped 2", "30 dropped 3"]
    );
}

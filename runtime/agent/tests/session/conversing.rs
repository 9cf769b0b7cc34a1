//! A user speaks, the agent answers.

use std::time::Duration;

use bargein_agent::replay;
use bargein_core::{AsrEvent, Config};
use bargein_net::{RunError, run_virtual};

use crate::stage::{Script, Stage};

#[test]
fn a_question_is_heard_and_answered_and_its_journal_gives_the_same_commands() -> Result<(), RunError> {
    run_virtual(1, async |world| {
        let script = Script {
            hears: vec![(90, AsrEvent::Final { sentence: 1, text: "Hello world.".to_owned() })],
            ..Script::default()
        };
        let stage = Stage::new(&world, Config::default(), &script);
        stage.speak("hello-world", Duration::from_secs(3)).await;
        let (record, journal) = stage.end().await;
        assert_eq!(
            record.of(&["asr", "llm", "tts", "voice", "heard", "turn", "state", "warm"]),
            [
                "0 asr.1 opened",
                "0 state Listening",
                "120 warm llm",
                "120 voice from 0.060 s",
                "120 turn of User",
                "120 state Listening",
                "1480 voice until 1.380 s",
                "1880 llm.1 asked \"Hello world.\" attempt 1",
                "1880 turn ended of User Completed \"Hello world.\"",
                "1880 turn of Agent",
                "1880 state Thinking",
                "2090 tts.1 asked \"I am here.\"",
                "2240 state Speaking",
                "2740 state Finished",
                "2740 turn ended of Agent Completed \"I am here.\"",
                "2740 state Listening",
                "4420 asr.1 heard 220 frames, 71 with sound",
                "2240 heard 25 frames",
            ]
        );
        assert_eq!(replay(Config::default(), &journal).as_deref(), Ok(journal.commands()));
    })
}

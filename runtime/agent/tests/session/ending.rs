//! The end of a session.

use std::time::Duration;

use bargein_agent::CallError;
use bargein_core::{AppCall, Config};
use bargein_net::{RunError, run_virtual};

use crate::stage::{Script, Stage, speech};

#[test]
fn a_stop_closes_everything_at_once_and_leaves_nothing() -> Result<(), RunError> {
    run_virtual(1, async |world| {
        let stage = Stage::new(&world, Config::default(), &Script::default());
        stage.call(speech("One two three four"));
        stage.listen(Duration::from_millis(200)).await;
        let (record, _) = stage.end().await;
        assert_eq!(
            record.of(&["tts", "asr", "turn ended", "heard"]),
            [
                "0 asr.1 opened",
                "0 tts.1 asked \"One two three four\"",
                "200 tts.1 closed",
                "200 turn ended of Agent Stopped \"\"",
                "200 asr.1 heard 9 frames, 0 with sound",
                "150 heard 3 frames",
            ]
        );
    })
}

#[test]
fn dropping_the_handle_stops_the_session() -> Result<(), RunError> {
    run_virtual(1, async |world| {
        let Stage { session, says, record, .. } = Stage::new(&world, Config::default(), &Script::default());
        drop(session);
        world.clock.sleep(Duration::from_millis(1)).await;
        assert!(says.text("Is anybody there?").await.is_err());
        assert_eq!(record.of(&["asr"]), ["0 asr.1 opened", "0 asr.1 heard 0 frames, 0 with sound"]);
    })
}

#[test]
fn a_graceful_stop_lets_the_agent_finish() -> Result<(), RunError> {
    run_virtual(1, async |world| {
        let stage = Stage::new(&world, Config::default(), &Script::default());
        stage.call(speech("One two three four"));
        stage.call(AppCall::Stop { patience: Some(Duration::from_secs(5)) });
        stage.session.over().await;
        assert_eq!(stage.session.call(AppCall::Interrupt), Err(CallError::Over));
        let (record, _) = stage.end().await;
        assert_eq!(
            record.of(&["accepted", "turn ended", "heard"]),
            [
                "0 accepted 1",
                "0 accepted 2",
                "1050 turn ended of Agent Completed \"One two three four\"",
                "150 heard 45 frames",
            ]
        );
    })
}

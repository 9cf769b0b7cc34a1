//! Vendors that fail, stall, or are not there.

use std::time::Duration;

use bargein_core::{AsrEvent, Config, FaultKind, LlmEvent, VendorFault};
use bargein_net::{RunError, run_virtual};

use crate::stage::{Script, Stage, speech};

#[test]
fn a_retry_keeps_the_name_of_its_request() -> Result<(), RunError> {
    run_virtual(1, async |world| {
        let fault = VendorFault::new(FaultKind::Unavailable, "overloaded");
        let answer = vec![(50, LlmEvent::Delta("I am here.".to_owned())), (60, LlmEvent::Finished)];
        let script =
            Script { replies: vec![vec![(80, LlmEvent::Failed(fault))], answer], ..Script::default() };
        let stage = Stage::new(&world, Config::default(), &script);
        let _ = stage.says.text("Are you there?").await;
        world.clock.sleep(Duration::from_secs(2)).await;
        let (record, _) = stage.end().await;
        assert_eq!(
            record.of(&["llm"]),
            ["0 llm.1 asked \"Are you there?\" attempt 1", "180 llm.2 asked \"Are you there?\" attempt 2"]
        );
        let ids = record
            .of(&["id"])
            .iter()
            .map(|line| line.rsplit_once(' ').map(|(_, id)| id.to_owned()))
            .collect::<Vec<_>>();
        assert_eq!(ids.len(), 3);
        assert_eq!(ids[0], ids[1], "a retry has the name of its request");
        assert_ne!(ids[1], ids[2], "another request has its own");
    })
}

#[test]
fn a_stalled_synthesis_ends_with_a_timeout() -> Result<(), RunError> {
    run_virtual(1, async |world| {
        let stage = Stage::new(&world, Config::default(), &Script { stall_after: 5, ..Script::default() });
        stage.call(speech("One two three four"));
        world.clock.sleep(Duration::from_secs(8)).await;
        let (record, _) = stage.end().await;
        // The last chunk came at 170 ms.
        assert_eq!(
            record.of(&["tts", "error", "heard"]),
            [
                "0 tts.1 asked \"One two three four\"",
                "5170 tts.1 closed",
                "5170 error tts timeout: expected more audio within 5s, got none",
                "150 heard 5 frames",
            ]
        );
    })
}

#[test]
fn a_synthesis_that_fails_after_some_audio_is_heard_so_far() -> Result<(), RunError> {
    run_virtual(1, async |world| {
        let fault = VendorFault::new(FaultKind::Unavailable, "gone");
        let stage = Stage::new(
            &world,
            Config::default(),
            &Script { tts_fails: Some((5, fault)), ..Script::default() },
        );
        stage.call(speech("One two three four"));
        world.clock.sleep(Duration::from_secs(2)).await;
        let (record, _) = stage.end().await;
        assert_eq!(
            record.of(&["error", "turn ended", "heard"]),
            [
                "175 error tts unavailable: gone",
                "250 turn ended of Agent Completed \"\"",
                "150 heard 5 frames"
            ]
        );
    })
}

#[test]
fn an_adapter_that_panics_fails_its_call_and_not_the_session() {
    let outcome = run_virtual(1, async |world| {
        let stage = Stage::new(&world, Config::default(), &Script { panics_after: 2, ..Script::default() });
        stage.call(speech("Yes!"));
        world.clock.sleep(Duration::from_secs(1)).await;
        let (record, _) = stage.end().await;
        assert_eq!(
            record.of(&["error", "turn ended", "heard"]),
            [
                "160 error tts broken: expected the adapter to go on, it panicked",
                "190 turn ended of Agent Completed \"\"",
                "150 heard 2 frames"
            ]
        );
    });
    // The world does not hide it.
    assert!(matches!(outcome, Err(RunError::Panicked(_))), "{outcome:?}");
}

#[test]
fn a_stream_that_ends_without_a_last_word_has_failed() -> Result<(), RunError> {
    run_virtual(1, async |world| {
        let script = Script { replies: vec![vec![(80, LlmEvent::Responding)]], ..Script::default() };
        let stage = Stage::new(&world, Config::default(), &script);
        let _ = stage.says.text("Are you there?").await;
        world.clock.sleep(Duration::from_secs(2)).await;
        let (record, _) = stage.end().await;
        assert_eq!(
            record.of(&["error"]),
            ["260 error llm broken: expected a last word of the call, got the end of its stream"]
        );
    })
}

#[test]
fn a_recogniser_that_is_late_gets_the_last_two_seconds() -> Result<(), RunError> {
    run_virtual(1, async |world| {
        let script = Script { asr_ready: Duration::from_secs(3), ..Script::default() };
        let stage = Stage::new(&world, Config::default(), &script);
        stage.speak("hello-world", Duration::from_secs(3)).await;
        let (record, _) = stage.end().await;
        // Of 220 frames the first 49 were too early; the recording is the first 71.
        assert_eq!(record.of(&["asr"]), ["0 asr.1 opened", "4420 asr.1 heard 171 frames, 22 with sound"]);
    })
}

#[test]
fn a_recogniser_that_fails_is_opened_again_and_hears_what_it_missed() -> Result<(), RunError> {
    run_virtual(1, async |world| {
        let fault = VendorFault::new(FaultKind::Broken, "cut");
        let script = Script { hears: vec![(30, AsrEvent::Failed(fault))], ..Script::default() };
        let stage = Stage::new(&world, Config::default(), &script);
        stage.listen(Duration::from_millis(1200)).await;
        let (record, _) = stage.end().await;
        assert_eq!(
            record.of(&["asr", "error"]),
            [
                "0 asr.1 opened",
                "600 asr.1 closed",
                "600 error asr broken: cut",
                "1100 asr.2 opened",
                "1200 asr.2 heard 29 frames, 0 with sound",
            ]
        );
    })
}

#[test]
fn a_session_without_vendors_hears_voices_and_says_what_is_missing() -> Result<(), RunError> {
    run_virtual(1, async |world| {
        let stage = Stage::without_vendors(&world, Config::default());
        stage.speak("vm-goodbye", Duration::from_secs(3)).await;
        let _ = stage.says.text("Are you there?").await;
        world.clock.sleep(Duration::from_millis(1)).await;
        stage.call(speech("Yes!"));
        world.clock.sleep(Duration::from_secs(2)).await;
        let (record, _) = stage.end().await;
        assert_eq!(
            record.of(&["voice", "error"]),
            [
                "120 voice from 0.060 s",
                "980 voice until 0.880 s",
                "3880 error llm bad_request: expected a language model, this session has none",
                "3881 error tts bad_request: expected speech synthesis, this session has none",
            ]
        );
    })
}

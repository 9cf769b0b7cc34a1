//! What the agent's voice does: its pace, its gaps, its end.

use std::time::Duration;

use bargein_agent::FRAME;
use bargein_core::{Config, LlmEvent, Signal, Synthesis};
use bargein_net::{RunError, run_virtual};

use crate::stage::{Script, Stage, speech};

/// Two sentences of 18 and 22 characters: segments of 900 ms and 1.1 s.
fn two_sentences() -> Vec<Vec<(u64, LlmEvent)>> {
    vec![vec![
        (100, LlmEvent::Delta("It is a sunny day. ".to_owned())),
        (100, LlmEvent::Delta("No rain before Sunday.".to_owned())),
        (100, LlmEvent::Finished),
    ]]
}

#[test]
fn segments_follow_each_other_without_a_gap() -> Result<(), RunError> {
    run_virtual(1, async |world| {
        let script = Script { replies: two_sentences(), ..Script::default() };
        let stage = Stage::new(&world, Config::default(), &script);
        let _ = stage.says.text("How is the weather?").await;
        world.clock.sleep(Duration::from_secs(4)).await;
        let (record, _) = stage.end().await;
        assert_eq!(
            record.of(&["tts", "heard", "turn ended of Agent", "metric tts_d"]),
            [
                "100 tts.1 asked \"It is a sunny day.\"",
                "100 tts.2 asked \"No rain before Sunday.\"",
                "2250 turn ended of Agent Completed \"It is a sunny day. No rain before Sunday.\"",
                "250 heard 100 frames",
            ]
        );
    })
}

#[test]
fn a_slow_synthesis_is_dry_and_resumes_as_soon_as_audio_comes() -> Result<(), RunError> {
    run_virtual(1, async |world| {
        // 40 ms of audio every 50 ms.
        let chunk = (FRAME * 2, Duration::from_millis(50));
        let stage = Stage::new(&world, Config::default(), &Script { chunk, ..Script::default() });
        stage.call(speech("Yes!"));
        world.clock.sleep(Duration::from_secs(2)).await;
        let (record, _) = stage.end().await;
        assert_eq!(
            record.of(&["heard", "turn ended", "metric tts_d"]),
            [
                "150 heard 2 frames",
                "200 heard 2 frames",
                "250 heard 2 frames",
                "300 heard 2 frames",
                "400 metric tts_discontinuity 4",
                "400 turn ended of Agent Completed \"Yes!\"",
                "350 heard 2 frames",
            ]
        );
    })
}

#[test]
fn a_call_that_holds_enough_audio_is_not_read() -> Result<(), RunError> {
    run_virtual(1, async |world| {
        let synthesis = Synthesis { read_ahead: FRAME * 3, ..Synthesis::default() };
        let config = Config { synthesis, ..Config::default() };
        let script = Script { chunk: (FRAME, Duration::ZERO), ..Script::default() };
        let stage = Stage::new(&world, config, &script);
        stage.call(speech("Yes!"));
        world.clock.sleep(Duration::from_secs(2)).await;
        let (record, _) = stage.end().await;
        assert_eq!(
            record.of(&["chunk", "heard", "turn ended"]),
            [
                "150 chunk 1.0",
                "150 chunk 1.1",
                "150 chunk 1.2",
                "150 chunk 1.3",
                "170 chunk 1.4",
                "190 chunk 1.5",
                "210 chunk 1.6",
                "230 chunk 1.7",
                "250 chunk 1.8",
                "270 chunk 1.9",
                "350 turn ended of Agent Completed \"Yes!\"",
                "150 heard 10 frames",
            ]
        );
    })
}

#[test]
fn audio_of_another_rate_is_heard_at_its_own_length() -> Result<(), RunError> {
    run_virtual(1, async |world| {
        let stage = Stage::new(&world, Config::default(), &Script { tts_rate: 24_000, ..Script::default() });
        stage.call(speech("Yes!"));
        world.clock.sleep(Duration::from_secs(2)).await;
        let (record, _) = stage.end().await;
        // The filter holds back the first chunk's end.
        assert_eq!(
            record.of(&["heard", "turn ended"]),
            ["355 turn ended of Agent Completed \"Yes!\"", "155 heard 10 frames"]
        );
    })
}

#[test]
fn after_an_interruption_no_frame_leaves_and_its_calls_are_closed_at_once() -> Result<(), RunError> {
    run_virtual(1, async |world| {
        let chunk = (FRAME, Duration::from_millis(15));
        let script = Script { replies: two_sentences(), chunk, ..Script::default() };
        let stage = Stage::new(&world, Config::default(), &script);
        let _ = stage.says.text("How is the weather?").await;
        world.clock.sleep(Duration::from_millis(710)).await;
        let _ = stage.says.signal(Signal::Interrupt).await;
        world.clock.sleep(Duration::from_secs(1)).await;
        let (record, _) = stage.end().await;
        assert_eq!(
            record.of(&["tts", "heard", "turn ended of Agent", "state I"]),
            [
                "100 tts.1 asked \"It is a sunny day.\"",
                "100 tts.2 asked \"No rain before Sunday.\"",
                "710 tts.1 closed",
                "710 tts.2 closed",
                "710 state Interrupted",
                "710 turn ended of Agent Interrupted(Signal) \"It is a\"",
                // The frame of 710 ms did not leave.
                "250 heard 23 frames",
            ]
        );
    })
}

/// Two sentences, the second six seconds after the first: longer than audio is waited for.
fn a_pause_between_two() -> Vec<Vec<(u64, LlmEvent)>> {
    vec![vec![
        (100, LlmEvent::Delta("It is a sunny day. ".to_owned())),
        (1_100, LlmEvent::Delta("No ".to_owned())),
        (4_000, LlmEvent::Delta("rain before ".to_owned())),
        (8_000, LlmEvent::Delta("Sunday.".to_owned())),
        (8_000, LlmEvent::Finished),
    ]]
}

#[test]
fn a_voice_that_takes_pieces_gets_a_reply_in_one_call_as_it_comes() -> Result<(), RunError> {
    run_virtual(1, async |world| {
        let script = Script { replies: a_pause_between_two(), in_pieces: true, ..Script::default() };
        let stage = Stage::new(&world, Config::default(), &script);
        let _ = stage.says.text("How is the weather?").await;
        world.clock.sleep(Duration::from_secs(12)).await;
        let (record, _) = stage.end().await;
        assert_eq!(
            record.of(&["tts", "turn ended of Agent"]),
            [
                "250 tts.1 says \"It is a sunny day.\"",
                "8000 tts.1 says \" No rain before Sunday.\"",
                "9140 turn ended of Agent Completed \"It is a sunny day. No rain before Sunday.\"",
            ]
        );
    })
}

#[test]
fn a_cut_closes_the_call_that_waits_for_text() -> Result<(), RunError> {
    run_virtual(1, async |world| {
        let script = Script { replies: a_pause_between_two(), in_pieces: true, ..Script::default() };
        let stage = Stage::new(&world, Config::default(), &script);
        let _ = stage.says.text("How is the weather?").await;
        world.clock.sleep(Duration::from_secs(3)).await;
        let _ = stage.says.signal(Signal::Interrupt).await;
        world.clock.sleep(Duration::from_secs(1)).await;
        let (record, _) = stage.end().await;
        assert_eq!(record.of(&["tts"]), ["250 tts.1 says \"It is a sunny day.\"", "3000 tts.1 closed"]);
    })
}

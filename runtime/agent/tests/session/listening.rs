//! Who listens to a session: the room, and whoever measures it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bargein_agent::{Mark, RoomUser, Session, SessionSettings, loopback};
use bargein_core::{LlmEvent, Signal};
use bargein_net::{RunError, run_virtual};

use crate::stage::{Script, speech, vendors};

#[test]
fn a_room_that_does_not_listen_loses_frames_and_notices_and_holds_up_nothing() -> Result<(), RunError> {
    run_virtual(1, async |world| {
        let script = Script { per_char: Duration::from_millis(500), ..Script::default() };
        let (vendors, _) = vendors(&world, &script);
        let (room, RoomUser { says, mut hears, mut told }) = loopback();
        let session = Session::start(&world, SessionSettings { vendors, ..Default::default() }, room);
        // 5.5 s of speech.
        assert!(session.call(speech("Absolutely.")).is_ok());
        world.clock.sleep(Duration::from_secs(7)).await;
        let mut frames = 0;
        let first = hears.frame().await.map(|frame| frame.at.as_millis());
        while hears.frame().await.is_some() {
            frames += 1;
            if frames == 255 {
                session.stop().await;
            }
        }
        assert_eq!((first, frames, hears.lost()), (Some(150), 255, 275 - 256));
        assert!(says.signal(Signal::Interrupt).await.is_err(), "the session has left");
        while told.next().await.is_some() {}
        assert_eq!(told.lost(), 0);
    })
}

#[test]
fn the_shells_milestones_come_in_order() -> Result<(), RunError> {
    run_virtual(1, async |world| {
        let (vendors, _) = vendors(
            &world,
            &Script {
                replies: vec![vec![
                    (200, LlmEvent::Delta("I am here.".to_owned())),
                    (200, LlmEvent::Finished),
                ]],
                ..Script::default()
            },
        );
        let marks = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&marks);
        let sink: bargein_agent::MarkSink = Arc::new(move |at, mark| {
            seen.lock().unwrap_or_else(PoisonError::into_inner).push((at.as_millis(), mark));
        });
        let (room, user) = loopback();
        let settings = SessionSettings { vendors, marks: Some(sink), ..Default::default() };
        let session = Session::start(&world, settings, room);
        assert!(user.says.text("Are you there?").await.is_ok());
        world.clock.sleep(Duration::from_millis(400)).await;
        assert!(user.says.signal(Signal::Interrupt).await.is_ok());
        world.clock.sleep(Duration::from_millis(1)).await;
        session.stop().await;
        assert_eq!(
            *marks.lock().unwrap_or_else(PoisonError::into_inner),
            [
                (0, Mark::LlmWritten),
                (200, Mark::Delta),
                (200, Mark::TtsWritten),
                (350, Mark::FirstAudio),
                (350, Mark::Frame),
                (370, Mark::Frame),
                (390, Mark::Frame),
                (400, Mark::CutDecided),
                (400, Mark::CutDone),
            ]
        );
    })
}

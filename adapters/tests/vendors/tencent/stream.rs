//! A stream that goes well, and one that nobody wants any more.

use bargein_core::AsrEvent;
use bargein_net::{run_real, run_virtual};
use futures_util::StreamExt;
use serde_json::json;
use tokio::sync::mpsc;

use super::{
    END, accepted, call, ended, example, interim, last, recogniser, run, sentence, speak, with_times,
};
use crate::ms;
use crate::websocket::{Heard, Step, frame, serve, text, upgrade};

#[test]
fn sentences_come_as_they_are_said_and_the_last_ones_after_the_end_of_the_audio() {
    let ran = run(
        vec![
            upgrade(),
            Step::Wait(ms(5)),
            accepted(),
            Step::Wait(ms(65)),
            text(example(1)),
            Step::Wait(ms(10)),
            text(example(2)),
            sentence(0, 1, "再"),
            Step::Hear(END),
            Step::Wait(ms(30)),
            sentence(2, 1, "再见。"),
            ended(),
        ],
        5,
    );
    assert_eq!(
        ran.said,
        [
            (5, AsrEvent::Ready),
            (70, interim(0, "实时")),
            (80, last(0, "实时语音识别")),
            (80, interim(1, "再")),
            (130, last(1, "再见。")),
            (130, AsrEvent::Closed),
        ]
    );
    assert_eq!(
        ran.heard[1..],
        [
            (40, Heard::Audio([[1; 640], [2; 640]].concat())),
            (80, Heard::Audio([[3; 640], [4; 640]].concat())),
            (100, Heard::Audio(vec![5; 640])),
            (100, Heard::Text(END.into())),
            (130, Heard::Gone),
        ]
    );
}

#[test]
fn audio_waits_until_the_service_takes_it() {
    let script = vec![upgrade(), Step::Wait(ms(90)), accepted(), Step::Hear(END), ended()];
    let ran = run(script, 6);
    assert_eq!(ran.said, [(90, AsrEvent::Ready), (120, AsrEvent::Closed)]);
    assert_eq!(
        ran.heard[1..],
        [
            (90, Heard::Audio([[1; 640], [2; 640]].concat())),
            (90, Heard::Audio([[3; 640], [4; 640]].concat())),
            (120, Heard::Audio([[5; 640], [6; 640]].concat())),
            (120, Heard::Text(END.into())),
            (120, Heard::Gone),
        ]
    );
}

#[test]
fn a_stream_without_audio_ends_at_once() {
    let ran = run(vec![upgrade(), accepted(), Step::Hear(END), ended()], 0);
    assert_eq!(ran.said, [(0, AsrEvent::Ready), (0, AsrEvent::Closed)]);
    assert_eq!(ran.heard[1..], [(0, Heard::Text(END.into())), (0, Heard::Gone)]);
}

#[test]
fn every_shape_of_a_sentence_reads() {
    for (slices, expected) in [
        (&[(0, 0, "一"), (1, 0, "一二"), (1, 0, "三"), (2, 0, "三。")][..], {
            vec![interim(0, "一"), interim(0, "一二"), interim(0, "三"), last(0, "三。")]
        }),
        (&[(0, 0, "一"), (2, 0, "一。")], vec![interim(0, "一"), last(0, "一。")]),
        (&[(2, 0, "一。"), (2, 1, "二。")], vec![last(0, "一。"), last(1, "二。")]),
        // The next sentence begins with its index alone.
        (&[(1, 0, "一"), (1, 1, "二")], vec![interim(0, "一"), interim(1, "二")]),
        // Nothing was recognised yet, and in the end.
        (&[(0, 0, ""), (2, 0, "")], vec![last(0, "")]),
        (&[(7, 3, "一")], vec![interim(3, "一")]),
    ] {
        let mut script = vec![upgrade(), accepted(), Step::Hear(END)];
        script.extend(slices.iter().map(|(slice, index, said)| sentence(*slice, *index, said)));
        script.push(ended());
        let said: Vec<_> = run(script, 1).said.into_iter().map(|(_, event)| event).collect();
        assert_eq!(said[1..said.len() - 1], expected, "{slices:?}");
    }
}

#[test]
fn results_in_the_last_message_count() {
    let both = r#"{"code":0,"final":1,"result":{"slice_type":2,"index":0,"voice_text_str":"好。"}}"#;
    let ran = run(vec![upgrade(), accepted(), Step::Hear(END), text(both)], 0);
    assert_eq!(ran.said, [(0, AsrEvent::Ready), (0, last(0, "好。")), (0, AsrEvent::Closed)]);
}

#[test]
fn messages_cut_anywhere_say_the_same() {
    let (half, rest) = example(1).split_at(60);
    let downlink = [
        frame(0x81, example(0).as_bytes()),
        // One message in two frames, a ping between them.
        frame(0x01, half.as_bytes()),
        frame(0x89, b"?"),
        frame(0x80, rest.as_bytes()),
        // The service's text under another name.
        frame(0x82, example(2).as_bytes()),
        frame(0x81, example(3).as_bytes()),
    ]
    .concat();
    for cut in 1..downlink.len() {
        let (before, after) = downlink.split_at(cut);
        let script = vec![upgrade(), Step::Send(before.into()), Step::Wait(ms(1)), Step::Send(after.into())];
        let said: Vec<_> = run(script, 0).said.into_iter().map(|(_, event)| event).collect();
        let expected = [AsrEvent::Ready, interim(0, "实时"), last(0, "实时语音识别"), AsrEvent::Closed];
        assert_eq!(said, expected, "cut at {cut}");
    }
}

#[test]
fn pings_are_answered_while_nobody_speaks() {
    let ping = |payload: &[u8]| Step::Send(frame(0x89, payload));
    let script = vec![
        upgrade(),
        ping(b"early"),
        accepted(),
        Step::Wait(ms(10)),
        ping(b"late"),
        Step::Wait(ms(10)),
        ended(),
    ];
    let ran = run_virtual(1, async |world| {
        let (_, mut heard) = serve(&world, "asr.test", [script]).await;
        let (_line, audio) = mpsc::channel(1);
        let said = with_times(&world.clock, recogniser(&world, &json!({})).open(call(), audio)).await;
        world.clock.sleep(ms(1)).await;
        let mut all = Vec::new();
        while let Ok((at, heard)) = heard.try_recv() {
            all.push((at.as_millis(), heard));
        }
        (said, all)
    });
    let (said, heard) = ran.expect("no task left");
    assert_eq!(said, [(0, AsrEvent::Ready), (20, AsrEvent::Closed)]);
    let pongs = [(0, Heard::Pong(b"early".into())), (10, Heard::Pong(b"late".into()))];
    assert_eq!(heard[1..], [&pongs[..], &[(20, Heard::Gone)]].concat());
}

#[test]
fn a_service_that_takes_no_audio_is_still_heard() {
    let script = vec![
        upgrade(),
        accepted(),
        Step::Wait(ms(10)),
        Step::Deafen,
        Step::Wait(ms(4500)),
        sentence(2, 0, "好。"),
        ended(),
    ];
    let ran = run(script, 250);
    assert_eq!(ran.said, [(0, AsrEvent::Ready), (4510, last(0, "好。")), (4510, AsrEvent::Closed)]);
}

#[test]
fn a_dropped_stream_closes_its_connection_at_once() {
    // Before the upgrade, before the service takes the stream, amid a sentence, and while the last results come.
    let open = [upgrade(), accepted(), sentence(0, 0, "实时")];
    for (script, frames, events) in
        [(&open[..0], 200, 0), (&open[..1], 200, 0), (&open[..], 200, 2), (&open[..], 3, 2)]
    {
        let ran = run_virtual(1, async |world| {
            let (_, mut heard) = serve(&world, "asr.test", [script.to_vec()]).await;
            let audio = speak(&world, frames);
            let mut stream = recogniser(&world, &json!({})).open(call(), audio);
            for _ in 0..events {
                stream.next().await;
            }
            let more = world.clock.timeout(ms(113), stream.next()).await;
            assert!(more.is_err(), "{more:?}");
            drop(stream);
            let dropped = world.clock.now();
            while let Some((at, heard)) = heard.recv().await {
                if heard == Heard::Gone {
                    return at.since(dropped).as_nanos();
                }
            }
            u128::MAX
        });
        assert_eq!(ran.expect("no task left"), 0, "{script:?}");
    }
}

#[test]
fn nothing_is_dialed_before_the_events_are_polled() {
    let heard = run_virtual(1, async |world| {
        let (_, mut heard) = serve(&world, "asr.test", []).await;
        let stream = recogniser(&world, &json!({})).open(call(), speak(&world, 1));
        world.clock.sleep(ms(100)).await;
        drop(stream);
        heard.try_recv().ok()
    });
    assert_eq!(heard.expect("no task left"), None);
}

#[test]
fn the_same_runs_over_sockets() {
    let script = vec![
        upgrade(),
        accepted(),
        sentence(0, 0, "实时"),
        Step::Hear(END),
        sentence(2, 0, "实时语音识别"),
        ended(),
    ];
    let ran = run_real(1, async |world| {
        let (authority, mut heard) = serve(&world, "127.0.0.1:0", [script]).await;
        let recogniser = recogniser(&world, &json!({ "url": format!("ws://{authority}/asr/v2") }));
        let said: Vec<_> = recogniser.open(call(), speak(&world, 5)).collect().await;
        let mut audio = Vec::new();
        while let Some((_, heard)) = heard.recv().await {
            match heard {
                Heard::Audio(bytes) => audio.extend(bytes),
                Heard::Gone => break,
                _ => {}
            }
        }
        (said, audio)
    });
    let (said, audio) = ran.expect("no task left");
    let expected = [AsrEvent::Ready, interim(0, "实时"), last(0, "实时语音识别"), AsrEvent::Closed];
    assert_eq!(said, expected);
    assert_eq!(audio, (1..=5).flat_map(|number| [number; 640]).collect::<Vec<u8>>());
}

//! What is read from answers: whole, cut, broken off, refused.

use std::time::Duration;

use bargein_adapters::tts::{TtsItem, Word};
use bargein_core::{FaultKind, VendorFault};
use bargein_net::run_virtual;
use futures_util::StreamExt as _;
use serde::Deserialize;

use super::table::{Row, TABLE};
use super::{AUDIO, Heard, call, synthesiser};
use crate::server::{Saw, Step, chunk, end, head, serve, whole};
use crate::{ms, with_times};

fn heard(row: &Row, script: Vec<Step>) -> Heard {
    let items = run_virtual(1, async |world| {
        let _saw = serve(&world, "tts.test", [script]).await;
        synthesiser(&world, row).start(call()).collect::<Vec<_>>().await
    });
    Heard::of(items.expect("no task left"))
}

fn in_pieces(row: &Row, pieces: &[&[u8]]) -> Vec<Step> {
    [vec![head("200 OK", row.content_type)], pieces.iter().map(chunk).collect(), vec![end()]].concat()
}

fn expected(row: &Row) -> Heard {
    let word = |(text, start, end): &(&str, u64, u64)| Word {
        text: (*text).to_owned(),
        start: Duration::from_millis(*start),
        end: Duration::from_millis(*end),
    };
    Heard {
        responding: true,
        samples: AUDIO.to_vec(),
        rate: Some(row.rate),
        words: row.words.iter().map(word).collect(),
        last: Some(TtsItem::Finished),
    }
}

#[test]
fn an_answer_gives_its_audio_and_its_words_however_it_is_cut() {
    for row in TABLE {
        assert_eq!(heard(row, in_pieces(row, &[row.answer])), expected(row), "{} in one piece", row.name());
        let bytes: Vec<&[u8]> = row.answer.chunks(1).collect();
        assert_eq!(heard(row, in_pieces(row, &bytes)), expected(row), "{} byte by byte", row.name());
        for at in (1..row.answer.len()).step_by(5) {
            let (one, other) = row.answer.split_at(at);
            assert_eq!(
                heard(row, in_pieces(row, &[one, other])),
                expected(row),
                "{} cut at {at}",
                row.name()
            );
        }
    }
}

#[test]
fn an_answer_that_breaks_off_leaves_its_audio_and_a_fault() {
    for row in TABLE {
        let piece = &row.answer[..row.cut_at];
        let script = vec![head("200 OK", row.content_type), chunk(piece), Step::Wait(ms(30)), Step::Close];
        let got = heard(row, script);
        assert!(AUDIO.starts_with(&got.samples), "{}", row.name());
        let broken = matches!(&got.last, Some(TtsItem::Failed(fault)) if fault.kind == FaultKind::Broken);
        assert!(broken, "{}: {:?}", row.name(), got.last);
    }
}

#[test]
fn an_end_without_the_vendors_mark_is_no_end() {
    let marked: Vec<&Row> = TABLE
        .iter()
        .filter(|row| !row.content_type.starts_with("audio/") && row.interface != "with_timestamps")
        .collect();
    assert_eq!(marked.len(), 7);
    for row in marked {
        let got = heard(row, in_pieces(row, &[&row.answer[..row.cut_at]]));
        assert!(
            matches!(&got.last, Some(TtsItem::Failed(fault)) if fault.kind == FaultKind::Broken),
            "{}: {got:?}",
            row.name()
        );
    }
}

#[test]
fn no_audio_at_all_is_a_fault() {
    for row in TABLE.iter().filter(|row| row.content_type.starts_with("audio/")) {
        let message = VendorFault::new(FaultKind::Broken, "expected audio, got none");
        assert_eq!(
            heard(row, in_pieces(row, &[b"1"])).last,
            Some(TtsItem::Failed(message)),
            "{}",
            row.name()
        );
    }
}

/// A refusal among the fixtures.
#[derive(Deserialize)]
struct Refusal {
    status: u16,
    r#type: String,
    body: String,
    kind: FaultKind,
    code: String,
    message: String,
}

#[test]
fn refusals_are_told_by_kind_code_and_words_and_say_when_to_come_again() {
    let mut count = 0;
    for row in TABLE {
        for line in row.errors.lines() {
            let refusal: Refusal = serde_json::from_str(line).expect("a refusal");
            let headers = format!("Content-Type: {}\r\nRetry-After: 2\r\n", refusal.r#type);
            let status = format!("{} Told", refusal.status);
            let got = heard(row, vec![whole(&status, &headers, &refusal.body)]);
            let Some(TtsItem::Failed(fault)) = got.last else {
                panic!("{}: no fault for {line}", row.name())
            };
            assert_eq!(
                (fault.kind, fault.code.as_str(), fault.message.as_str()),
                (refusal.kind, refusal.code.as_str(), refusal.message.as_str()),
                "{} {line}",
                row.name()
            );
            let waits = refusal.status != 200;
            assert_eq!(fault.retry_after.is_some(), waits, "{} {line}", row.name());
            count += 1;
        }
    }
    assert_eq!(count, 38);
}

#[test]
fn a_page_of_a_gateway_is_told_and_keys_are_not() {
    for row in TABLE {
        let key = ["key", "secret_key", "token"]
            .iter()
            .find_map(|name| row.settings()[name].as_str().map(str::to_owned));
        let key = key.expect("a key");
        let page = format!("<html>{key} is unknown</html>");
        let got = heard(row, vec![whole("502 Bad Gateway", "Content-Type: text/html\r\n", &page)]);
        let Some(TtsItem::Failed(fault)) = got.last else { panic!("{}: no fault", row.name()) };
        assert_eq!((got.responding, fault.kind), (false, FaultKind::Unavailable), "{}", row.name());
        assert!(
            fault.message.contains("***** is unknown") && !fault.message.contains(&key),
            "{}",
            fault.message
        );
        let got = heard(row, vec![whole("200 OK", "Content-Type: text/html\r\n", "<html>log in</html>")]);
        assert!(matches!(got.last, Some(TtsItem::Failed(_))), "{}: {:?}", row.name(), got.last);
    }
}

#[test]
fn dropping_the_stream_closes_the_connection_at_once() {
    for row in TABLE {
        run_virtual(1, async |world| {
            let script = vec![head("200 OK", row.content_type), chunk(&row.answer[..row.cut_at]), Step::Hold];
            let mut saw = serve(&world, "tts.test", [script]).await;
            let mut stream = synthesiser(&world, row).start(call());
            assert_eq!(stream.next().await, Some(TtsItem::Responding), "{}", row.name());
            let _ = world.clock.timeout(ms(70), stream.next()).await;
            let at = world.clock.now();
            drop(stream);
            saw.recv().await;
            saw.recv().await;
            assert_eq!(saw.recv().await, Some(Saw::ClosedByClient(at)), "{}", row.name());
        })
        .expect("no task left");
    }
}

#[test]
fn a_connection_serves_again_when_the_answer_was_read() {
    for row in TABLE {
        run_virtual(1, async |world| {
            let mut saw =
                serve(&world, "tts.test", [in_pieces(row, &[row.answer]), in_pieces(row, &[row.answer])])
                    .await;
            let synthesiser = synthesiser(&world, row);
            for _ in 0..2 {
                let items: Vec<_> = synthesiser.start(call()).collect().await;
                assert_eq!(items.last(), Some(&TtsItem::Finished), "{}", row.name());
            }
            assert!(matches!(saw.recv().await, Some(Saw::Connection)));
            assert!(matches!(saw.recv().await, Some(Saw::Request(_))), "{}", row.name());
            assert!(matches!(saw.recv().await, Some(Saw::Request(_))), "{}", row.name());
        })
        .expect("no task left");
    }
}

#[test]
fn a_vendor_that_leaves_the_answer_open_behind_its_end_mark_is_not_waited_for() {
    let marked = TABLE
        .iter()
        .filter(|row| row.content_type == "text/event-stream" || row.interface == "unidirectional");
    for row in marked {
        let items = run_virtual(1, async |world| {
            let script = vec![head("200 OK", row.content_type), chunk(row.answer), Step::Hold];
            let _saw = serve(&world, "tts.test", [script]).await;
            with_times(&world.clock, synthesiser(&world, row).start(call())).await
        });
        assert_eq!(items.expect("no task left").last(), Some(&(50, TtsItem::Finished)), "{}", row.name());
    }
}

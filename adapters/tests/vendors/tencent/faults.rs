//! What goes wrong with a stream: the service's codes, refusals, and connections that end.

use std::time::Duration;

use bargein_core::{AsrEvent, FaultKind, VendorFault};
use bargein_net::{LinkFaults, run_virtual};
use futures_util::StreamExt as _;
use serde_json::json;

use super::{END, accepted, call, example, interim, last, recogniser, run, sentence, speak};
use crate::websocket::{Heard, Step, frame, serve, text, upgrade};
use crate::{ms, with_times};

/// The fault of a stream whose server plays this, and its millisecond.
#[track_caller]
fn fault(script: Vec<Step>, frames: u8) -> (u64, VendorFault) {
    let last = run(script, frames).said.pop();
    let fault = last.and_then(|(at, event)| match event {
        AsrEvent::Failed(fault) => Some((at, fault)),
        _ => None,
    });
    fault.expect("a stream that ends with a fault")
}

#[track_caller]
fn check(script: Vec<Step>, frames: u8, at: u64, kind: FaultKind, code: &str, message: &str) {
    let expected = VendorFault::new(kind, message).with_code(code);
    assert_eq!(fault(script, frames), (at, expected));
}

#[test]
fn codes_say_what_may_help() {
    for (code, kind) in [
        (4000, FaultKind::BadRequest),
        (4001, FaultKind::BadRequest),
        (4002, FaultKind::Auth),
        (4003, FaultKind::Auth),
        (4004, FaultKind::Quota),
        (4005, FaultKind::Quota),
        (4006, FaultKind::RateLimited),
        (4007, FaultKind::BadRequest),
        (4008, FaultKind::Timeout),
        (4009, FaultKind::Broken),
        (4010, FaultKind::BadRequest),
        (4999, FaultKind::BadRequest),
        (5000, FaultKind::Unavailable),
        (5001, FaultKind::Unavailable),
        (5002, FaultKind::Unavailable),
        (6001, FaultKind::Auth),
        (7777, FaultKind::Broken),
        (-1, FaultKind::Broken),
    ] {
        let message = text(&format!(r#"{{"code":{code},"message":"原因","voice_id":"v"}}"#));
        // In place of taking the stream, and amid it; with and without the close that follows.
        let first = vec![upgrade(), Step::Wait(ms(7)), message.clone(), Step::Drop];
        check(first, 3, 7, kind, &code.to_string(), "原因");
        let later = vec![upgrade(), accepted(), Step::Wait(ms(47)), message];
        check(later, 3, 47, kind, &code.to_string(), "原因");
    }
}

#[test]
fn the_services_own_example_of_a_failure_reads() {
    let script = vec![upgrade(), accepted(), text(example(4))];
    check(script, 0, 0, FaultKind::Timeout, "4008", "后台识别服务器音频分片等待超时");
}

#[test]
fn a_code_without_a_word_gets_one_of_ours_and_a_long_one_is_cut() {
    let script = vec![upgrade(), text(r#"{"code":5000}"#)];
    let words = "the service ended the stream with the code 5000 and no word";
    check(script, 0, 0, FaultKind::Unavailable, "5000", words);
    let long = format!(r#"{{"code":5000,"message":"{}"}}"#, "字".repeat(900));
    check(vec![upgrade(), text(&long)], 0, 0, FaultKind::Unavailable, "5000", &"字".repeat(500));
}

#[test]
fn refusals_of_the_upgrade_are_told_by_status() {
    let json = r#"{"code":4002,"message":"鉴权失败","voice_id":""}"#;
    for (status, more, body, kind, code, message, retry_after) in [
        ("401 Unauthorized", "", json, FaultKind::Auth, "4002", "鉴权失败", None),
        ("403 Forbidden", "", "", FaultKind::Auth, "403", "the status 403 Forbidden", None),
        (
            "429 Too Many Requests",
            "Retry-After: 3\r\n",
            r#"{"code":"busy"}"#,
            FaultKind::RateLimited,
            "429",
            "the status 429 Too Many Requests",
            Some(3),
        ),
        ("404 Not Found", "", "<html>", FaultKind::BadRequest, "404", "the status 404 Not Found", None),
        (
            "503 Service Unavailable",
            "Retry-After: 60\r\n",
            "",
            FaultKind::Unavailable,
            "503",
            "the status 503 Service Unavailable",
            Some(60),
        ),
        ("504 Gateway Timeout", "", "", FaultKind::Timeout, "504", "the status 504 Gateway Timeout", None),
        ("200 OK", "", "hello", FaultKind::Broken, "200", "the status 200 OK", None),
    ] {
        let answer = format!("HTTP/1.1 {status}\r\n{more}Content-Length: {}\r\n\r\n{body}", body.len());
        let (at, fault) = fault(vec![Step::Wait(ms(12)), Step::Send(answer.into())], 3);
        assert_eq!((at, fault.kind, fault.code.as_str()), (12, kind, code), "{status}");
        assert!(fault.message.ends_with(message), "{fault:?}");
        assert_eq!(fault.retry_after, retry_after.map(Duration::from_secs), "{status}");
    }
}

#[test]
fn what_is_no_upgrade_is_broken() {
    for answer in ["HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n", "\u{1}\u{2}\u{3}\r\n\r\n", ""]
    {
        let (at, fault) = fault(vec![Step::Send(answer.into()), Step::Drop], 3);
        assert_eq!((at, fault.kind), (0, FaultKind::Broken), "{fault:?}");
    }
}

#[test]
fn a_service_that_cannot_be_reached_is_unavailable_and_one_that_is_too_slow_a_timeout() {
    for (is_there, expected) in [(false, (0, FaultKind::Unavailable)), (true, (5000, FaultKind::Timeout))] {
        let said = run_virtual(1, async |world| {
            if is_there {
                serve(&world, "asr.test", []).await;
                let slow = LinkFaults { latency: Duration::from_secs(10), ..LinkFaults::default() };
                world.network.fault("asr.test:80", slow);
            }
            with_times(&world.clock, recogniser(&world, &json!({})).open(call(), speak(&world, 3))).await
        });
        match said.expect("no task left").as_slice() {
            [(at, AsrEvent::Failed(fault))] => assert_eq!((*at, fault.kind), expected, "{fault:?}"),
            other => panic!("expected a fault, got {other:?}"),
        }
    }
}

#[test]
fn a_connection_that_ends_amid_an_utterance_is_broken() {
    let close = |payload: &[u8]| Step::Send(frame(0x88, payload));
    let silent = "expected results up to the final one, got the end of the connection";
    let begun = [upgrade(), accepted(), Step::Wait(ms(50)), sentence(0, 0, "实时")];
    for (ending, code, message) in [
        (Step::Drop, "", None),
        (close(b""), "", Some(silent)),
        (close(&[0x03, 0xe8]), "1000", Some(silent)),
        (close(b"\x03\xf3restarting"), "1011", Some("restarting")),
    ] {
        let ran = run([&begun[..], &[ending]].concat(), 200);
        let [ready, text, failed] = ran.said.as_slice() else { panic!("{:?}", ran.said) };
        assert_eq!((ready, text), (&(0, AsrEvent::Ready), &(50, interim(0, "实时"))));
        let (50, AsrEvent::Failed(fault)) = failed else { panic!("{failed:?}") };
        assert_eq!((fault.kind, fault.code.as_str()), (FaultKind::Broken, code));
        assert!(message.is_none_or(|message| fault.message == message), "{fault:?}");
    }
}

#[test]
fn an_end_without_the_final_message_is_a_fault_even_after_the_audio() {
    let gone = vec![upgrade(), accepted(), Step::Hear(END), sentence(2, 0, "好。"), Step::Drop];
    let (at, broken) = fault(gone, 3);
    assert_eq!((at, broken.kind), (60, FaultKind::Broken));

    let ran =
        run(vec![upgrade(), accepted(), Step::Hear(END), Step::Wait(ms(1500)), sentence(2, 0, "好。")], 3);
    let [_, text, (at, AsrEvent::Failed(fault))] = ran.said.as_slice() else { panic!("{:?}", ran.said) };
    assert_eq!(text, &(1560, last(0, "好。")));
    assert_eq!((*at, fault.kind), (2060, FaultKind::Timeout));
    assert_eq!(ran.heard.last(), Some(&(2060, Heard::Gone)));
}

#[test]
fn a_message_that_does_not_read_is_broken() {
    let huge = format!(r#"{{"code":0,"message":"{}"}}"#, "a".repeat(60_000));
    for (bytes, words) in [
        (frame(0x81, b"{\"code\":0,"), "expected a message of the service, got `{\"code\":0,`"),
        (frame(0x81, b"hello"), "expected a message of the service, got `hello`"),
        (frame(0x81, b"\xff"), "the connection broke"),
        (frame(0xc1, b"{}"), "the connection broke"),
        (
            [frame(0x01, huge.as_bytes()), frame(0x00, huge.as_bytes()).repeat(5)].concat(),
            "the connection broke",
        ),
    ] {
        let (_, fault) = fault(vec![upgrade(), accepted(), Step::Send(bytes)], 0);
        assert_eq!(fault.kind, FaultKind::Broken);
        assert!(fault.message.starts_with(words), "{fault:?}");
    }
}

#[test]
fn a_key_in_the_services_words_is_hidden_in_either_version() {
    let quotes = r#"{"code":4002,"message":"SKexample or eJw-sig is wrong","voice_id":"v"}"#;
    let v3 = json!({ "version": "v3", "url": "ws://asr.test/asr/v3", "usersig": "eJw-sig" });
    for (more, words) in [(json!({}), "***** or eJw-sig is wrong"), (v3, "SKexample or ***** is wrong")] {
        let said = run_virtual(1, async |world| {
            serve(&world, "asr.test", [vec![upgrade(), text(quotes)]]).await;
            recogniser(&world, &more).open(call(), speak(&world, 1)).next().await
        });
        let Some(AsrEvent::Failed(fault)) = said.expect("no task left") else { panic!("no fault") };
        assert_eq!((fault.kind, fault.message.as_str()), (FaultKind::Auth, words));
    }
}

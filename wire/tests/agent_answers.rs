//! Answers of vendors whose streams are events of their own, read from bytes to text: `fixtures/wire/<vendor>/`.

use std::path::PathBuf;
use std::{fs, io};

use bargein_wire::openai::chat::{AnswerError, Said};
use bargein_wire::openai::responses;
use bargein_wire::sse::{Decoder, Event};
use bargein_wire::{coze, dify};

/// What a stream comes to: its text, the names of the tools called, and its error.
type Read = (String, Vec<String>, Option<String>);

/// A reader of one vendor's events.
enum Reader {
    Coze(coze::Answer),
    Dify(dify::Answer),
    Responses(responses::Answer),
}

impl Reader {
    fn of(vendor: &str) -> Self {
        match vendor {
            "coze" => Self::Coze(coze::Answer::default()),
            "dify" => Self::Dify(dify::Answer::default()),
            _ => Self::Responses(responses::Answer::default()),
        }
    }

    fn on_event(&mut self, event: &Event) -> Result<Said, AnswerError> {
        match self {
            Self::Coze(answer) => answer.on_event(event),
            Self::Dify(answer) => answer.on_event(event),
            Self::Responses(answer) => answer.on_frame(&event.data),
        }
    }

    fn tools(&self) -> Vec<String> {
        let call = |call: &bargein_wire::openai::chat::ToolCall| format!("{} {}", call.name, call.arguments);
        match self {
            Self::Coze(answer) => answer.tool_calls().map(call).collect(),
            Self::Dify(_) => Vec::new(),
            Self::Responses(answer) => answer.tool_calls().map(call).collect(),
        }
    }

    fn end(self) -> Result<String, AnswerError> {
        match self {
            Self::Coze(answer) => answer.end(),
            Self::Dify(answer) => answer.end(),
            Self::Responses(answer) => answer.end(),
        }
    }
}

/// Reads a stream to its end, as it arrives in these pieces.
fn read<'a>(vendor: &str, pieces: impl Iterator<Item = &'a [u8]>) -> Read {
    let (mut decoder, mut reader) = (Decoder::new(), Reader::of(vendor));
    let mut text = String::new();
    let mut tools = Vec::new();
    let whole = (|| {
        for piece in pieces {
            decoder.push(piece);
            while let Ok(Some(event)) = decoder.next_event() {
                text += &reader.on_event(&event)?.text;
            }
        }
        if let Ok(Some(event)) = decoder.finish() {
            text += &reader.on_event(&event)?.text;
        }
        tools = reader.tools();
        text += &reader.end()?;
        Ok(())
    })();
    (text, tools, whole.err().map(|error: AnswerError| error.to_string()))
}

#[test]
fn every_stream_reads_the_same_however_it_is_cut() -> io::Result<()> {
    let whole = |text: &str| (text.to_owned(), Vec::new(), None);
    let failed = |text: &str, error: &str| (text.to_owned(), Vec::new(), Some(error.to_owned()));
    let tool = |call: &str| (String::new(), vec![call.to_owned()], None);
    for (file, expected) in [
        ("coze/stream.sse", whole("20星期三。")),
        ("coze/verbose.sse", whole("AllFiles")),
        ("coze/failed.sse", failed("", "event interval error")),
        ("coze/error.sse", failed("", "a failure without a word")),
        ("coze/requires_action.sse", tool(r#"local_data_assistant {"order_name": "xx"}"#)),
        ("dify/stream.sse", whole("I'm glad to meet you")),
        ("dify/replace.sse", whole("I will Let us speak of something else.")),
        ("dify/error.sse", failed("I", "[openai] Rate Limit Error, you have reached the rate limit")),
        ("openai_responses/stream.sse", whole("Hi there! How can I assist you today?")),
        ("openai_responses/tool_call.sse", tool(r#"read_file {"path":"src/lib.rs"}"#)),
        ("openai_responses/failed.sse", failed("", "The model failed to generate a response.")),
        ("openai_responses/error.sse", failed("", "Something went wrong")),
        ("openai_responses/incomplete.sse", whole("Hi")),
    ] {
        let vendor = file.split('/').next().unwrap_or_default();
        let stream = fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures/wire").join(file))?;
        assert_eq!(read(vendor, [stream.as_slice()].into_iter()), expected, "{file}");
        assert_eq!(read(vendor, stream.chunks(1)), expected, "{file} byte by byte");
        for cut in 0..stream.len() {
            let (head, tail) = stream.split_at(cut);
            assert_eq!(read(vendor, [head, tail].into_iter()), expected, "{file} cut at {cut}");
        }
    }
    Ok(())
}

#[test]
fn a_stream_that_ends_early_says_what_is_missing() -> io::Result<()> {
    for (file, missing) in [
        ("coze/verbose.sse", "conversation.chat.completed"),
        ("dify/stream.sse", "message_end"),
        ("openai_responses/stream.sse", "response.completed"),
    ] {
        let vendor = file.split('/').next().unwrap_or_default();
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures/wire").join(file);
        let stream = fs::read_to_string(path)?;
        // Up to the last event but one.
        let end = stream.trim_end().rfind("\n\n").unwrap_or_default() + 2;
        let cut = stream.get(..end).unwrap_or_default();
        let (text, _, error) = read(vendor, [cut.as_bytes()].into_iter());
        assert!(!text.is_empty());
        let expected = format!("expected the event `{missing}` before the end of the stream, got none");
        assert_eq!(error, Some(expected), "{file}");
    }
    Ok(())
}

#[test]
fn documents_are_answers_or_say_why_not() {
    let coze = |body: &str| coze::Answer::default().on_document(body).map(|said| said.text);
    let dify = |body: &str| dify::Answer::default().on_document(body).map(|said| said.text);
    let responses = |body: &str| responses::Answer::default().on_document(body).map(|said| said.text);
    let words = |read: Result<String, AnswerError>| read.map_err(|error| error.to_string());
    assert_eq!(
        words(coze(r#"{"code":4100,"msg":"authentication is invalid"}"#)),
        Err("authentication is invalid".into())
    );
    assert!(words(coze(r#"{"code":0,"data":{}}"#)).is_err());
    let blocking = include_str!("../../fixtures/wire/dify/blocking.json");
    assert_eq!(words(dify(blocking)), Ok("iPhone 13 Pro Max specs are listed here:...".into()));
    assert_eq!(words(dify(r#"{"code":"unauthorized","message":"no"}"#)), Err("no".into()));
    let whole = r#"{"id":"resp_1","status":"completed","error":null,"output":[{"type":"reasoning","summary":[]},
        {"type":"message","content":[{"type":"output_text","text":"Hi"}]}]}"#;
    assert_eq!(words(responses(whole)), Ok("Hi".into()));
    let failed = r#"{"status":"failed","error":{"code":"server_error","message":"sorry"},"output":[]}"#;
    assert_eq!(words(responses(failed)), Err("sorry".into()));
    assert_eq!(words(responses("[]")), Err("expected a JSON object, got `[]`".into()));
}

#[test]
fn ids_that_later_requests_need_are_kept() -> Result<(), AnswerError> {
    let mut decoder = Decoder::new();
    decoder.push(include_bytes!("../../fixtures/wire/dify/error.sse"));
    let mut answer = dify::Answer::default();
    if let Ok(Some(event)) = decoder.next_event() {
        answer.on_event(&event)?;
    }
    assert_eq!(answer.conversation_id(), Some("45701982-8118-4bc5-8e9b-64562b4555f2"));
    let mut decoder = Decoder::new();
    decoder.push(include_bytes!("../../fixtures/wire/coze/stream.sse"));
    let mut answer = coze::Answer::default();
    if let Ok(Some(event)) = decoder.next_event() {
        answer.on_event(&event)?;
    }
    let chat = answer.chat().map(|chat| (chat.conversation_id.as_str(), chat.chat_id.as_str()));
    assert_eq!(chat, Some(("7381473525342978089", "7382159487131697202")));
    Ok(())
}

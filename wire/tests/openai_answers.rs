//! Streams that broke real clients, read from bytes to text: `fixtures/wire/openai/quirks/`.

use std::path::PathBuf;
use std::{fs, io};

use bargein_wire::openai::chat::{Answer, AnswerError, FinishReason, Usage};
use bargein_wire::sse::Decoder;

/// What a stream came to.
#[derive(PartialEq, Debug, Default)]
struct Read {
    text: String,
    meta: Vec<String>,
    usage: Option<Usage>,
    finish: Option<FinishReason>,
    error: Option<String>,
}

/// Reads a stream to its end, as it arrives in these pieces.
fn read<'a>(pieces: impl Iterator<Item = &'a [u8]>, cumulative: bool) -> Read {
    let mut decoder = Decoder::new();
    let mut answer = Answer::new(cumulative);
    let mut read = Read::default();
    let whole = (|| {
        for piece in pieces {
            decoder.push(piece);
            while let Ok(Some(event)) = decoder.next_event() {
                add(&mut read, &mut answer, &event.data)?;
            }
        }
        if let Ok(Some(event)) = decoder.finish() {
            add(&mut read, &mut answer, &event.data)?;
        }
        read.usage = answer.usage();
        read.finish = answer.finish_reason().cloned();
        read.text += &answer.end()?;
        Ok(())
    })();
    read.error = whole.err().map(|error: AnswerError| error.to_string());
    read
}

fn add(read: &mut Read, answer: &mut Answer, data: &str) -> Result<(), AnswerError> {
    let said = answer.on_frame(data)?;
    read.text += &said.text;
    read.meta.extend(said.meta);
    Ok(())
}

/// What a good stream of the folder comes to.
fn whole() -> Read {
    Read { text: "Hi there".into(), finish: Some(FinishReason::Stop), ..Read::default() }
}

fn with_usage() -> Read {
    Read { usage: Some(Usage { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 }), ..whole() }
}

fn finished(finish: FinishReason) -> Read {
    Read { finish: Some(finish), ..whole() }
}

fn failed(text: &str, error: &str) -> Read {
    Read { text: text.into(), error: Some(error.into()), ..Read::default() }
}

/// What the streams come to.
fn expected(name: &str) -> Read {
    match name {
        "Q01-usage-with-empty-choices"
        | "Q02-usage-without-choices"
        | "Q05-usage-on-every-chunk"
        | "Q16-last-frame-repeats-the-whole-text"
        | "Q16-only-frame-is-the-whole-text"
        | "Q50-numbers-as-texts" => with_usage(),
        "Q09-cut-before-finish" => {
            failed("Hi there", "expected a finish_reason or [DONE] before the end of the stream, got neither")
        }
        "Q11-no-finish-reason-key" => Read { finish: None, ..whole() },
        "Q12-finish-reason-sensitive" => finished(FinishReason::ContentFilter),
        "Q12-finish-reason-insufficient_system_resource" => finished(FinishReason::Overloaded),
        "Q12-finish-reason-abort" => finished(FinishReason::Aborted),
        "Q19-only-reasoning" => {
            Read { finish: Some(FinishReason::Stop), ..failed("", "expected an answer, got only reasoning") }
        }
        "Q30-many-byte-characters" => Read { text: "你好，🙂世界".into(), ..whole() },
        "Q38-error-after-text" => failed("Hi there", "The server had an error"),
        "Q39-error-with-code-and-message" => {
            failed("Hi there", "Model service overloaded. Please try again later.")
        }
        "Q39-error-in-base-resp" => failed("", "rate limit exceeded(RPM)"),
        "Q42-rate-limit-in-the-stream" => failed("", "Rate limit reached for requests"),
        "Q47-same-chunk-for-ever" => {
            failed(&"again ".repeat(99), "expected an answer that goes on, got `again` 100 times in a row")
        }
        "Q54-halves-of-a-character" => Read { text: "Hi 🙂".into(), ..whole() },
        "metainfo" => Read { meta: vec![r#"{"action":"wave"}"#.into()], ..whole() },
        "broken-json" => failed(
            "Hi there",
            r#"expected a JSON object, got `{"choices":[{"index":0,"delta":{"content":" th`"#,
        ),
        "content-filter-without-text" => {
            Read { text: String::new(), ..finished(FinishReason::ContentFilter) }
        }
        "tool-calls-beside-text" => finished(FinishReason::ToolCalls),
        _ => whole(),
    }
}

#[test]
fn streams_that_broke_real_clients_read_the_same_however_they_are_cut() -> io::Result<()> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures/wire/openai/quirks");
    let mut files = 0;
    for file in fs::read_dir(folder)? {
        let path = file?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let stream = fs::read(&path)?;
        let cumulative = name.starts_with("Q17");
        assert_eq!(read([stream.as_slice()].into_iter(), cumulative), expected(&name), "{name}");
        assert_eq!(read(stream.chunks(1), cumulative), expected(&name), "{name} byte by byte");
        for cut in (0..stream.len()).step_by(7.max(stream.len() / 60)) {
            let (head, tail) = stream.split_at(cut);
            assert_eq!(read([head, tail].into_iter(), cumulative), expected(&name), "{name} cut at {cut}");
        }
        files += 1;
    }
    assert!(files > 40, "expected more than 40 streams, got {files}");
    Ok(())
}

#[test]
fn a_document_instead_of_a_stream_is_read_or_named() {
    for (body, expected) in [
        (
            r#"{"choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}]}"#,
            Ok("Hi"),
        ),
        ("\n\n\n {\"choices\":[{\"message\":{\"content\":\"Hi\"}}]}\n", Ok("Hi")),
        (r#"{"choices":[{"message":{"content":"<think>hmm</think>Hi"}}]}"#, Ok("Hi")),
        (r#"{"choices":[{"message":{"content":""},"finish_reason":"stop"}]}"#, Ok("")),
        (r#"{"error":{"message":"no","code":"x"}}"#, Err("no")),
        (r#"{"object":"list"}"#, Err(r#"expected a member `choices` or `error`, got `{"object":"list"}`"#)),
        (r#"["a"]"#, Err(r#"expected a JSON object, got `["a"]`"#)),
    ] {
        let mut answer = Answer::new(false);
        let read = answer.on_document(body).and_then(|said| Ok(said.text + &answer.end()?));
        assert_eq!(
            read.map_err(|error| error.to_string()),
            expected.map(str::to_owned).map_err(str::to_owned)
        );
    }
}

#[test]
fn an_answer_is_finishing_before_it_is_done() -> Result<(), AnswerError> {
    let mut answer = Answer::new(false);
    answer.on_frame(r#"{"choices":[{"delta":{"content":"Hi"},"finish_reason":null}]}"#)?;
    assert!(!answer.is_finishing());
    answer.on_frame(r#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#)?;
    assert!(answer.is_finishing() && !answer.is_done());
    // A failure told after the end is none any more.
    answer.on_frame(r#"{"error":{"message":"late"}}"#)?;
    answer.on_frame("[DONE]")?;
    assert!(answer.is_done());
    Ok(())
}

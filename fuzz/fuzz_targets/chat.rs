//! Chunks of chat completions: no frame makes the reader panic, and what is spoken never begins with white space.
#![no_main]

use bargein_wire::openai::chat::Answer;
use bargein_wire::sse::Decoder;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|stream: &[u8]| {
    read(stream, false);
    read(stream, true);
});

fn read(stream: &[u8], cumulative: bool) {
    let mut decoder = Decoder::new();
    let mut answer = Answer::new(cumulative);
    let mut spoken = String::new();
    decoder.push(stream);
    while let Ok(Some(event)) = decoder.next_event() {
        match answer.on_frame(&event.data) {
            Ok(said) => spoken += &said.text,
            Err(_) => return,
        }
    }
    assert!(spoken.is_empty() || !spoken.starts_with(char::is_whitespace));
    assert_eq!(answer.has_spoken(), !spoken.is_empty());
    let mut document = Answer::new(cumulative);
    let _ = document.on_document(&String::from_utf8_lossy(stream));
    if let Ok(rest) = answer.end() {
        assert!(!spoken.is_empty() || rest.is_empty() || !rest.starts_with(char::is_whitespace));
    }
}

//! Answers that are events of their own: no event makes a reader panic.
#![no_main]

use bargein_wire::openai::responses;
use bargein_wire::sse::Decoder;
use bargein_wire::{coze, dify};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|stream: &[u8]| {
    let mut decoder = Decoder::new();
    let (mut bot, mut app, mut model) =
        (Some(coze::Answer::default()), Some(dify::Answer::default()), Some(responses::Answer::default()));
    decoder.push(stream);
    while let Ok(Some(event)) = decoder.next_event() {
        bot = bot.and_then(|mut answer| answer.on_event(&event).is_ok().then_some(answer));
        app = app.and_then(|mut answer| answer.on_event(&event).is_ok().then_some(answer));
        model = model.and_then(|mut answer| answer.on_frame(&event.data).is_ok().then_some(answer));
    }
    let body = String::from_utf8_lossy(stream);
    let _ = coze::Answer::default().on_document(&body);
    let _ = dify::Answer::default().on_document(&body);
    let _ = responses::Answer::default().on_document(&body);
    drop((bot.map(coze::Answer::end), app.map(dify::Answer::end), model.map(responses::Answer::end)));
});

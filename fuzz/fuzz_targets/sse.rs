//! Server-sent events: where a stream is cut makes no difference, and limits hold.
#![no_main]

use bargein_wire::sse::{Decoder, Event, Limits, Overlong};
use libfuzzer_sys::fuzz_target;

const LIMITS: Limits = Limits { line: 64, event: 128 };

fn read<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<Event>, Option<Overlong>) {
    let mut decoder = Decoder::with_limits(LIMITS);
    let mut events = Vec::new();
    for piece in pieces {
        decoder.push(piece);
        loop {
            match decoder.next_event() {
                Ok(Some(event)) => events.push(event),
                Ok(None) => break,
                Err(error) => return (events, Some(error)),
            }
        }
    }
    match decoder.finish() {
        Ok(last) => {
            events.extend(last);
            (events, None)
        }
        Err(error) => (events, Some(error)),
    }
}

fuzz_target!(|stream: &[u8]| {
    let whole = read([stream].into_iter());
    for size in [1, 2, 7] {
        assert_eq!(read(stream.chunks(size)), whole);
    }
    for event in whole.0 {
        assert!(event.data.len() <= LIMITS.event * 3, "a byte becomes three at most");
    }
});

//! The synthesisers of which one POST has one text said: one row a vendor and interface, the same tests for all.

mod answers;
mod requests;
mod table;

use std::sync::Arc;
use std::time::Duration;

use bargein_adapters::tts::{Tts, TtsCall, TtsItem, Word};
use bargein_adapters::{OnWritten, registry};
use bargein_core::{RequestId, RoundId, TtsRequest};
use bargein_net::World;

use self::table::Row;
use crate::{identity, with};

/// What every call says; the captures of the official clients say the same.
const TEXT: &str = "你好，世界。";

/// The audio of every answer among the fixtures, in two pieces: the first ends within a sample.
const AUDIO: [u8; 8] = [1, 2, 3, 4, 5, 6, 7, 8];

fn call() -> TtsCall {
    TtsCall {
        request: TtsRequest {
            round: RoundId(1),
            request: RequestId(1),
            attempt: 1,
            text: TEXT.into(),
            read_ahead: Duration::from_secs(3),
            stall_timeout: Duration::from_secs(5),
        },
        request_id: "request-1".into(),
        session: identity(),
        written: OnWritten::default(),
    }
}

fn synthesiser(world: &World, row: &Row) -> Arc<dyn Tts> {
    registry::tts(row.vendor, world, with(row.settings(), &row.more())).expect("good settings")
}

/// What a call gave, the same however its answer was cut.
#[derive(Clone, PartialEq, Debug, Default)]
struct Heard {
    /// Whether the head of a good answer was told.
    responding: bool,
    samples: Vec<u8>,
    rate: Option<u32>,
    words: Vec<Word>,
    /// Finished, or failed.
    last: Option<TtsItem>,
}

impl Heard {
    fn of(items: impl IntoIterator<Item = TtsItem>) -> Self {
        let mut heard = Self::default();
        for item in items {
            assert_eq!(heard.last, None, "nothing follows the last word");
            match item {
                TtsItem::Responding => heard.responding = true,
                TtsItem::Audio(bytes, format) => {
                    assert!(
                        !bytes.is_empty() && bytes.len() % 2 == 0,
                        "whole samples, never none: {bytes:?}"
                    );
                    heard.samples.extend_from_slice(&bytes);
                    heard.rate = Some(format.rate);
                }
                TtsItem::Words(words) => heard.words.extend(words),
                last => heard.last = Some(last),
            }
        }
        heard
    }
}

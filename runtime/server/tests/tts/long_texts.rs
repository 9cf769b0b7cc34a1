//! Texts that are cut: the first audio comes as early as for a short one, and nothing is missing or out of order.

use std::time::Duration;

use serde_json::json;

use crate::stage::with;

const SENTENCE: &str = "今天天气很好，我们一起出去走走吧。";

fn long(sentences: usize) -> String {
    (0..sentences).map(|number| format!("第{number}句，{SENTENCE}")).collect()
}

#[test]
fn a_long_text_begins_as_early_as_a_short_one_and_is_said_whole() {
    with(json!({ "seconds_per_char": "100ms" }), async |stage| {
        let text = long(30);
        let heard = stage.say(json!({ "Text": text, "Format": "pcm" })).await;
        assert_eq!((heard.status.as_u16(), heard.head_at, heard.end.1), (200, 150, true));
        let asked = stage.seen.texts();
        assert_eq!(asked.concat(), text);
        assert!(asked.len() > 5 && asked[0].chars().count() < 24, "{asked:?}");
        let seconds = heard.body().len() / 32_000;
        assert!((50..70).contains(&seconds), "{seconds} s");
    });
}

#[test]
fn the_next_piece_is_asked_for_before_it_is_needed_and_no_further() {
    with(json!({}), async |stage| {
        let heard = stage.say(json!({ "Text": long(30), "Format": "pcm" })).await;
        let gaps: Vec<_> = heard.times().windows(2).map(|pair| pair[1] - pair[0]).collect();
        // The vendor takes 150 ms for its first audio; none of it is heard between two pieces, but for the first.
        assert!(gaps.iter().filter(|gap| **gap > 20).count() <= 1, "{gaps:?}");
    });
    with(json!({ "speed": "1x" }), async |stage| {
        let io = stage.raw(&json!({ "Text": long(30) })).await;
        stage.world.clock.sleep(Duration::from_millis(100)).await;
        assert_eq!(stage.seen.texts().len(), 1, "before the first audio the vendor has enough to do");
        stage.world.clock.sleep(Duration::from_millis(800)).await;
        assert_eq!(stage.seen.texts().len(), 2, "one is said, one is ahead");
        drop(io);
        stage.world.clock.sleep(Duration::from_millis(5)).await;
        assert_eq!(stage.seen.hung_up(), [900, 900]);
    });
}

#[test]
fn a_failure_in_a_later_piece_breaks_the_connection() {
    with(json!({ "request 3": { "status": 400 } }), async |stage| {
        let heard = stage.say(json!({ "Text": long(30) })).await;
        assert_eq!((heard.status.as_u16(), heard.end.1), (200, false));
        assert_eq!(stage.seen.texts().len(), 3);
    });
}

#[test]
fn pieces_have_ids_of_their_own() {
    with(json!({}), async |stage| {
        stage.ask(json!({ "Text": long(12) }), &[("x-request-id", "r")]).await;
        let ids: Vec<_> = (0..3).map(|nth| stage.seen.header(nth, "x-request-id")).collect();
        assert_eq!(ids, ["r", "r-2", "r-3"]);
    });
}

//! The access log: what became of every request, and nothing that was said.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use bargein_server::{AccessLog, Observe as _};
use serde_json::{Value, json};

use crate::client::{chat, request, send};
use crate::stage::{CHAT, behind, check};

/// What was written.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_line_says_what_became_of_a_request_and_nothing_of_what_was_said() {
    let config = behind(1, "key = \"env:VENDOR\"") + "[clients.one]\nkey = \"env:ONE\"\n";
    let script =
        json!({ "reply": "our secret answer", "usage": { "prompt_tokens": 7, "completion_tokens": 3 } });
    check(&config, &[script], async |stage| {
        let written = Written::default();
        let log = AccessLog::start(&stage.world, Box::new(written.clone()));
        let mut body = chat("m", true);
        body["stream_options"] = json!({ "include_usage": true });
        body["messages"][0]["content"] = json!("our secret question");
        let mut asked = request(CHAT, &body);
        for (name, value) in [
            ("authorization", "Bearer sk-ONE"),
            ("x-request-id", "r-1"),
            ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        ] {
            asked.headers_mut().insert(name, value.parse().unwrap());
        }
        send(&stage.world, asked).await;
        send(&stage.world, request(CHAT, &chat("m", true))).await;
        stage.told().iter().for_each(|told| log.saw(told));
        stage.world.clock.sleep(std::time::Duration::from_millis(1)).await;
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(
            lines[0],
            json!({
                "unix_ms": 1_735_689_600_240_u64, "path": "/v1/chat/completions", "client": "one", "request_id": "r-1",
                "trace": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "route": "m",
                "target": "vendor0.mock", "status": 200, "end": "whole", "attempts": 1, "connected_ms": 0.0,
                "written_ms": 0.0, "headers_ms": 0.0, "first_event_ms": 0.0, "first_content_ms": 200.0,
                "largest_gap_ms": 200.0, "own_ms": 0.0, "total_ms": 240.0, "tokens_in": 7, "tokens_out": 3,
                "bytes": lines[0]["bytes"],
            })
        );
        assert!(lines[0]["bytes"].as_u64().unwrap() > 500);
        assert_eq!((lines[1]["status"].as_u64(), lines[1]["end"].as_str()), (Some(401), Some("refused")));
        assert!(!text.contains("secret") && !text.contains("sk-"), "{text}");
    });
}

//! Companies at one port each: what they tell of themselves, and scripts that change while they play.

use std::net::SocketAddr;
use std::time::Duration;

use bargein_mocks::script::{AsrScript, LlmScript};
use bargein_mocks::{JOURNAL_BODY, JOURNAL_LENGTH, MockVendors, Scripts, StartError};
use bargein_net::{World, http_client, run_virtual};
use http_body_util::BodyExt;
use serde_json::{Value, json};

const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 4100);
const GRACE: Duration = Duration::from_secs(1);

/// Asks once; gives the status and the body, as text when it is no JSON.
async fn ask(world: &World, method: &str, url: &str, body: &Value) -> (u16, Value) {
    let request = http::Request::builder()
        .method(method)
        .uri(url)
        .header("authorization", "Bearer sk-mine")
        .header("x-twice", "1")
        .header("x-twice", "2")
        .body(body.to_string())
        .unwrap();
    let answer = http_client(world).request(request).await.unwrap();
    let status = answer.status().as_u16();
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

fn chat() -> Value {
    json!({ "model": "any", "messages": [{ "role": "user", "content": "hi" }] })
}

/// Starts vendors with these scripts, and stops them after the check.
fn with(vendors: &[&str], scripts: &Scripts, check: &impl AsyncFn(&World, &MockVendors)) {
    let vendors: Vec<_> = vendors.iter().map(|&vendor| vendor.to_owned()).collect();
    run_virtual(1, async |world| {
        let started = MockVendors::start(&world, &vendors, LISTEN, scripts).await.unwrap();
        check(&world, &started).await;
        started.stop(GRACE).await;
    })
    .unwrap();
}

#[test]
fn companies_stand_at_one_port_each_in_the_order_of_the_registry() {
    let addresses = |vendors: &MockVendors| -> Vec<_> {
        vendors.vendors().iter().map(|vendor| (vendor.id(), vendor.http(), vendor.web_socket())).collect()
    };
    let http = |port: u16| format!("http://127.0.0.1:{port}");
    with(&["openai", "custom", "tencent"], &Scripts::default(), &async |_, vendors| {
        let ws = Some("ws://127.0.0.1:4102".to_owned());
        let expected =
            [("openai", http(4100), None), ("custom", http(4101), None), ("tencent", http(4102), ws)];
        assert_eq!(addresses(vendors), expected);
    });
    with(&["custom", "openai", "custom"], &Scripts::default(), &async |_, vendors| {
        assert_eq!(addresses(vendors), [("openai", http(4100), None), ("custom", http(4101), None)]);
    });
}

#[test]
fn every_company_says_how_its_client_is_pointed_at_it() {
    with(&["openai", "custom", "tencent"], &Scripts::default(), &async |_, vendors| {
        let lines: Vec<_> = vendors.vendors().iter().flat_map(|vendor| vendor.clients()).collect();
        assert_eq!(lines[0].1, "OPENAI_BASE_URL=http://127.0.0.1:4100/v1");
        assert!(lines.iter().any(|(_, line)| line.contains("http://127.0.0.1:4101/")), "{lines:?}");
        assert!(lines.iter().any(|(_, line)| line.starts_with("ws://127.0.0.1:4102/")), "{lines:?}");
    });
}

#[test]
fn the_journal_lists_what_was_asked_without_secrets() {
    with(&["openai"], &Scripts::default(), &async |world, vendors| {
        let base = vendors.vendors()[0].http();
        let chats = format!("{base}/v1/chat/completions");
        let long = json!({ "model": "一".repeat(JOURNAL_BODY) });
        ask(world, "POST", &chats, &chat()).await;
        ask(world, "POST", &chats, &long).await;
        let (status, journal) = ask(world, "GET", &format!("{base}/__mock/journal"), &Value::Null).await;
        assert_eq!((status, &journal["vendor"], &journal["forgotten"]), (200, &json!("openai"), &json!(0)));
        let first = &journal["requests"][0];
        assert_eq!(
            (&first["role"], &first["request"], &first["path"]),
            (&json!("llm"), &json!(1), &json!("/v1/chat/completions"))
        );
        assert_eq!((&first["body"], &first["cut"]), (&chat(), &json!(0)));
        assert_eq!(first["headers"]["authorization"], "Bearer *****");
        assert_eq!(first["headers"]["x-twice"], "1, 2");
        let second = &journal["requests"][1];
        let kept = second["body"].as_str().unwrap();
        assert!(kept.starts_with(r#"{"model":"一一"#) && kept.len() <= JOURNAL_BODY, "{kept}");
        assert_eq!(second["cut"], long.to_string().len() - kept.len());
    });
}

#[test]
fn the_journal_counts_what_it_has_forgotten() {
    with(&["openai"], &Scripts::default(), &async |world, vendors| {
        let base = vendors.vendors()[0].http();
        for _ in 0..JOURNAL_LENGTH + 2 {
            ask(world, "POST", &format!("{base}/v1/chat/completions"), &Value::Null).await;
        }
        let (_, journal) = ask(world, "GET", &format!("{base}/__mock/journal"), &Value::Null).await;
        assert_eq!((&journal["forgotten"], &journal["requests"][0]["request"]), (&json!(2), &json!(3)));
    });
}

#[test]
fn a_changed_script_counts_requests_from_the_change() {
    let llm = LlmScript::parse(&json!({ "reply": "before", "rate": "1 per minute" })).unwrap();
    with(&["openai"], &Scripts { llm, ..Scripts::default() }, &async |world, vendors| {
        let base = vendors.vendors()[0].http();
        let chats = format!("{base}/v1/chat/completions");
        let behaviour = format!("{base}/__mock/behaviour");
        let said = async || {
            let (status, answer) = ask(world, "POST", &chats, &chat()).await;
            (status, answer["choices"][0]["message"]["content"].as_str().unwrap_or_default().to_owned())
        };
        assert_eq!(said().await, (200, "before".to_owned()));
        assert_eq!(said().await.0, 429);
        let script = json!({ "llm": { "reply": "after", "request 2": { "status": 503 } } });
        assert_eq!(ask(world, "PUT", &behaviour, &script).await.0, 204);
        assert_eq!(said().await, (200, "after".to_owned()));
        assert_eq!(said().await.0, 503);
        assert_eq!(said().await, (200, "after".to_owned()));
        let (_, journal) = ask(world, "GET", &format!("{base}/__mock/journal"), &Value::Null).await;
        assert_eq!(journal["requests"][4]["request"], 5);
    });
}

#[test]
fn a_wrong_script_is_refused_and_changes_nothing() {
    let cases = [
        (
            json!({ "llm": { "reply": "new", "request 1": { "replay": "x" } } }),
            "llm.request 1.replay",
            "did you mean `reply`?",
        ),
        (json!({ "llm": { "reply": "new" }, "llms": {} }), "llms", "did you mean `llm`?"),
        (json!({ "llm": { "reply": "new" }, "asr": {} }), "asr", "known here: llm, tts"),
        (json!({ "llm": { "vendor": "nobody" } }), "llm.vendor", "unknown vendor"),
        (json!(["llm"]), "", "expected a map of roles"),
    ];
    let scripts =
        Scripts { llm: LlmScript::parse(&json!({ "reply": "old" })).unwrap(), ..Scripts::default() };
    with(&["openai"], &scripts, &async |world, vendors| {
        let base = vendors.vendors()[0].http();
        for (script, key, says) in &cases {
            let (status, said) = ask(world, "PUT", &format!("{base}/__mock/behaviour"), script).await;
            assert_eq!((status, said["error"]["key"].as_str()), (400, Some(*key)), "{said}");
            assert!(said["error"]["message"].as_str().unwrap().contains(says), "{said}");
        }
        let (_, answer) = ask(world, "POST", &format!("{base}/v1/chat/completions"), &chat()).await;
        assert_eq!(answer["choices"][0]["message"]["content"], "old");
    });
}

#[test]
fn files_cannot_be_named_from_outside() {
    with(&["custom"], &Scripts::default(), &async |world, vendors| {
        let url = format!("{}/__mock/behaviour", vendors.vendors()[0].http());
        let (status, said) =
            ask(world, "PUT", &url, &json!({ "tts": { "voice": "speech ../secret.wav" } })).await;
        assert_eq!((status, &said["error"]["key"]), (400, &json!("tts.voice")));
    });
}

#[test]
fn a_change_reaches_recognisers_too() {
    let asr = AsrScript::parse(&json!({ "status": 503 })).unwrap();
    with(&["tencent"], &Scripts { asr, ..Scripts::default() }, &async |world, vendors| {
        let base = vendors.vendors()[0].http();
        let open = async || {
            let request = http::Request::get(format!("{base}/asr/v2/1"))
                .header("connection", "upgrade")
                .header("upgrade", "websocket")
                .header("sec-websocket-version", "13")
                .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
                .body(String::new())
                .unwrap();
            http_client(world).request(request).await.unwrap().status().as_u16()
        };
        assert_eq!(open().await, 503);
        let changed = ask(world, "PUT", &format!("{base}/__mock/behaviour"), &json!({ "asr": {} })).await;
        assert_eq!(changed.0, 204);
        assert_eq!(open().await, 101);
    });
}

#[test]
fn nothing_is_open_when_one_port_cannot_be_had() {
    run_virtual(1, async |world| {
        let taken = world.network.listen("127.0.0.1:4101").await.unwrap();
        let scripts = Scripts::default();
        let vendors = ["openai", "custom", "tencent"].map(str::to_owned);
        let error = MockVendors::start(&world, &vendors, LISTEN, &scripts).await.err().unwrap();
        assert!(
            matches!(&error, StartError::Listen { vendor: "custom", address, .. } if address.port() == 4101),
            "{error}"
        );
        drop(taken);
        assert!(world.network.listen("127.0.0.1:4100").await.is_ok());
        let last = SocketAddr::new(LISTEN.ip(), u16::MAX);
        let error = MockVendors::start(&world, &vendors, last, &scripts).await.err().unwrap();
        assert!(matches!(error, StartError::NoPort { first: u16::MAX, needed: 3 }), "{error}");
    })
    .unwrap();
}

#[test]
fn an_unknown_vendor_is_told_the_nearest() {
    run_virtual(1, async |world| {
        let error = MockVendors::start(&world, &["opnai".to_owned()], LISTEN, &Scripts::default())
            .await
            .err()
            .unwrap();
        let said = "unknown vendor `opnai`, did you mean `openai`?; known: openai, ";
        assert!(error.to_string().starts_with(said), "{error}");
    })
    .unwrap();
}

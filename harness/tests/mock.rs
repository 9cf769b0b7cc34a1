//! `bargein mock` from outside: what it prints, how it is asked and changed, and how it ends.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a failed assumption is a failed test")]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use bargein_net::{World, http_client, run_real};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

/// The program, playing vendors. It is killed when a check fails.
struct Playing {
    program: Child,
    out: BufReader<ChildStdout>,
    /// The line it printed when all ports were open.
    addresses: Value,
}

fn mock(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bargein"));
    command.arg("mock").args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

impl Playing {
    fn start(arguments: &[&str]) -> Self {
        let mut program = mock(&[&["--json"], arguments].concat()).spawn().unwrap();
        let mut out = BufReader::new(program.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let addresses = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{line:?}: {error}"));
        Self { program, out, addresses }
    }

    fn url(&self, vendor: &str, path: &str) -> String {
        let address = &self.addresses[vendor];
        let base = address.as_str().or_else(|| address["http"].as_str());
        format!("{}{path}", base.unwrap_or_else(|| panic!("no {vendor} in {}", self.addresses)))
    }

    /// Asks for the end, and gives the exit code and what else was printed.
    fn end(mut self, signal: &str) -> (Option<i32>, String) {
        let kill = format!("kill -{signal} {}", self.program.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success(), "{kill}");
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        (self.program.wait().unwrap().code(), rest)
    }
}

impl Drop for Playing {
    fn drop(&mut self) {
        // It has most often ended already.
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

/// Runs a check with the program at work, then ends it in order.
fn check(arguments: &[&str], check: impl AsyncFnOnce(&World, &Playing)) {
    let playing = Playing::start(arguments);
    run_real(1, async |world| check(&world, &playing).await).unwrap();
    assert_eq!(playing.end("TERM"), (Some(0), String::new()));
}

/// Asks once; gives the status and the body, as text when it is no JSON.
async fn ask(world: &World, method: &str, url: &str, body: &Value) -> (u16, Value) {
    let request = http::Request::builder().method(method).uri(url).body(body.to_string()).unwrap();
    let answer = http_client(world).request(request).await.unwrap();
    let status = answer.status().as_u16();
    let text = String::from_utf8(answer.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

/// What the model replies to anything.
async fn reply(world: &World, playing: &Playing) -> (u16, Value) {
    let chat = json!({ "model": "any", "messages": [{ "role": "user", "content": "hi" }] });
    let (status, answer) = ask(world, "POST", &playing.url("openai", "/v1/chat/completions"), &chat).await;
    (status, answer["choices"][0]["message"]["content"].clone())
}

/// Runs the program that shall end by itself, and compares exit code and what it says.
fn refuses(arguments: &[&str], code: i32, says: &[&str]) {
    let Output { status, stdout, stderr } = mock(arguments).output().unwrap();
    let said = String::from_utf8(stderr).unwrap();
    assert_eq!((status.code(), stdout.as_slice()), (Some(code), &b""[..]), "{arguments:?}\n{said}");
    for says in says {
        assert!(said.contains(says), "{arguments:?}: expected {says:?} in\n{said}");
    }
}

/// A file for one test.
fn file(name: &str, text: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("mock");
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path
}

#[test]
fn one_line_says_where_every_vendor_is() {
    check(&[], async |world, playing| {
        let vendors: Vec<_> = playing.addresses.as_object().unwrap().keys().collect();
        assert!(["openai", "custom", "tencent"].iter().all(|id| vendors.iter().any(|vendor| vendor == id)));
        let port =
            playing.addresses["tencent"]["http"].as_str().unwrap().trim_start_matches("http").to_owned();
        assert_eq!(playing.addresses["tencent"]["ws"], format!("ws{port}"));
        for vendor in vendors {
            let url = playing.url(vendor, "/__mock/journal");
            assert!(url.starts_with("http://127.0.0.1:"), "{url}");
            let (status, journal) = ask(world, "GET", &url, &Value::Null).await;
            assert_eq!((status, &journal["requests"]), (200, &json!([])));
        }
    });
}

#[test]
fn the_journal_lists_requests_and_a_put_changes_the_replies() {
    let path = file("reply.yaml", "llm: { reply: 我在。 }\n");
    check(&["openai", "--behaviour", path.to_str().unwrap()], async |world, playing| {
        assert_eq!(reply(world, playing).await, (200, json!("我在。")));
        let script = json!({ "llm": { "request 1": { "status": 429 }, "reply": "later" } });
        let behaviour = playing.url("openai", "/__mock/behaviour");
        assert_eq!(ask(world, "PUT", &behaviour, &script).await, (204, json!("")));
        assert_eq!(reply(world, playing).await.0, 429);
        assert_eq!(reply(world, playing).await, (200, json!("later")));
        let (_, journal) = ask(world, "GET", &playing.url("openai", "/__mock/journal"), &Value::Null).await;
        let requests = journal["requests"].as_array().unwrap();
        assert_eq!(requests.len(), 3, "{journal}");
        assert_eq!(requests[0]["body"]["messages"][0]["content"], "hi");
    });
}

#[test]
fn an_interrupt_ends_it_too_and_lets_answers_end() {
    let path = file("slow.yaml", "llm: { first_token: 300ms }\n");
    let playing = Playing::start(&["openai", "--behaviour", path.to_str().unwrap()]);
    let chats = playing.url("openai", "/v1/chat/completions");
    let journal = playing.url("openai", "/__mock/journal");
    run_real(1, async |world: World| {
        let chat = json!({ "model": "any", "messages": [{ "role": "user", "content": "hi" }] });
        let ended = async {
            // The request has arrived as soon as it is in the journal.
            while ask(&world, "GET", &journal, &Value::Null).await.1["requests"] == json!([]) {}
            playing.end("INT")
        };
        let ((status, _), ended) =
            futures_util::future::join(ask(&world, "POST", &chats, &chat), ended).await;
        assert_eq!((status, ended), (200, (Some(0), String::new())));
    })
    .unwrap();
}

#[test]
fn people_get_the_line_that_points_each_client_here() {
    let mut program = mock(&["openai"]).spawn().unwrap();
    let mut lines = BufReader::new(program.stdout.take().unwrap()).lines().map(Result::unwrap);
    let head = lines.next().unwrap();
    let base = head.strip_prefix("openai  ").unwrap();
    assert_eq!(lines.next().unwrap(), format!("        llm: OPENAI_BASE_URL={base}/v1"));
    program.kill().unwrap();
    program.wait().unwrap();
}

#[test]
fn a_port_in_use_is_said_and_nothing_is_left_open() {
    run_real(1, async |world: World| {
        let taken = world.network.listen("127.0.0.1:0").await.unwrap();
        let address = taken.authority().to_owned();
        let says = format!("expected to listen at {address} for the vendor custom, got: ");
        refuses(&["custom", "--json", "--listen", &address], 3, &[&says]);
    })
    .unwrap();
}

#[test]
fn wrong_usage_is_told_before_anything_opens() {
    refuses(&["opnai"], 1, &["unknown vendor `opnai`, did you mean `openai`?"]);
    refuses(&["--listen", "nowhere"], 1, &["expected an address such as"]);
    refuses(&["openai", "custom", "--listen", "127.0.0.1:65535"], 1, &["expected 2 ports from 65535 on"]);
}

#[test]
fn a_behaviour_that_cannot_be_read_is_shown_with_its_place() {
    let cases = [
        ("key.yaml", "llm: { replay: hi }\n", ["did you mean `reply`?", "key.yaml:1:8"]),
        ("role.yaml", "lml: {}\n", ["no key `lml`", "did you mean `llm`?"]),
        ("yaml.yaml", "llm: [\n", ["yaml.yaml:", "|"]),
        ("voice.yaml", "tts: { voice: speech nothing.wav }\n", ["nothing.wav", "voice.yaml:1:"]),
    ];
    for (name, text, says) in cases {
        refuses(&["--behaviour", file(name, text).to_str().unwrap()], 2, &says);
    }
    refuses(&["--behaviour", "no/such/file.yaml"], 2, &["no/such/file.yaml"]);
}

//! `bargein serve` from outside: what it says, what it answers, how it reads its configuration again, how it ends.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a failed assumption is a failed test")]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, ChildStdout, Command, Output, Stdio};
use std::time::Duration;

use bargein_net::{World, http_client, run_real};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

/// The program at work. It is killed when a check fails.
struct Serving {
    program: Child,
    out: BufReader<ChildStdout>,
    err: BufReader<ChildStderr>,
    base: String,
}

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bargein"));
    command.arg("serve").args(arguments).env("A_KEY", "sk-1").env("B_KEY", "sk-2");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

impl Serving {
    fn start(arguments: &[&str]) -> Self {
        let mut program = program(arguments).spawn().unwrap();
        let mut out = BufReader::new(program.stdout.take().unwrap());
        let err = BufReader::new(program.stderr.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let base = line.trim().strip_prefix("listening at ").unwrap_or_else(|| panic!("{line:?}")).to_owned();
        Self { program, out, err, base }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.out.read_line(&mut line).unwrap();
        line.trim().to_owned()
    }

    fn complaint(&mut self) -> String {
        let mut line = String::new();
        self.err.read_line(&mut line).unwrap();
        line.trim().to_owned()
    }

    fn signal(&self, signal: &str) {
        let kill = format!("kill -{signal} {}", self.program.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success(), "{kill}");
    }

    /// Waits for the end; gives the exit code and what else was printed.
    fn end(mut self) -> (Option<i32>, String) {
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        (self.program.wait().unwrap().code(), rest)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It has most often ended already.
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

/// Asks once; gives the status and the body.
async fn ask(world: &World, method: &str, url: &str, key: &str, body: &Value) -> (u16, String) {
    let request =
        http::Request::builder().method(method).uri(url).header("authorization", format!("Bearer {key}"));
    let answer = http_client(world).request(request.body(body.to_string()).unwrap()).await.unwrap();
    let status = answer.status().as_u16();
    (status, String::from_utf8(answer.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap())
}

fn chat(model: &str) -> Value {
    json!({ "model": model, "messages": [{ "role": "user", "content": "hi" }], "stream": true })
}

/// A file for one test.
fn file(name: &str, text: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("serve");
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path
}

#[test]
fn without_a_configuration_mock_vendors_answer_everybody_of_this_machine() {
    let mut serving = Serving::start(&["--listen", "127.0.0.1:0"]);
    let said = serving.line();
    assert!(said.contains("mock vendors answer") && said.contains("any key is accepted"), "{said}");
    assert!(said.contains("only this machine"), "{said}");
    let base = serving.base.clone();
    run_real(1, async |world| {
        let (status, models) = ask(&world, "GET", &format!("{base}/v1/models"), "any", &Value::Null).await;
        assert!(status == 200 && models.contains("\"id\":\"mock\""), "{models}");
        for model in ["mock", "gpt-4o"] {
            let url = format!("{base}/v1/chat/completions");
            let (status, stream) = ask(&world, "POST", &url, "whatever", &chat(model)).await;
            assert_eq!(status, 200, "{stream}");
            assert!(stream.contains("OK") && stream.ends_with("data: [DONE]\n\n"), "{stream}");
        }
        assert_eq!(ask(&world, "GET", &format!("{base}/readyz"), "", &Value::Null).await.0, 200);
    })
    .unwrap();
    let line: Value = serde_json::from_str(&serving.line()).unwrap();
    assert_eq!((line["status"].as_u64(), line["end"].as_str()), (Some(200), Some("whole")), "{line}");
    serving.signal("TERM");
    assert_eq!(serving.end().0, Some(0));
}

/// A configuration before a mock vendor, with a key of a client.
fn configuration(vendor: &str, key: &str) -> String {
    format!(
        "[server]\nlisten = \"127.0.0.1:0\"\naccess_log = \"off\"\n[clients.one]\nkey = \"env:{key}\"\n\
         [[models.m.targets]]\nurl = \"http://{vendor}/v1/chat/completions\"\n"
    )
}

#[test]
fn a_hangup_puts_the_file_in_force_and_drops_no_stream() {
    run_real(1, async |world: World| {
        let listener = world.network.listen("127.0.0.1:0").await.unwrap();
        let script =
            json!({ "reply": "one two three four five six", "first_token": "50ms", "per_token": "100ms" });
        let script = bargein_mocks::script::LlmScript::parse(&script).unwrap();
        let vendor = bargein_mocks::serve_llm(&world, listener, script, bargein_mocks::Observer::nobody());
        let path = file("reload.toml", &configuration(vendor.authority(), "A_KEY"));
        let mut serving = Serving::start(&["--config", path.to_str().unwrap()]);
        let url = format!("{}/v1/chat/completions", serving.base);
        let asked = chat("m");
        let stream = ask(&world, "POST", &url, "sk-1", &asked);
        let reloading = async {
            world.clock.sleep(Duration::from_millis(200)).await;
            fs::write(&path, configuration(vendor.authority(), "B_KEY")).unwrap();
            serving.signal("HUP");
            assert_eq!(serving.complaint(), "the configuration was read again and is in force");
            // The stream of before still runs; the new key is the only one.
            assert_eq!(ask(&world, "POST", &url, "sk-1", &asked).await.0, 401);
            assert_eq!(ask(&world, "POST", &url, "sk-2", &asked).await.0, 200);
            fs::write(&path, "[sever]\n").unwrap();
            serving.signal("HUP");
            let said = serving.complaint();
            assert!(said.starts_with("the configuration before stays in force"), "{said}");
            assert_eq!(ask(&world, "POST", &url, "sk-2", &asked).await.0, 200);
        };
        let ((status, stream), ()) = futures_util::future::join(stream, reloading).await;
        assert!(status == 200 && stream.ends_with("[DONE]\n\n"), "{stream}");
    })
    .unwrap();
}

#[test]
fn a_termination_lets_streams_end() {
    run_real(1, async |world: World| {
        let listener = world.network.listen("127.0.0.1:0").await.unwrap();
        let script =
            json!({ "reply": "one two three four five six", "first_token": "50ms", "per_token": "100ms" });
        let script = bargein_mocks::script::LlmScript::parse(&script).unwrap();
        let vendor = bargein_mocks::serve_llm(&world, listener, script, bargein_mocks::Observer::nobody());
        let path = file("drain.toml", &configuration(vendor.authority(), "A_KEY"));
        let serving = Serving::start(&["--config", path.to_str().unwrap()]);
        let url = format!("{}/v1/chat/completions", serving.base);
        let asked = chat("m");
        let stream = ask(&world, "POST", &url, "sk-1", &asked);
        let ending = async {
            world.clock.sleep(Duration::from_millis(200)).await;
            serving.signal("TERM");
        };
        let ((status, stream), ()) = futures_util::future::join(stream, ending).await;
        assert!(status == 200 && stream.ends_with("[DONE]\n\n"), "{stream}");
        assert_eq!(serving.end(), (Some(0), String::new()));
    })
    .unwrap();
}

/// Runs the program that shall end by itself, and compares exit code and what it says.
fn ends(arguments: &[&str], code: i32, says: &[&str]) {
    let Output { status, stdout, stderr } = program(arguments).output().unwrap();
    let said = String::from_utf8([stdout, stderr].concat()).unwrap();
    assert_eq!(status.code(), Some(code), "{arguments:?}\n{said}");
    for says in says {
        assert!(said.contains(says), "{arguments:?}: expected {says:?} in\n{said}");
    }
}

#[test]
fn a_configuration_is_checked_without_listening() {
    let good = file("good.toml", &configuration("vendor.test", "A_KEY"));
    ends(&["--config", good.to_str().unwrap(), "--check-config"], 0, &["ok: 1 models, 1 clients"]);
    let cases = [
        ("key.toml", "[server]\nlisen = \"\"\n", "did you mean `listen`?"),
        ("secret.toml", &configuration("vendor.test", "NO_KEY"), "the variable NO_KEY in the environment"),
        ("vendor.toml", "[[models.m.targets]]\nvendor = \"nobody\"\n", "expected one of the vendors"),
        ("open.toml", "[server]\nlisten = \"0.0.0.0:80\"\n", "add a section [clients.NAME]"),
    ];
    for (name, text, says) in cases {
        let path = file(name, text);
        ends(&["--config", path.to_str().unwrap(), "--check-config"], 1, &[says]);
    }
    ends(&["--check-config"], 1, &["--config"]);
    ends(&["--config", "no/such/file.toml"], 1, &["no/such/file.toml"]);
    ends(&["--listen", "0.0.0.0:8080"], 1, &["an address of this machine"]);
    ends(&["--print-config"], 0, &["[server]", "listen = \"127.0.0.1:8080\""]);
}

//! `bargein check tts` from outside: what it prints, what it writes, and how it ends.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// The reference, or a mutant of it, at a real port. It is killed when a check fails.
struct Server {
    program: Child,
    url: String,
    key: String,
}

impl Server {
    fn start(mutant: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bargein"));
        command
            .args(["mock", "custom", "--mutant", mutant, "--json"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let mut program = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(program.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{line:?}: {error}"));
        let text = |key: &str| address["custom"][key].as_str().unwrap().to_owned();
        Self { url: text("url"), key: text("key"), program }
    }

    /// Checks it with these arguments; gives the exit code and what was printed.
    fn check(&self, arguments: &[&str]) -> (i32, String) {
        check(&[&[self.url.as_str(), "--key", self.key.as_str()], arguments].concat())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

fn check(arguments: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bargein"));
    let output = command.args(["check", "tts"]).args(arguments).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(said).unwrap())
}

fn file(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("check");
    fs::create_dir_all(&folder).unwrap();
    folder.join(name)
}

#[test]
fn a_good_server_passes_over_sockets_and_is_reported_three_times() {
    let server = Server::start("none");
    let (json, junit) = (file("good.json"), file("good.xml"));
    let reports = [format!("json={}", json.display()), format!("junit={}", junit.display())];
    let (code, said) = server.check(&[
        "--only",
        "HTTP,CHK,PCM,WAV",
        "--quick",
        "--report",
        &reports[0],
        "--report",
        &reports[1],
    ]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("custom-tts 1.0 · MUST "), "{said}");
    let run: Value = serde_json::from_str(&fs::read_to_string(json).unwrap()).unwrap();
    assert_eq!((&run["tool"], &run["totals"]["fail"]), (&Value::from("bargein"), &Value::from(0)));
    let check = run["checks"].as_array().unwrap().iter().find(|check| check["id"] == "PCM-04").unwrap();
    assert_eq!((&check["verdict"], &check["level"]), (&Value::from("pass"), &Value::from("MUST")));
    let junit = fs::read_to_string(junit).unwrap();
    assert!(junit.contains("<testsuite name=\"WAV\"") && !junit.contains("<failure"), "{junit}");
}

#[test]
fn a_broken_rule_is_told_with_its_evidence_and_no_secret() {
    let server = Server::start("CHK-02");
    let json = file("broken.json");
    let report = format!("json={}", json.display());
    let (code, said) = server.check(&["--only", "CHK-02,PCM-01", "--report", &report]);
    assert_eq!(code, 4, "{said}");
    for says in ["FAIL CHK-02", "the connection ended before the answer did", "cause", "mend", "curl "] {
        assert!(said.contains(says), "expected {says:?} in\n{said}");
    }
    let written = fs::read_to_string(json).unwrap();
    assert!(!said.contains(&server.key) && !written.contains(&server.key), "the key is told");
    let run: Value = serde_json::from_str(&written).unwrap();
    let evidence = &run["checks"][0]["evidence"][0];
    assert!(evidence["request"].as_str().unwrap().contains("Authorization: Bearer ***"), "{evidence}");
    assert!(evidence["chunks"].as_array().unwrap().len() > 3, "{evidence}");
}

#[test]
fn a_waived_rule_is_no_failure_until_its_date() {
    let server = Server::start("CHK-02");
    for (until, code, says) in
        [("2999-12-31", 0, "waived"), ("2020-12-31", 4, "its waiver ended with 2020-12-31")]
    {
        let waivers = file(&format!("waivers-{until}.json"));
        let text = format!(r#"[{{ "id": "CHK-02", "reason": "mended in May", "until": "{until}" }}]"#);
        fs::write(&waivers, text).unwrap();
        let (got, said) = server.check(&["--only", "CHK-02", "--waivers", waivers.to_str().unwrap()]);
        assert_eq!(got, code, "{said}");
        assert!(said.contains(says), "{said}");
    }
}

#[test]
fn nobody_there_is_exit_code_3_and_wrong_usage_1() {
    let (code, said) = check(&["http://127.0.0.1:9/x", "--only", "HTTP-01"]);
    assert_eq!(code, 3, "{said}");
    for (arguments, says) in [
        (&["localhost:8080"][..], "expected a URL that begins with http"),
        (&[], "expected a URL to check"),
        (&["http://a/", "--only", "PCM-99"], "did you mean `PCM-"),
        (&["http://a/", "--budget", "first=1"], "expected one of the budgets"),
        (&["http://a/", "--header", "nothing"], "expected a header as NAME:VALUE"),
        (&["http://a/", "--report", "pdf=x"], "expected `"),
        (&["http://a/", "--format", "mp3"], "pcm"),
    ] {
        let (code, said) = check(arguments);
        assert_eq!(code, 1, "{arguments:?}\n{said}");
        assert!(said.contains(says), "expected {says:?} in\n{said}");
    }
}

#[test]
fn the_list_names_every_check() {
    let (code, said) = check(&["--list"]);
    assert_eq!(code, 0);
    assert!(said.contains("  PCM-04   MUST   quick  samples are little-endian"), "{said}");
    let (_, quick) = check(&["--list", "--quick", "--only", "CHK"]);
    assert_eq!(quick.lines().filter(|line| line.contains("CHK-")).count(), 3, "{quick}");
}

//! Our own doors keep every rule: the LLM proxy and the TTS server, each with a reference behind it.

use std::io;

use bargein::check::{Checked, Profile, Run, Selection, Settings, Suite, Target, Verdict, llm, run, tts};
use bargein_net::run_virtual;
use bargein_server::config::{Config, SecretSource};
use bargein_server::{ServerState, open};
use bargein_wire::units::Secret;

use crate::matrix::vendor;

/// Where the doors are.
const DOORS: &str = "doors.localhost:80";

/// Both doors, for one client, before both references. A retry would wait as long as the reference says, and a refusal
/// that waits is what a check is about.
const CONFIG: &str = r#"
[server]
listen = "doors.localhost:80"
access_log = "off"

[clients.checker]
key = "env:door-key"

[[models.reference-1.targets]]
url = "http://llm.reference/v1/chat/completions"
key = "env:reference-key"
retries = 0

[[voices.reference.targets]]
vendor = "custom"
settings = { url = "http://tts.reference/stream-audio", key = "env:reference-key" }
"#;

/// Every secret is its own name.
struct Secrets;

impl SecretSource for Secrets {
    fn variable(&self, name: &str) -> Option<String> {
        Some(name.to_owned())
    }

    fn file(&self, _: &str) -> io::Result<String> {
        Err(io::ErrorKind::NotFound.into())
    }
}

fn checked(suite: &'static Suite, path: &str) -> Run {
    let played = run_virtual(1, async |world| {
        let behind = [("openai", "llm.reference:80"), ("custom", "tts.reference:80")];
        let mut references = Vec::new();
        for (id, authority) in behind {
            let listener = world.network.listen(authority).await.unwrap();
            references.push((vendor(id).serve)(&world, listener, None));
        }
        let config = Config::read(CONFIG, &Secrets).unwrap_or_else(|error| panic!("{error}"));
        let listener = world.network.listen(DOORS).await.unwrap();
        let state = ServerState::new(&world, config, Vec::new()).unwrap();
        let _server = open(listener, &state);
        let target = Target::read(&format!("http://doors.localhost{path}")).unwrap();
        let target = target.with_key(Some(Secret::new("door-key")));
        let settings = Settings { strict: true, ..Settings::of(Profile::Lan) };
        // Servers in memory say no date, so that two runs are the same.
        let has_date = suite.all().any(|check| check.entry.id == "OPS-05");
        let skip = if has_date { vec!["OPS-05".to_owned()] } else { Vec::new() };
        let checks = Selection { skip, ..Selection::default() }.of(suite).unwrap();
        run(&world, suite, &checks, &target, &settings, &[], |_| {}).await
    });
    played.unwrap_or_else(|error| panic!("{error}"))
}

#[track_caller]
fn is_clean(run: &Run, judged: usize) {
    let is_dirty = |check: &&Checked| matches!(check.verdict, Verdict::Fail | Verdict::Warn | Verdict::Error);
    let said = |check: &Checked| format!("{} {}: {}", check.entry.id, check.verdict, check.seen);
    let dirty: Vec<String> = run.checks.iter().filter(is_dirty).map(said).collect();
    assert!(dirty.is_empty(), "{}", dirty.join("\n"));
    let skipped = run.checks.iter().filter(|check| check.verdict == Verdict::Skip);
    let skipped: Vec<String> = skipped.map(said).collect();
    assert!(run.checks.len() - skipped.len() >= judged, "only these are skipped: {}", skipped.join("\n"));
}

#[test]
fn the_llm_proxy_keeps_every_rule() {
    is_clean(&checked(&llm::SUITE, "/v1/chat/completions"), 94);
}

#[test]
fn the_tts_server_keeps_every_rule() {
    is_clean(&checked(&tts::SUITE, "/api/v1/tts/stream"), 135);
}

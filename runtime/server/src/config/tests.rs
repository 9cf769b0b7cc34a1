//! What a file may say, and what it is told when it says something else.

use std::io;

use serde_json::Map;

use super::*;

struct Secrets;

impl SecretSource for Secrets {
    fn variable(&self, name: &str) -> Option<String> {
        let known = [("CLIENT", "sk-client"), ("OTHER", "sk-other"), ("VENDOR", "sk-vendor"), ("EMPTY", " ")];
        known.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    }

    fn file(&self, path: &str) -> io::Result<String> {
        if path == "vendor.key" { Ok("sk-file\n".to_owned()) } else { Err(io::ErrorKind::NotFound.into()) }
    }
}

#[test]
fn the_reference_says_what_is_the_case_when_nothing_is_said() {
    assert_eq!(ConfigText::read(DEFAULT), Ok(ConfigText::default()));
}

#[test]
fn the_examples_of_the_reference_can_be_read() {
    // What is commented out and is no sentence: keys and sections.
    let is_example = |line: &&str| {
        let line = line.trim_start_matches("# ");
        line.starts_with('[') || line.split_once(" = ").is_some_and(|(key, _)| !key.contains(' '))
    };
    let lines = DEFAULT.lines().filter(|line| line.starts_with("# ")).filter(is_example);
    let examples = lines.map(|line| line.trim_start_matches("# ")).collect::<Vec<_>>().join("\n");
    let text = ConfigText::read(&examples).unwrap();
    let fast = &text.models["fast"];
    assert_eq!((fast.targets.len(), text.clients.len()), (2, 1), "{examples}");
    let shown = TargetText { url: None, key: None, model: None, ..fast.targets[0].clone() };
    assert_eq!((shown, fast.total), (TargetText::default(), ModelText::default().total));
    assert_eq!(fast.context, Some(ContextConfig::default()));
    let ears = RecogniserText {
        aliases: Vec::new(),
        vendor: String::new(),
        settings: Map::default(),
        ..text.recognisers["ears"].clone()
    };
    assert_eq!(ears, RecogniserText::default());
    let anna = &text.voices["anna"];
    let shown =
        VoiceTargetText { vendor: String::new(), settings: Map::default(), ..anna.targets[0].clone() };
    let rest = VoiceText { aliases: Vec::new(), targets: Vec::new(), ..anna.clone() };
    assert_eq!((shown, rest), (VoiceTargetText::default(), VoiceText::default()));
}

#[test]
fn the_example_of_the_book_can_be_used() {
    let page = include_str!("../../../../docs/serve.md");
    let example = page.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let config = Config::read(example, &Anything).unwrap();
    assert_eq!((config.clients.len(), config.voices[0].targets.len()), (1, 2));
}

/// Knows every secret.
struct Anything;

impl SecretSource for Anything {
    fn variable(&self, name: &str) -> Option<String> {
        Some(name.to_owned())
    }

    fn file(&self, path: &str) -> io::Result<String> {
        Ok(path.to_owned())
    }
}

#[test]
fn a_file_becomes_clients_and_models_with_their_secrets() {
    let text = r#"
        [server]
        listen = "0.0.0.0:80"
        upstream_hosts = ["a.test", "b.test:8443"]
        [clients.one]
        key = "env:CLIENT"
        rate = "5 per second"
        [clients.two]
        sha256 = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
        [models.m]
        aliases = ["n"]
        [[models.m.targets]]
        url = "https://a.test/v1/chat/completions"
        key = "file:vendor.key"
        first_token = "900ms"
        [[models.m.targets]]
        vendor = "any"
        settings = { url = "https://b.test:8443/x", token = "env:VENDOR", deep = { key = "env:OTHER" } }
    "#;
    let config = Config::read(text, &Secrets).unwrap();
    assert_eq!(config.clients[0].hash, KeyHash::of("sk-client"));
    assert_eq!(config.clients[1].hash, KeyHash::of("foo"));
    let [chat, adapter] = config.models[0].targets.as_slice() else { panic!("{config:?}") };
    let Reach::Chat { key, .. } = &chat.reach else { panic!("{chat:?}") };
    assert_eq!((key.expose(), chat.first_token.to_string()), ("sk-file", "900ms".to_owned()));
    let Reach::Adapter { settings, .. } = &adapter.reach else { panic!("{adapter:?}") };
    assert_eq!(settings["token"], "sk-vendor");
    assert_eq!(settings["deep"]["key"], "sk-other");
}

#[test]
fn what_is_wrong_is_told_with_its_place_and_its_mending() {
    let target = "[[models.m.targets]]\nurl = \"http://a.test/\"\n";
    for (text, says) in [
        ("[server]\nlisten = 1\n", &["line 2", "listen = 1"][..]),
        ("[server]\nlisen = \"\"\n", &["line 2", "unknown field `lisen`", "did you mean `listen`?"]),
        ("[sever]\n", &["did you mean `server`?"]),
        ("[server]\nbody_timeout = 10\n", &["a duration with a unit"]),
        ("[server]\nbody_timeout = \"10\"\n", &["write `10ms` or `10s`"]),
        ("[server]\nlisten = \"0.0.0.0:80\"\n", &["`server.listen`", "add a section [clients.NAME]"]),
        ("[models.m]\n", &["`models.m`", "at least one target"]),
        ("[models.m]\n[[models.m.targets]]\n", &["`models.m.targets[0]`", "either `url` or `vendor`"]),
        (
            "[[models.m.targets]]\nurl = \"ftp://a.test/\"\n",
            &["models.m.targets[0].url", "got `ftp://a.test/`"],
        ),
        ("[[models.m.targets]]\nvendor = \"v\"\nmodel = \"m\"\n", &["among the vendor's `settings`"]),
        (
            &format!("[server]\nupstream_hosts = [\"b.test\"]\n{target}"),
            &["expected a host of `server.upstream_hosts`, got `a.test`"],
        ),
        (&format!("{target}key = \"sk-plain\"\n"), &["`env:NAME` or `file:PATH`", "must not stand in"]),
        (&format!("{target}key = \"env:NOBODY\"\n"), &["models.m.targets[0].key", "the variable NOBODY"]),
        (&format!("{target}key = \"env:EMPTY\"\n"), &["the variable EMPTY"]),
        (&format!("{target}key = \"file:nowhere\"\n"), &["in the file nowhere"]),
        (
            &format!("{target}[models.n]\naliases = [\"m\"]\n{}", target.replace("models.m", "models.n")),
            &["`m` twice"],
        ),
        ("[recognisers.r]\n", &["recognisers.r.vendor", "the id of a vendor"]),
        ("[recognisers.r]\nvendor = \"v\"\nspeed = 0\n", &["recognisers.r.speed", "from 1 to 100, got 0"]),
        ("[voices.v]\n", &["`voices.v`", "at least one target"]),
        ("[[voices.v.targets]]\n", &["voices.v.targets[0].vendor", "the id of a vendor"]),
        ("[speech]\nvoice = \"v\"\n", &["`speech.voice`", "add a section [voices.v]"]),
        ("[speech]\ncache = 3\n", &["a number of bytes with a unit"]),
        (
            "[[voices.v.targets]]\nvendor = \"custom\"\n[voices.w]\naliases = [\"v\"]\n",
            &["`voices.w`", "`v` twice"],
        ),
        ("[clients.a]\n", &["`clients.a`", "either `key` or `sha256`"]),
        ("[clients.a]\nsha256 = \"abc\"\n", &["64 hexadecimal digits, got 3"]),
        ("[clients.a]\nkey = \"env:CLIENT\"\nconcurrent = 0\n", &["clients.a.concurrent"]),
        (
            "[clients.a]\nkey = \"env:CLIENT\"\n[clients.b]\nkey = \"env:CLIENT\"\n",
            &["`clients.b`", "the key of the client a"],
        ),
    ] {
        let told = Config::read(text, &Secrets).map(drop).unwrap_err().to_string();
        for says in says {
            assert!(told.contains(says), "{text}\nexpected {says:?} in\n{told}");
        }
        assert!(!told.contains("sk-client"), "{told}");
    }
}

#[test]
fn only_addresses_of_this_machine_are_loopback() {
    for (authority, expected) in [
        ("127.0.0.1:80", true),
        ("[::1]:80", true),
        ("localhost:80", true),
        ("0.0.0.0:80", false),
        ("[::]:80", false),
        ("example.com:80", false),
        ("127.0.0.1.example.com:80", false),
    ] {
        assert_eq!(is_loopback(authority), expected, "{authority}");
    }
}

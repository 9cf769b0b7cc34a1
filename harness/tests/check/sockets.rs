//! What only sockets can show: TLS, and that the checks which depend on no time hold over TCP too.

use bargein::check::tts::SUITE;
use bargein::check::{Profile, Run, Selection, Settings, Target, Verdict, run};
use bargein_mocks::Mutant;
use bargein_mocks::reference::{ReferenceScript, serve_reference};
use bargein_net::{ServerTls, run_real};

use crate::matrix::vendor;

const ROOT: &[u8] = include_bytes!("../../../net/tests/tls/root.der");
const CERTIFICATE: &[u8] = include_bytes!("../../../net/tests/tls/server.der");
const KEY: &[u8] = include_bytes!("../../../net/tests/tls/server.key.der");

/// Runs checks against a server at a real port.
fn checked(only: &[&str], script: &ReferenceScript, mutant: Option<&'static Mutant>, trusts: bool) -> Run {
    let only = only.iter().map(|id| (*id).to_owned()).collect();
    let checks = Selection { only, ..Selection::default() }.of(&SUITE).unwrap();
    run_real(1, async |world| {
        if trusts {
            world.network.trust(ROOT).unwrap();
        }
        let listener = world.network.listen("127.0.0.1:0").await.unwrap();
        let server = serve_reference(&world, listener, script.clone(), mutant);
        let target = Target::read(server.url()).unwrap().with_key(Some(server.key().clone()));
        run(&world, &SUITE, &checks, &target, &Settings::of(Profile::Lan), &[], |_| {}).await
    })
    .unwrap()
}

fn verdicts(run: &Run) -> Vec<(&'static str, Verdict)> {
    run.checks.iter().map(|checked| (checked.entry.id, checked.verdict)).collect()
}

#[test]
fn tls_of_a_trusted_server_passes() {
    let tls = ServerTls::new(&[CERTIFICATE], KEY).unwrap();
    let script = ReferenceScript { tls: Some(tls), ..ReferenceScript::default() };
    let run = checked(&["OPS-01", "HTTP-01", "HTTP-03", "KAL-07"], &script, None, true);
    let expected = ["HTTP-01", "HTTP-03", "KAL-07", "OPS-01"].map(|id| (id, Verdict::Pass));
    assert_eq!(verdicts(&run), expected, "{:?}", run.checks);
    let connections = &run.checks[2].seen;
    assert!(connections.contains("went on with an earlier session in "), "{connections}");
}

#[test]
fn tls_that_nobody_trusts_is_a_warning_and_nothing_else_is_judged() {
    let mutant = vendor("custom").mutant("OPS-01");
    assert!(mutant.is_some());
    let run = checked(&["OPS-01", "HTTP-01"], &ReferenceScript::default(), mutant, false);
    assert_eq!(verdicts(&run), [("HTTP-01", Verdict::Error), ("OPS-01", Verdict::Warn)], "{:?}", run.checks);
    assert!(run.is_unjudged());
}

#[test]
fn bytes_are_the_same_over_tcp() {
    let run = checked(
        &["CHK-01", "CHK-02", "WAV", "CAN-02", "CAN-06", "RTY-02", "OPS-04"],
        &ReferenceScript::default(),
        None,
        false,
    );
    let wrong = run.checks.iter().filter(|checked| checked.verdict != Verdict::Pass);
    assert_eq!(wrong.map(|checked| (checked.entry.id, checked.seen.as_str())).collect::<Vec<_>>(), []);
}

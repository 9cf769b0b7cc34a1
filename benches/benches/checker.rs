//! How far the checker's own figures are off: over sockets, against a server whose times are known.
//!
//! The reference is scripted at 100 ms of first audio and 20 ms between pieces. What the checker reports as medians must be
//! within 1 ms of that on an idle machine; otherwise this ends with exit code 4. In virtual time both are exact, which is a
//! test (`harness/tests/check/tts.rs`).

use std::process::ExitCode;
use std::time::Duration;

use bargein::check::tts::SUITE;
use bargein::check::{Profile, Run, Selection, Settings, Target, run};
use bargein_mocks::reference::{ReferenceScript, serve_reference};
use bargein_net::{RunError, run_real};

/// What is scripted: the series of the run that measures it, and the truth in milliseconds.
const TRUTH: [(&str, f64); 2] = [("first_audio_ms", 100.0), ("gap_ms", 20.0)];

/// How far a median may be off.
const LIMIT_MS: f64 = 1.0;

/// How often a noisy machine may try again.
const TRIES: usize = 3;

fn measure() -> Result<Run, RunError> {
    run_real(1, async |world| {
        let listener = world.network.listen("127.0.0.1:0").await?;
        let script = ReferenceScript {
            first_audio: Duration::from_millis(100),
            gap: Duration::from_millis(20),
            ..ReferenceScript::default()
        };
        let server = serve_reference(&world, listener, script, None);
        let target = Target::read(server.url()).map_err(std::io::Error::other)?;
        let target = target.with_key(Some(server.key().clone()));
        let only = ["LAT-01", "LAT-07"].map(str::to_owned).to_vec();
        let checks = Selection { only, ..Selection::default() }.of(&SUITE).map_err(std::io::Error::other)?;
        Ok(run(&world, &SUITE, &checks, &target, &Settings::of(Profile::Lan), &[], |_| {}).await)
    })?
}

fn percentile(values: &[f64], percent: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
        .get((sorted.len() * percent / 100).min(sorted.len().saturating_sub(1)))
        .copied()
        .unwrap_or(f64::NAN)
}

#[expect(clippy::print_stdout, reason = "a bench tells its figures")]
fn main() -> ExitCode {
    for tried in 1..=TRIES {
        let run = match measure() {
            Ok(run) => run,
            Err(error) => {
                println!("{error}");
                return ExitCode::from(3);
            }
        };
        let mut is_good = true;
        println!("try {tried}        scripted      p50      p95      p99   p50 off by");
        for (series, truth) in TRUTH {
            let values = run.measured.get(series).map(Vec::as_slice).unwrap_or_default();
            let [p50, p95, p99] = [50, 95, 99].map(|percent| percentile(values, percent));
            let off = p50 - truth;
            println!(
                "{series:14} {truth:7.1} {p50:10.3} {p95:8.3} {p99:8.3} {off:+9.3} ms, of {}",
                values.len()
            );
            is_good &= off.abs() <= LIMIT_MS;
        }
        if is_good {
            return ExitCode::SUCCESS;
        }
    }
    println!("expected the medians within {LIMIT_MS} ms of the script");
    ExitCode::from(4)
}

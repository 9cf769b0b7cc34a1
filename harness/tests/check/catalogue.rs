//! The lists of checks in the book are the catalogues, with the mutants that prove each check.

use std::fmt::Write as _;
use std::path::Path;

use bargein::check::{Entry, Suite, llm, tts};
use bargein_mocks::MutantVendor;

use crate::matrix::vendor;

/// Compares a page of the book with the catalogue. `BARGEIN_BLESS=1` writes the page instead.
#[track_caller]
fn page_is(page: &str, suite: &Suite, vendor: &MutantVendor, head: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(page);
    let expected = text(suite, vendor, head);
    if std::env::var_os("BARGEIN_BLESS").is_some() {
        std::fs::write(&path, &expected).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    let line = expected.lines().zip(written.lines()).position(|(one, other)| one != other);
    assert!(
        written == expected,
        "{page} differs from the catalogue at line {:?}: run this test with BARGEIN_BLESS=1 and commit the page",
        line.map(|line| line + 1),
    );
}

fn text(suite: &Suite, vendor: &MutantVendor, head: &str) -> String {
    let mut text = head.to_owned();
    for (group, title) in suite.groups {
        let _ = write!(
            text,
            "\n## {group}: {title}\n\n| check | level | rule | sent | expected | the mutant that it catches |\n|---|---|---|---|---|---|\n"
        );
        for check in suite.all().filter(|check| check.entry.group() == *group) {
            let Entry { id, level, title, sends, expects, quick, .. } = check.entry;
            let mutant = vendor.mutant(id).map_or_else(String::new, |mutant| match mutant.followers {
                [] => mutant.breaks.to_owned(),
                followers => format!("{} ({} too)", mutant.breaks, followers.join(", ")),
            });
            let quick = if quick { " (quick)" } else { "" };
            let cells = [title, sends, expects, &mutant].map(|cell| cell.replace('|', "\\|"));
            let _ = writeln!(text, "| {id} | {level}{quick} | {} |", cells.join(" | "));
        }
    }
    text
}

/// A check that no mutant can fail proves nothing, and a check without advice helps nobody.
fn is_whole(suite: &Suite, vendor: &MutantVendor) {
    let mut ids = Vec::new();
    for check in suite.all() {
        let Entry { id, level, title, sends, expects, why, cause, mend, .. } = check.entry;
        assert!(!ids.contains(&id), "{id} twice");
        ids.push(id);
        assert!(vendor.mutant(id).is_some(), "{id} has no mutant");
        assert!(suite.groups.iter().any(|(group, _)| *group == check.entry.group()), "{id} has no group");
        assert!([title, sends, expects, why].iter().all(|text| !text.is_empty()), "{id} lacks words");
        let is_fact = level == bargein::check::Level::May;
        assert!(is_fact || !cause.is_empty() && !mend.is_empty(), "{id} lacks advice");
    }
    let order: Vec<_> = vendor.mutants.iter().map(|mutant| mutant.id).collect();
    assert_eq!(ids, order, "mutants stand in the order of their checks");
}

#[test]
fn every_check_of_models_has_its_words_and_its_mutant() {
    is_whole(&llm::SUITE, vendor("openai"));
}

#[test]
fn the_page_of_the_checks_of_models_is_the_catalogue() {
    let head = "# The checks of model endpoints\n\n\
        What `bargein check llm` asks, and what it expects. A broken MUST fails, a broken SHOULD warns, a MAY is reported. \
        The last column\nsays what a server does that breaks this rule and no other: `bargein mock openai --mutant SSE-04` \
        plays it, and a test holds every check\nto its mutant. This page is generated from the catalogue.\n";
    page_is("docs/llm-checks.md", &llm::SUITE, vendor("openai"), head);
}

#[test]
fn every_check_of_voices_has_its_words_and_its_mutant() {
    is_whole(&tts::SUITE, vendor("custom"));
}

#[test]
fn the_page_of_the_checks_of_voices_is_the_catalogue() {
    page_is("docs/tts-checks.md", &tts::SUITE, vendor("custom"), TTS_HEAD);
}

const TTS_HEAD: &str = "# The checks of custom TTS servers

What `bargein check tts` asks, and what it expects. A broken MUST fails, a broken SHOULD warns, a MAY is reported. What the
server refuses in the protocol's own way, or does not offer, is skipped, and what could not be judged is never a pass. The last
column says what a server does that breaks this rule, and which other MUST it cannot help breaking with it:
`bargein mock custom --mutant PCM-04` plays it, and a test holds every check to its mutant. This page is generated from the
catalogue.

## What was decided where the protocol says nothing

- Samples are signed, of 16 bits, little-endian, although the registered type `audio/L16` is big-endian. `rate` and `channels`
  may stand in the type; if they do, they must be true.
- Sizes in a WAV header that is sent before the length is known: 0, `0x7FFFFFFF`, `0xFFFFFFFF`, or the true ones.
- A refusal has a status from 400 to 499 (401 or 403 for a key). A status of 200 with the type of an error is still an error that
  clients understand, and warns.
- A failure after the audio has begun breaks the connection without the last chunk: there is no error within audio. This is
  checked when `--fault-header NAME:VALUE` makes the server fail, and skipped otherwise.
- Both spellings of the request's id, `X-Request-Id` and `X-Rquest-Id`, are sent with the same value.
- PCM-03 does not take two bytes `ff fx` for MPEG audio, for they are also the sample -1 or nearby: a second frame must stand where
  the first one ends.
- HTTP-20 asks for HTTP/2 with prior knowledge; what TLS would negotiate is not asked.
- HTTP-21 lets a server wait for a body that does not come, as long as it serves the others meanwhile and speaks no half of it.
- ERR-07 sends 20 requests more than the budget `streams` at once; a server that serves them all has no limit to be checked, and is
  skipped.
- A quick run takes a text of 60 characters where a full one takes 300, and judges no 95th percentile.
- Where a first audio is compared with the usual one (TXT-12, LAT-03, CON-04, CON-06, CAN-01 to CAN-04, RTY-05, KAL-07, SLO-04),
  one within the budget `first_audio_p50_ms` is never too late: with a very fast server the ratio would measure noise.
- CON-01, RTY-01 to RTY-04 want the very bytes that a text has alone if the server gives the same bytes twice, and about the same
  duration if it does not.
- CON-05 lasts 45 s, not three minutes, so that a full run stays below five; it reads the memory of `--pid` or `/metrics`.
- CON-06 takes T-2K where T-20K is refused, as TXT-13 allows.
- CAN-05 and RTY-08 read the server's own count, JSON with `active` and `served` at `/stats`; without it they are skipped. What is
  billed for a retry only the vendor's log can tell, so RTY-08 reports what the server itself counts.
- CAN-06 takes a close without an answer for a clean error; a part of an answer, and a hang, are none.
- KAL-03 lets a server keep idle connections for longer than 65 s, and one that says a whole answer (408) before it closes.
- OPS-01 is judged when the URL is https, even when nothing else can be. `--ca FILE` trusts more than the web's roots.
- OPS-03 stops the server only with `--pid` and `--may-stop`.
";

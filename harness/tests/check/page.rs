//! The report as one page: whole, harmless whatever the server sent, and without need of anything else.

use bargein::check::{Profile, Run, Selection, Settings, Suite, llm, tts};
use bargein::report::check::write_html;

use crate::matrix::{checked, vendor};

fn run(suite: &'static Suite, id: &str, mutant: &str) -> Run {
    let vendor = vendor(id);
    let checks = Selection { quick: true, ..Selection::default() }.of(suite).unwrap();
    let settings = Settings { quick: true, ..Settings::of(Profile::Lan) };
    let mutant = (mutant != "none").then(|| vendor.mutant(mutant).unwrap());
    checked(suite, vendor, mutant, &checks, &settings)
}

fn page(run: &Run) -> String {
    let mut page = Vec::new();
    write_html(&mut page, run).unwrap();
    String::from_utf8(page).unwrap()
}

#[track_caller]
fn holds(page: &str, parts: &[&str]) {
    for part in parts {
        assert!(page.contains(part), "no {part:?} in the page");
    }
}

#[test]
fn a_failed_check_of_models_stands_on_the_page_with_what_shows_it() {
    let page = page(&run(&llm::SUITE, "openai", "SSE-03"));
    holds(
        &page,
        &[
            r##"<a href="#sse-03-evidence">SSE-03</a>"##,
            r#"<details class="check fail" id="sse-03">"#,
            "no `[DONE]`",
            "Authorization: Bearer ***",
            "HTTP/1.1 200 OK",
            "0000  64 61 74 61",
            r#"class="plot timeline""#,
            r#"class="plot histogram""#,
            r#"class="plot waterfall""#,
        ],
    );
    assert!(!page.contains("reference-key"), "the key stands in the page");
}

#[test]
fn the_sound_of_a_failed_check_can_be_seen_and_played() {
    let page = page(&run(&tts::SUITE, "custom", "PCM-01"));
    holds(
        &page,
        &[
            r#"<details class="check fail" id="pcm-01">"#,
            r#"src="data:audio/wav;base64,UklGR"#,
            r#"class="plot waveform""#,
            "a chunk ends within a sample",
        ],
    );
}

/// What loads, runs or leads away.
const HARMFUL: &[&str] = &[
    "<script",
    "javascript:",
    "src=\"http",
    "href=\"http",
    "url(",
    "@import",
    "<iframe",
    "<img",
    " onclick",
    " onerror",
];

#[test]
fn what_a_stranger_sent_is_text() {
    let mut run = run(&llm::SUITE, "openai", "SSE-03");
    let evil = "</pre></details><script>alert(1)</script><img src=x onerror=alert(2)>\0\u{202e}\"'&";
    run.target = format!("http://host/{evil}");
    run.line = evil.to_owned();
    for check in &mut run.checks {
        check.seen = evil.to_owned();
        check.expected = Some(evil.to_owned());
        check.waiver = Some(evil.to_owned());
        for evidence in &mut check.evidence {
            for text in [
                &mut evidence.label,
                &mut evidence.request,
                &mut evidence.head,
                &mut evidence.end,
                &mut evidence.curl,
            ] {
                evil.clone_into(text);
            }
            evidence.faults = vec![evil.to_owned()];
            evidence.body_text = Some(evil.to_owned());
            evidence.first_bytes = evil.to_owned();
        }
    }
    run.measured.insert(format!("{evil}_ms"), vec![f64::NAN, f64::INFINITY, -1.0, 1e300]);
    let page = page(&run);
    holds(&page, &["&lt;script&gt;alert(1)", "\\u{0}\\u{202e}"]);
    // The evil text has one of these in its own words; as text they are harmless, as markup they are not there.
    for harm in HARMFUL.iter().filter(|harm| **harm != " onerror") {
        assert!(!page.contains(harm), "{harm:?} stands in the page");
    }
    for odd in ["\0", "NaN", "\"inf\""] {
        let around =
            page.find(odd).map(|at| page[at.saturating_sub(60)..].chars().take(120).collect::<String>());
        assert_eq!(around, None, "no browser takes {odd:?}");
    }
}

#[test]
fn the_page_needs_nothing_else() {
    let page = page(&run(&tts::SUITE, "custom", "none"));
    for harm in HARMFUL {
        assert!(!page.contains(harm), "{harm:?} stands in the page");
    }
    holds(&page, &["default-src 'none'", "Nothing: every rule that was judged is kept."]);
}

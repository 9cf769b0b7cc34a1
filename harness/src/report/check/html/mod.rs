//! The report people open: one page that needs no network, no script and no other file.
//!
//! Everything a stranger sent is text in it: maud escapes it, characters that do not show are made visible, and a
//! policy in the page's head forbids whatever could load or run. What opens and filters does so by HTML and CSS alone.
//! Deliberately out: judging. The page shows a [`Run`].

mod checks;
mod evidence;
mod figures;
mod plot;
mod summary;
mod timeline;
mod visible;
mod waveform;

use std::io::{self, Write};

use maud::{DOCTYPE, Markup, PreEscaped, html};

use self::evidence::Sound;
use self::visible::visible;
use crate::check::Run;

/// The page's looks, in light and in dark.
const STYLE: &str = include_str!("page.css");

/// What the page may do: show itself and play the sounds in it.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; media-src data:; img-src data:; base-uri 'none'; form-action 'none'";

/// Writes the page.
///
/// # Errors
/// It cannot be written.
pub fn write(mut out: impl Write, run: &Run) -> io::Result<()> {
    out.write_all(page(run).into_string().as_bytes())?;
    out.flush()
}

fn page(run: &Run) -> Markup {
    let mut sound = Sound::new(run.budgets.playout_buffer_ms);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (run.suite) " at " (visible(&run.target)) }
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE)) }
            }
            body {
                (summary::header(run))
                main {
                    (summary::totals(run))
                    (summary::mend_first(run))
                    (figures::section(run))
                    (checks::section(run, &mut sound))
                }
                (summary::footer(run))
            }
        }
    }
}

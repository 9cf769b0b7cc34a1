//! Samples: whole, signed 16 bit, little-endian, at the rate and in the channels that were asked for.

use bargein_wire::pcm;

use super::audio::roughness;
use super::speak::{Format, Say};
use crate::check::catalogue::{Check, Entry, Level};
use crate::check::{Context, Judged, Outcome};

/// The checks of the group.
pub(super) const CHECKS: &[Check] = &[Check {
    entry: Entry::new("PCM-04", Level::Must, "samples are little-endian")
        .rule(
            "T-ZH as pcm",
            "the steps from sample to sample are smaller when read as little-endian than as big-endian",
        )
        .advice(
            "the wrong order is loud noise",
            "the registered type audio/L16 is big-endian, and the server takes it by its word",
            "send signed 16-bit little-endian samples, as WAV files hold them",
        )
        .quick(),
    judge: |cx| Box::pin(order(cx)),
}];

async fn order(cx: &Context) -> Judged {
    let exchange = Say::format("T-ZH", Format::Pcm).said_once(cx).await;
    let audio = exchange.audio()?;
    let little = roughness(pcm::samples(&audio.samples));
    let big = roughness(pcm::samples(&pcm::swap_bytes(&audio.samples)));
    let seen = format!("mean step {little:.0} as little-endian, {big:.0} as big-endian");
    if little == 0.0 && big == 0.0 {
        return Ok(Outcome::skip("silence has no byte order"));
    }
    if little <= big {
        Ok(Outcome::pass(seen))
    } else {
        Ok(cx.broken(format!("big-endian: {seen}")).with(&exchange))
    }
}

//! Every budget of time, by profile: the one place where they are.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Where the server is, seen from here.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// On this machine or in the same data centre.
    #[default]
    Lan,
    /// Over the internet.
    Wan,
}

/// What is still fast enough. Milliseconds, where the name says nothing else.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Budgets {
    /// TCP and TLS.
    pub connect_ms: f64,
    /// The request's last byte to the first byte of audio: the median. A WAV header is no audio.
    pub first_audio_p50_ms: f64,
    /// The same: the 95th percentile.
    pub first_audio_p95_ms: f64,
    /// The same: beyond it the platform gives up.
    pub first_audio_hard_ms: f64,
    /// Time of the body divided by time of its audio.
    pub rtf_max: f64,
    /// The longest wait between two reads.
    pub max_gap_ms: f64,
    /// What playback holds before it begins.
    pub playout_buffer_ms: f64,
    /// Silence before the first sound.
    pub lead_silence_ms: f64,
    /// Silence after the last sound.
    pub tail_silence_ms: f64,
    /// A disconnect to the end of the server's work.
    pub cancel_ms: f64,
    /// How long an idle connection is kept at least, in seconds.
    pub idle_keepalive_s: f64,
    /// Requests at once.
    pub streams: usize,
    /// A refusal: from the request's last byte to the end of the answer.
    pub refusal_ms: f64,
    /// The first token of a model's answer: the median.
    pub first_token_p50_ms: f64,
    /// The same: the 95th percentile.
    pub first_token_p95_ms: f64,
    /// The same: beyond it the caller gives up.
    pub first_token_hard_ms: f64,
    /// The longest wait between two tokens.
    pub token_gap_ms: f64,
    /// The whole run, in seconds: what is not judged by then is told as such.
    pub run_s: f64,
    /// Samples for percentiles in a full run.
    pub samples: usize,
    /// Samples in a quick run, which judges no 95th percentile.
    pub quick_samples: usize,
}

impl Budgets {
    /// Those of a profile.
    #[must_use]
    pub const fn of(profile: Profile) -> Self {
        let lan = Self {
            connect_ms: 50.0,
            first_audio_p50_ms: 300.0,
            first_audio_p95_ms: 600.0,
            first_audio_hard_ms: 3_000.0,
            rtf_max: 0.5,
            max_gap_ms: 200.0,
            playout_buffer_ms: 200.0,
            lead_silence_ms: 200.0,
            tail_silence_ms: 600.0,
            cancel_ms: 500.0,
            idle_keepalive_s: 15.0,
            streams: 10,
            refusal_ms: 1_000.0,
            first_token_p50_ms: 400.0,
            first_token_p95_ms: 800.0,
            first_token_hard_ms: 5_000.0,
            token_gap_ms: 300.0,
            run_s: 1_200.0,
            samples: 30,
            quick_samples: 5,
        };
        match profile {
            Profile::Lan => lan,
            Profile::Wan => Self {
                connect_ms: 300.0,
                first_audio_p50_ms: 500.0,
                first_audio_p95_ms: 1_000.0,
                first_audio_hard_ms: 5_000.0,
                rtf_max: 0.7,
                max_gap_ms: 400.0,
                refusal_ms: 1_500.0,
                first_token_p50_ms: 700.0,
                first_token_p95_ms: 1_400.0,
                first_token_hard_ms: 8_000.0,
                token_gap_ms: 500.0,
                ..lan
            },
        }
    }

    /// These budgets with one changed: `first_audio_p95_ms=800`.
    ///
    /// # Errors
    /// The name is none of a budget, or the value no number of its kind; the text says so.
    pub fn changed(self, change: &str) -> Result<Self, String> {
        let expected = || format!("expected a budget as NAME=NUMBER, got `{change}`");
        let (name, number) = change.split_once('=').ok_or_else(expected)?;
        let mut all = serde_json::to_value(self).map_err(|error| error.to_string())?;
        let budgets = all.as_object_mut().ok_or_else(expected)?;
        let names: Vec<_> = budgets.keys().cloned().collect();
        let budget = budgets
            .get_mut(name)
            .ok_or_else(|| format!("expected one of the budgets {}, got `{name}`", names.join(", ")))?;
        *budget = number.parse::<Value>().ok().filter(Value::is_number).ok_or_else(expected)?;
        serde_json::from_value(all).map_err(|_| expected())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_changed_by_its_name() {
        let lan = Budgets::of(Profile::Lan);
        assert_eq!(lan.changed("first_audio_p95_ms=800").unwrap().first_audio_p95_ms, 800.0);
        assert_eq!(lan.changed("streams=3").unwrap().streams, 3);
        for wrong in ["streams", "streams=many", "streams=1.5", "stream=1", "rtf_max=\"1\""] {
            assert!(lan.changed(wrong).unwrap_err().starts_with("expected"), "{wrong}");
        }
    }
}

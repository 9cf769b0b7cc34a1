//! The figures of a round, from the times of inputs alone.
//!
//! Each latency is told once a round: the model's from the first attempt of its request on, so that a retry counts in
//! full; the voice's for the first segment. Definitions are those of [`MetricName`].

use crate::notice::MetricName;
use crate::time::Time;

/// A metric and its value: milliseconds, or a count.
pub(crate) type Figure = (MetricName, u64);

/// What has been measured of a round.
#[derive(Debug, Default)]
pub(crate) struct RoundMetrics {
    model: Leg,
    voice: Leg,
}

/// One vendor's part: when it was asked, and which of its two figures are told.
#[derive(Debug, Default)]
struct Leg {
    asked: Option<Time>,
    has_responded: bool,
    has_content: bool,
}

impl Leg {
    fn ask(&mut self, now: Time) {
        self.asked.get_or_insert(now);
    }

    fn respond(&mut self, now: Time, name: MetricName) -> Option<Figure> {
        let first = !std::mem::replace(&mut self.has_responded, true);
        self.asked.filter(|_| first).map(|asked| (name, millis(asked, now)))
    }

    fn content(&mut self, now: Time, name: MetricName) -> Option<Figure> {
        let first = !std::mem::replace(&mut self.has_content, true);
        self.asked.filter(|_| first).map(|asked| (name, millis(asked, now)))
    }
}

impl RoundMetrics {
    /// The model is asked.
    pub(crate) fn asked_model(&mut self, now: Time) {
        self.model.ask(now);
    }

    /// Its headers arrived.
    pub(crate) fn model_responding(&mut self, now: Time) -> Option<Figure> {
        self.model.respond(now, MetricName::LlmNetworkLatency)
    }

    /// Its first content arrived.
    pub(crate) fn model_content(&mut self, now: Time) -> Option<Figure> {
        self.model.content(now, MetricName::LlmFirstToken)
    }

    /// The first segment is sent to synthesis.
    pub(crate) fn asked_voice(&mut self, now: Time) {
        self.voice.ask(now);
    }

    /// Its headers arrived.
    pub(crate) fn voice_responding(&mut self, now: Time) -> Option<Figure> {
        self.voice.respond(now, MetricName::TtsNetworkLatency)
    }

    /// Its first playable audio arrived.
    pub(crate) fn voice_audio(&mut self, now: Time) -> Option<Figure> {
        self.voice.content(now, MetricName::TtsFirstFrameLatency)
    }
}

/// The user's turn, silent since then, is recognised whole.
pub(crate) fn recognised(silent_since: Time, now: Time) -> Figure {
    (MetricName::AsrLatency, millis(silent_since, now))
}

/// How often the reply fell silent before its end; nothing to tell when never.
pub(crate) fn gaps(count: u64) -> Option<Figure> {
    (count > 0).then_some((MetricName::TtsDiscontinuity, count))
}

fn millis(from: Time, to: Time) -> u64 {
    u64::try_from(to.since(from).as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_latency_is_told_once_and_from_the_first_attempt_on() {
        let at = Time::from_millis;
        let mut metrics = RoundMetrics::default();
        assert_eq!(metrics.model_content(at(5)), None, "nothing was asked");
        let mut metrics = RoundMetrics::default();
        metrics.asked_model(at(100));
        metrics.asked_model(at(900));
        assert_eq!(metrics.model_responding(at(1_050)), Some((MetricName::LlmNetworkLatency, 950)));
        assert_eq!(metrics.model_responding(at(1_060)), None);
        assert_eq!(metrics.model_content(at(1_200)), Some((MetricName::LlmFirstToken, 1_100)));
        assert_eq!(metrics.model_content(at(1_220)), None);
        metrics.asked_voice(at(1_300));
        assert_eq!(metrics.voice_responding(at(1_320)), Some((MetricName::TtsNetworkLatency, 20)));
        assert_eq!(metrics.voice_audio(at(1_450)), Some((MetricName::TtsFirstFrameLatency, 150)));
        assert_eq!(gaps(0), None);
        assert_eq!(gaps(2), Some((MetricName::TtsDiscontinuity, 2)));
    }
}

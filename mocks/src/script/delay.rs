//! How long something takes: a constant, a distribution, or a recorded tape.
//!
//! A draw comes in whole milliseconds, so that a schedule made of draws has no finer times than the clock.
//! The normal distribution is a sum of uniforms and not a transformed one: addition gives the same bits on every
//! machine, a logarithm does not promise to.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use bargein_wire::units::Dur;
use rand::{Rng, RngCore};
use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};

/// A length of time to be drawn.
///
/// Written `20ms`, `normal(20ms, 5ms)`, `lognormal(20ms, 5ms)`, `uniform(10ms, 30ms)` or, a tape, as a list of
/// durations. `normal` and `lognormal` name the mean and the standard deviation of the delay itself, `uniform` its
/// least and its greatest value.
#[derive(Clone, PartialEq, Debug)]
pub enum Delay {
    /// Always the same.
    Constant(Duration),
    /// Bell-shaped; what would be negative is zero. Never further than six deviations from the mean.
    Normal {
        /// The centre.
        mean: Duration,
        /// The standard deviation.
        deviation: Duration,
    },
    /// Mostly short, now and then long: the usual shape of a network's or a model's delays.
    Lognormal {
        /// The mean of the delay, not of its logarithm.
        mean: Duration,
        /// The standard deviation of the delay, not of its logarithm.
        deviation: Duration,
    },
    /// Anything between, equally likely.
    Uniform {
        /// The least.
        from: Duration,
        /// The greatest.
        to: Duration,
    },
    /// One after the other as recorded, then from the beginning again. Never empty.
    Tape(Arc<[Duration]>),
}

impl Delay {
    /// Always so many milliseconds.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self::Constant(Duration::from_millis(millis))
    }

    /// The draw number `index`, from 0, in whole milliseconds. Only a tape looks at `index`.
    pub fn draw(&self, index: usize, rng: &mut impl RngCore) -> Duration {
        let nanos = match self {
            Self::Constant(value) => nanos(*value),
            Self::Normal { mean, deviation } => nanos(*mean) + standard_normal(rng) * nanos(*deviation),
            Self::Lognormal { mean, deviation } => lognormal(nanos(*mean), nanos(*deviation), rng),
            Self::Uniform { from, to } => {
                nanos(*from) + rng.random::<f64>() * nanos(to.saturating_sub(*from))
            }
            Self::Tape(tape) => tape.get(index % tape.len().max(1)).map_or(0.0, |gap| nanos(*gap)),
        };
        whole_millis(nanos)
    }
}

/// The time as a number that draws can be made with; exact below 104 days.
#[expect(clippy::cast_precision_loss, reason = "a delay of more than 104 days may be off by a nanosecond")]
fn nanos(duration: Duration) -> f64 {
    duration.as_nanos() as f64
}

/// The nearest millisecond, halves up; zero for what is negative.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the range before")]
fn whole_millis(nanos: f64) -> Duration {
    /// A year: no script waits longer, and it keeps sums of draws far from overflow.
    const LONGEST: f64 = 365.0 * 24.0 * 3600.0 * 1000.0;
    Duration::from_millis((nanos / 1e6).round().clamp(0.0, LONGEST) as u64)
}

/// Mean 0, deviation 1: twelve uniforms less six.
fn standard_normal(rng: &mut impl RngCore) -> f64 {
    (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0
}

/// The parameters of the logarithm follow from mean and deviation of the value. The last bit of `exp` may differ
/// between machines; the rounding to milliseconds that follows hides it.
fn lognormal(mean: f64, deviation: f64, rng: &mut impl RngCore) -> f64 {
    let normal = standard_normal(rng);
    if mean <= 0.0 {
        return 0.0;
    }
    let variance = (1.0 + (deviation / mean).powi(2)).ln();
    (mean.ln() - variance / 2.0 + variance.sqrt() * normal).exp()
}

/// The text is not a delay.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "expected a duration such as `20ms`, or `normal(20ms, 5ms)`, `lognormal(20ms, 5ms)`, `uniform(10ms, 30ms)`, got `{0}`"
)]
pub struct ParseDelayError(String);

impl FromStr for Delay {
    type Err = ParseDelayError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || ParseDelayError(text.to_owned());
        let dur = |part: &str| part.trim().parse::<Dur>().map(Duration::from).map_err(|_| wrong());
        let Some((name, rest)) = text.split_once('(') else { return Ok(Self::Constant(dur(text)?)) };
        let (first, second) =
            rest.trim_end().strip_suffix(')').and_then(|both| both.split_once(',')).ok_or_else(wrong)?;
        let (first, second) = (dur(first)?, dur(second)?);
        match name.trim() {
            "normal" => Ok(Self::Normal { mean: first, deviation: second }),
            "lognormal" => Ok(Self::Lognormal { mean: first, deviation: second }),
            "uniform" if first <= second => Ok(Self::Uniform { from: first, to: second }),
            _ => Err(wrong()),
        }
    }
}

impl<'de> Deserialize<'de> for Delay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Delay;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration such as `20ms`, a distribution such as `normal(20ms, 5ms)`, or a list of durations")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Delay, E> {
                text.parse().map_err(E::custom)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Delay, A::Error> {
                let mut tape = Vec::new();
                while let Some(gap) = list.next_element::<Dur>()? {
                    tape.push(Duration::from(gap));
                }
                if tape.is_empty() {
                    return Err(serde::de::Error::invalid_length(0, &"a tape of at least one duration"));
                }
                Ok(Delay::Tape(tape.into()))
            }
        }
        deserializer.deserialize_any(Text)
    }
}

impl schemars::JsonSchema for Delay {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Delay".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A duration, a distribution (mean and deviation, or bounds), or a tape of durations.",
            "oneOf": [
                { "type": "string", "examples": ["20ms", "normal(20ms, 5ms)", "lognormal(20ms, 5ms)", "uniform(10ms, 30ms)"] },
                { "type": "array", "items": { "type": "string" }, "minItems": 1 }
            ]
        })
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng as _;

    use super::*;

    fn draws(text: &str) -> Vec<u64> {
        let delay: Delay = text.parse().unwrap();
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        (0..2_000).map(|index| u64::try_from(delay.draw(index, &mut rng).as_millis()).unwrap()).collect()
    }

    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    fn mean_and_deviation(values: &[u64]) -> (f64, f64) {
        let mean = values.iter().sum::<u64>() as f64 / values.len() as f64;
        let variance = values.iter().map(|v| (*v as f64 - mean).powi(2)).sum::<f64>() / values.len() as f64;
        (mean, variance.sqrt())
    }

    #[test]
    fn a_distribution_has_the_mean_and_the_deviation_it_names() {
        for (text, mean, deviation) in [
            ("20ms", 20.0, 0.0),
            ("normal(200ms, 50ms)", 200.0, 50.0),
            ("lognormal(200ms, 80ms)", 200.0, 80.0),
            ("uniform(100ms, 300ms)", 200.0, 57.7),
        ] {
            let (got_mean, got_deviation) = mean_and_deviation(&draws(text));
            assert!((got_mean - mean).abs() < 5.0, "{text}: mean {got_mean}");
            assert!((got_deviation - deviation).abs() < 5.0, "{text}: deviation {got_deviation}");
        }
    }

    #[test]
    fn the_same_seed_draws_the_same_delays() {
        assert_eq!(draws("normal(20ms, 5ms)"), draws("normal(20ms, 5ms)"));
        assert_eq!(draws("normal(20ms, 5ms)")[..6], [18, 10, 20, 17, 21, 19]);
    }

    #[test]
    fn a_normal_delay_is_never_negative() {
        assert!(draws("normal(1ms, 50ms)").contains(&0));
    }

    #[test]
    fn a_tape_is_played_in_order_and_begins_again() {
        let tape: Delay = serde_json::from_str(r#"["20ms", "900ms"]"#).unwrap();
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let gaps: Vec<_> = (0..3).map(|index| tape.draw(index, &mut rng).as_millis()).collect();
        assert_eq!(gaps, [20, 900, 20]);
    }

    #[test]
    fn what_is_no_delay_is_refused() {
        for text in ["20", "normal(20ms)", "normal(20ms, 5ms", "gamma(1ms, 2ms)", "uniform(3ms, 1ms)", ""] {
            assert_eq!(text.parse::<Delay>(), Err(ParseDelayError(text.to_owned())));
        }
        assert!(serde_json::from_str::<Delay>("20").is_err());
        assert!(serde_json::from_str::<Delay>("[]").is_err());
    }
}

//! How loud sound is: what counts as audible in a room, and levels in dB of full scale.
//!
//! One measure for the user's speech and for the agent's. Levels come from multiplications alone, which give the same
//! bits on every machine; a library's logarithm need not.

/// The smallest magnitude that is above -50 dBFS: 32768 × 10^(-50/20) is 103.6.
pub const AUDIBLE: u16 = 104;

/// The level of digital silence, and of anything softer: the least a 16-bit sample can be.
pub const SILENCE: i32 = -96;

/// The square of full scale.
const FULL_SCALE: f64 = 32_768.0 * 32_768.0;
/// 10^(1/10): one decibel, as a ratio of powers.
const DECIBEL: f64 = 1.258_925_411_794_167_2;

/// Position of the first sample above -50 dBFS.
#[must_use]
pub fn first_audible(samples: &[i16]) -> Option<usize> {
    samples.iter().position(is_audible)
}

/// Position of the last sample above -50 dBFS.
#[must_use]
pub fn last_audible(samples: &[i16]) -> Option<usize> {
    samples.iter().rposition(is_audible)
}

fn is_audible(sample: &i16) -> bool {
    sample.unsigned_abs() >= AUDIBLE
}

/// The sum of the squares: what levels are made of.
#[must_use]
pub fn energy(samples: &[i16]) -> u64 {
    samples.iter().map(|sample| u64::from(sample.unsigned_abs()).pow(2)).sum()
}

/// The level of so many samples with this energy in whole dB of full scale, from [`SILENCE`] to 0.
#[must_use]
pub fn level(energy: u64, samples: usize) -> i32 {
    // Half a decibel up, so that cutting off rounds.
    let power = energy as f64 / (samples.max(1) as f64 * FULL_SCALE) * DECIBEL.sqrt();
    let mut level = 0;
    let mut bound = 1.0;
    while level > SILENCE && power < bound {
        bound /= DECIBEL;
        level -= 1;
    }
    level
}

/// The power at a level of at most 0 dB, as a mean square of samples.
#[must_use]
pub(super) fn power_at(level: i32) -> f64 {
    (level..0).fold(FULL_SCALE, |power, _| power / DECIBEL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_counts_from_just_above_minus_fifty_decibels() {
        assert_eq!(first_audible(&[0, 103, -103, -104, 5000, 104, 103]), Some(3));
        assert_eq!(last_audible(&[0, 103, -103, -104, 5000, 104, 103]), Some(5));
        assert_eq!(first_audible(&[103, i16::MIN]), Some(1));
    }

    #[test]
    fn silence_has_no_first_and_no_last_sample() {
        assert_eq!(first_audible(&[]), None);
        assert_eq!(last_audible(&[103; 320]), None);
    }

    #[test]
    fn levels_are_rounded_decibels_of_full_scale() {
        let cases = [
            (0, -96),
            (1, -90),
            (104, -50),
            (3277, -20),
            (10_362, -10),
            (23_170, -3),
            (32_767, 0),
            (i16::MIN, 0),
        ];
        for (sample, want) in cases {
            assert_eq!(level(energy(&[sample; 320]), 320), want, "{sample}");
        }
        assert_eq!(level(0, 0), SILENCE);
    }
}

//! What counts as a sound in a room: one threshold for the user's speech and for the agent's.

/// The smallest magnitude that is above -50 dBFS: 32768 × 10^(-50/20) is 103.6.
pub const AUDIBLE: u16 = 104;

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
}

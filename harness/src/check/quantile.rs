//! Percentiles of what was measured.

/// A percentile, by the nearest rank; `None` of nothing.
pub(crate) fn quantile(values: &[f64], percent: usize) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::quantile;

    #[test]
    fn a_percentile_is_a_value_that_was_measured() {
        let values = [4.0, 1.0, 3.0, 2.0];
        for (percent, expected) in [(0, 1.0), (25, 1.0), (50, 2.0), (51, 3.0), (95, 4.0), (100, 4.0)] {
            assert_eq!(quantile(&values, percent), Some(expected), "{percent}");
        }
        assert_eq!(quantile(&[], 50), None);
    }
}

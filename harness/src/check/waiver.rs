//! Waivers: rules that may be broken until a date, with the reason.

use serde::Deserialize;

/// A rule that may be broken for a while.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    /// Which check: `LAT-06`.
    pub id: String,
    /// Why.
    pub reason: String,
    /// The last day, as `2027-01-31`. From the day after, the check fails as if there were no waiver.
    pub until: String,
}

/// A file is no list of waivers.
#[derive(Debug, thiserror::Error)]
pub enum WaiverError {
    /// It is not the JSON that is expected.
    #[error("expected a JSON list of objects with `id`, `reason` and `until`, got: {0}")]
    Json(#[from] serde_json::Error),
    /// A date is none.
    #[error("expected a date such as 2027-01-31 in the waiver of {id}, got `{until}`")]
    Date {
        /// The check.
        id: String,
        /// What stands there.
        until: String,
    },
    /// A reason is missing.
    #[error("expected a reason in the waiver of {0}, got none")]
    Reason(String),
}

/// Reads the file of waivers: a JSON list.
///
/// # Errors
/// It is no such list, or a date or reason in it is none.
pub fn read_waivers(text: &str) -> Result<Vec<Waiver>, WaiverError> {
    let waivers: Vec<Waiver> = serde_json::from_str(text)?;
    for Waiver { id, reason, until } in &waivers {
        if day(until).is_none() {
            return Err(WaiverError::Date { id: id.clone(), until: until.clone() });
        }
        if reason.trim().is_empty() {
            return Err(WaiverError::Reason(id.clone()));
        }
    }
    Ok(waivers)
}

impl Waiver {
    /// Whether it still holds at this time of the wall clock.
    #[must_use]
    pub fn holds_at(&self, unix_millis: u64) -> bool {
        let today = i64::try_from(unix_millis / 86_400_000).unwrap_or(i64::MAX);
        day(&self.until).is_some_and(|last| today <= last)
    }
}

/// Days since 1970-01-01 of a date: the usual count of days over eras of 400 years.
fn day(date: &str) -> Option<i64> {
    let mut parts = date.split('-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let is_date = date.len() == 10 && parts.next().is_none();
    if !is_date || !(1..=12).contains(&month) || !(1..=31).contains(&day) || !(1970..=9999).contains(&year) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year / 400, year % 400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_waiver_holds_to_the_end_of_its_day() {
        let text = r#"[{ "id": "LAT-06", "reason": "the new model comes in May", "until": "2025-01-01" }]"#;
        let waivers = read_waivers(text).unwrap();
        let midnight = 1_735_689_600_000;
        assert!(waivers[0].holds_at(midnight - 1) && waivers[0].holds_at(midnight + 86_399_999));
        assert!(!waivers[0].holds_at(midnight + 86_400_000));
        assert_eq!(
            (day("1970-01-01"), day("2000-03-01"), day("2024-02-29")),
            (Some(0), Some(11_017), Some(19_782))
        );
    }

    #[test]
    fn a_waiver_without_date_or_reason_is_refused() {
        for (text, says) in [
            (r#"[{"id":"A-1","reason":"x","until":"soon"}]"#, "expected a date"),
            (r#"[{"id":"A-1","reason":" ","until":"2027-01-31"}]"#, "expected a reason"),
            (r#"[{"id":"A-1","until":"2027-01-31"}]"#, "missing field `reason`"),
        ] {
            assert!(read_waivers(text).unwrap_err().to_string().contains(says), "{text}");
        }
    }
}

//! Decimal numbers read exactly: "1.4" of a unit worth 1,000,000,000 is 1,400,000,000, with no float in between.

/// Splits "1.4s" into its number "1.4" and its unit "s". White space between them is allowed.
pub(super) fn split(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    (number, unit.trim())
}

/// The number times `unit`; `None` when it is not a decimal number, too large, or finer than 1.
pub(super) fn scaled(number: &str, unit: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || (fraction.is_empty() && number.contains('.')) {
        return None;
    }
    let mut value = whole.parse::<u64>().ok()?.checked_mul(unit)?;
    let mut place = unit;
    for digit in fraction.bytes() {
        let digit = u64::from(digit.checked_sub(b'0').filter(|digit| *digit <= 9)?);
        if !place.is_multiple_of(10) && digit != 0 {
            return None;
        }
        place /= 10;
        value = value.checked_add(digit * place)?;
    }
    Some(value)
}

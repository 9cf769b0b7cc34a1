//! What a plain scalar is: one of the few kinds a scenario may hold, or one that YAML readers disagree about.

/// What a scalar without quotes is.
#[derive(Clone, PartialEq, Debug)]
pub(in crate::scenario) enum Plain {
    /// Text.
    Text,
    /// A decimal number.
    Number(serde_json::Number),
    /// A truth value.
    Bool(bool),
    /// None of ours.
    Refused {
        /// What other readers may take it for.
        what: &'static str,
        /// What to write instead.
        help: String,
    },
}

impl Plain {
    /// Reads the text of a plain scalar.
    pub(in crate::scenario) fn of(text: &str) -> Self {
        match text {
            "" | "~" => return refused("nothing (null)", "give a value, or leave the whole key out"),
            "true" => return Self::Bool(true),
            "false" => return Self::Bool(false),
            _ => {}
        }
        let lower = text.to_lowercase();
        match lower.as_str() {
            "null" => refused("nothing (null)", &format!("for the text write \"{text}\"")),
            "true" | "false" => refused("a truth value in other letters", &format!("write {lower}")),
            "yes" | "no" | "on" | "off" => {
                let truth = matches!(lower.as_str(), "yes" | "on");
                refused(
                    "a truth value to some readers of YAML",
                    &format!("write {truth}, or \"{text}\" for the text"),
                )
            }
            _ if is_other_number(&lower) => {
                refused("not a decimal number", &format!("write it in decimal, or \"{text}\" for the text"))
            }
            _ => decimal(text).map_or(Self::Text, Self::Number),
        }
    }
}

fn refused(what: &'static str, help: &str) -> Plain {
    Plain::Refused { what, help: help.to_owned() }
}

/// `12`, `-3`, `0.5`; nothing else.
fn decimal(text: &str) -> Option<serde_json::Number> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(a, b)| (a, Some(b)));
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !is_digits(whole) || !fraction.is_none_or(is_digits) {
        return None;
    }
    match fraction {
        None => text.parse::<i64>().ok().map(Into::into).or_else(|| text.parse::<u64>().ok().map(Into::into)),
        Some(_) => serde_json::Number::from_f64(text.parse().ok()?),
    }
}

/// Numbers of other notations, in lower case: hexadecimal, octal, binary, exponents, digit groups, infinities.
fn is_other_number(lower: &str) -> bool {
    let digits = lower.strip_prefix(['-', '+']).unwrap_or(lower);
    if matches!(digits, ".inf" | ".nan") {
        return true;
    }
    let all =
        |rest: &str, radix: u32| !rest.is_empty() && rest.chars().all(|c| c.is_digit(radix) || c == '_');
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(rest) = digits.strip_prefix(prefix) {
            return all(rest, radix);
        }
    }
    let looks_like_one = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && digits.contains(|c: char| c.is_ascii_digit())
        && digits.replace('_', "").parse::<f64>().is_ok();
    let is_ours = decimal(lower).is_some();
    let leading_zero = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
    looks_like_one && (!is_ours || leading_zero)
}

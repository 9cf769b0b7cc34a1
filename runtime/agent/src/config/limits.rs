//! What a value may be. Each limit says what it expects.

use std::fmt::Display;

use bargein_wire::units::Dur;

use super::written::DurOrOff;

/// What was expected instead.
pub(super) struct Expected(pub(super) String);

/// A limit of values of this type.
pub(super) trait Limit<T> {
    /// Whether the value keeps it.
    fn check(&self, value: &T) -> Result<(), Expected>;
}

/// Anything goes.
pub(super) struct Any;

impl<T> Limit<T> for Any {
    fn check(&self, _: &T) -> Result<(), Expected> {
        Ok(())
    }
}

/// From the first through the second.
pub(super) struct Within<T>(pub(super) T, pub(super) T);

impl<T: PartialOrd + Display> Limit<T> for Within<T> {
    fn check(&self, value: &T) -> Result<(), Expected> {
        let Self(least, most) = self;
        if (least..=most).contains(&value) { Ok(()) } else { Err(Expected(format!("{least} to {most}"))) }
    }
}

impl Limit<DurOrOff> for Within<Dur> {
    fn check(&self, value: &DurOrOff) -> Result<(), Expected> {
        let DurOrOff::On(dur) = value else { return Ok(()) };
        self.check(dur).map_err(|Expected(range)| Expected(format!("{range}, or off")))
    }
}

/// At most so many characters, each of a list.
pub(super) struct Short(pub(super) usize);

impl Limit<String> for Short {
    fn check(&self, value: &String) -> Result<(), Expected> {
        if value.chars().count() <= self.0 {
            Ok(())
        } else {
            Err(Expected(format!("at most {} characters", self.0)))
        }
    }
}

impl Limit<Vec<String>> for Short {
    fn check(&self, value: &Vec<String>) -> Result<(), Expected> {
        value.iter().try_for_each(|item| self.check(item))
    }
}

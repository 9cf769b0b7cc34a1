//! When audio leaves: the schedule of the script, and what mutants make of it.

use std::time::Duration;

use bargein_net::Moment;

use super::service::Service;
use super::wish::Wish;
use crate::raw::RawRequest;

/// From how many characters on a text is a long line.
pub(super) const LONG: usize = 100;
/// From how many characters on a text is longer than anything a caller hears.
pub(super) const VERY_LONG: usize = 1_000;

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

impl Service {
    /// How long after its request a text's first audio leaves.
    pub(super) fn first_audio(&self, request: &RawRequest, wish: &Wish) -> Duration {
        let first = self.script.first_audio;
        let Some(id) = self.broken.id() else { return first };
        let now = self.clock.now();
        let active = u32::try_from(self.state.active()).unwrap_or(u32::MAX);
        let mut wrong = self.state.wrong();
        let last = wrong.last.replace(now);
        wrong.undead.retain(|until| *until > now);
        let more = match id {
            "TXT-12" if wish.characters > VERY_LONG => ms(300),
            "LAT-01" if request.number >= 4 => ms(3_200),
            "LAT-02" => ms(250),
            "LAT-03" if last.is_some_and(|last| now.since(last) >= ms(50_000)) => ms(500),
            "LAT-11" => ms(wish.characters as u64 / 10),
            "CON-04" => ms(40) * active.saturating_sub(1),
            "CAN-01" | "CAN-02" => wrong.locked_until.since(now),
            "CAN-03" | "CAN-04" => ms(25) * u32::try_from(wrong.undead.len()).unwrap_or_default(),
            "RTY-05" if request.id().is_some_and(|id| wrong.answer(id)) => ms(300),
            "KAL-07" if request.number == 1 => ms(300),
            _ => Duration::ZERO,
        };
        first + more
    }

    /// How long a piece of audio is held back beyond the script's schedule; all after it is too.
    pub(super) fn held_back(&self, request: &RawRequest, wish: &Wish, index: u64) -> Duration {
        let Some(id) = self.broken.id() else { return Duration::ZERO };
        let is_long = wish.characters > LONG;
        match id {
            "LAT-05" if is_long && index == 2 => ms(1_000),
            "LAT-06" if is_long => ms(100),
            "LAT-07" if is_long && index == 50 => ms(600),
            "LAT-12" if request.number > 1 && index == 1 => ms(5_000),
            _ => Duration::ZERO,
        }
    }

    /// Waits until no long text is being spoken: what a server with one thread does.
    pub(super) async fn queue_up(&self, peer: &mut crate::raw::Peer) -> Result<(), crate::raw::Gone> {
        while self.broken.is("CON-06") && self.state.wrong().long > 0 {
            peer.wait_until(self.clock.now() + ms(5)).await?;
        }
        Ok(())
    }

    /// A stream was cut, after so many pieces. What an unbroken server does then is nothing.
    pub(super) fn was_cut(&self, request: &RawRequest, is_reset: bool, pieces: u64, at: u64) {
        let Some(id) = self.broken.id() else { return };
        let now = self.clock.now();
        let later = |seconds: u64| -> Moment { now + Duration::from_secs(seconds) };
        let mut wrong = self.state.wrong();
        match id {
            "CAN-01" if !is_reset => wrong.locked_until = later(2),
            "CAN-02" if is_reset => wrong.locked_until = later(2),
            "CAN-03" if pieces > 0 => wrong.undead.push(later(40)),
            "CAN-04" if pieces == 0 => wrong.undead.push(later(40)),
            "CAN-05" => wrong.counted.push(later(2)),
            "CAN-07" => wrong.unclosed += 1,
            "RTY-02" => {
                if let Some(id) = request.id() {
                    wrong.cut.insert(id.to_owned(), at);
                }
            }
            _ => {}
        }
    }
}

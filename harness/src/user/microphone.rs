//! The pump: carries the track into a room, frame by frame.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bargein_agent::{AudioFrame, UserSays};
use bargein_net::{Clock, Moment};

use super::speech::Speech;
use super::track::{FRAME_SAMPLES, Track};

/// How long a frame is.
pub const FRAME: Duration = Duration::from_millis(20);

/// A user's microphone, open for the whole run. All clones are the same microphone.
#[derive(Clone, Debug)]
pub struct Microphone {
    /// When its first sample was taken.
    origin: Moment,
    track: Arc<Mutex<Track>>,
}

impl Microphone {
    /// A microphone opened at `origin`; only silence is to be heard so far.
    #[must_use]
    pub fn new(origin: Moment) -> Self {
        Self { origin, track: Arc::default() }
    }

    /// Says something, so that the signal's first sample is of the moment `at`, and returns that moment. It is later
    /// than `at` only when the frame of that moment has left already.
    pub fn say(&self, at: Moment, speech: Speech) -> Moment {
        self.origin + self.track().place(at.since(self.origin), speech)
    }

    /// Sends frames into the room until the session leaves it: each at the end of the 20 ms it holds, on a grid of
    /// absolute times, so that lateness never adds up.
    pub async fn pump(self, clock: Clock, room: UserSays) {
        let mut frame = [0; FRAME_SAMPLES];
        for number in 1_u32.. {
            clock.sleep_until(self.origin + FRAME * number).await;
            let has_sound = self.track().take(&mut frame);
            let frame = if has_sound { AudioFrame::from_samples(&frame) } else { AudioFrame::silence() };
            if room.frame(frame).await.is_err() {
                return;
            }
        }
    }

    fn track(&self) -> MutexGuard<'_, Track> {
        self.track.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

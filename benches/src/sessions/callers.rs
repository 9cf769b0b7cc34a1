//! The part of the callers: people who ask for a story and, every other time, cut it short.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bargein_agent::{AudioFrame, FRAME, FRAME_SAMPLES};
use bargein_net::{Moment, Task, World};
use tokio::sync::watch;

use super::Fallible;
use super::control::{CallersOrder, Counts, Line};
use super::frames::Frames;

/// What callers say. The first asks, the second cuts in.
const SPEECHES: [&str; 2] = ["something-terribly-wrong", "please-try-again"];
/// How long the agent is listened to before it is cut.
const PATIENCE: Duration = Duration::from_secs(3);
/// So long without a frame: the agent has finished.
const SILENCE: Duration = Duration::from_millis(400);
/// How long an answer is waited for.
const ANSWER: Duration = Duration::from_secs(6);
/// The first words of callers are spread over so long.
const SPREAD: Duration = Duration::from_secs(5);

/// Calls as it is ordered until the other end of the line is gone.
pub(super) async fn run(world: &World, by: &str) -> Fallible<()> {
    let mut line = Line::to(world, by).await?;
    let speeches: Arc<[Vec<AudioFrame>; 2]> = Arc::new([speech(SPEECHES[0])?, speech(SPEECHES[1])?]);
    let (talk, talks) = watch::channel(false);
    let counts = Arc::new(Mutex::new(Counts::default()));
    let mut callers: Vec<Task> = Vec::new();
    while let Some(order) = line.hear().await? {
        match order {
            CallersOrder::Join { rooms, sessions } => {
                callers.clear();
                for number in 0..sessions {
                    let share = u32::try_from(number)? as f64 / sessions as f64;
                    world.clock.sleep(FRAME.mul_f64(1.0 / sessions as f64)).await;
                    let caller = Caller {
                        world: world.clone(),
                        room: Frames::new(world.network.dial(&rooms).await?),
                        speeches: Arc::clone(&speeches),
                        talks: talks.clone(),
                        counts: Arc::clone(&counts),
                        delay: SPREAD.mul_f64(share),
                    };
                    callers.push(world.tasks.spawn("caller", caller.call()));
                }
                line.say(&()).await?;
            }
            CallersOrder::Talk => {
                talk.send_replace(true);
                line.say(&()).await?;
            }
            CallersOrder::Count => {
                let counts = std::mem::take(&mut *counts.lock().unwrap_or_else(PoisonError::into_inner));
                line.say(&counts).await?;
            }
        }
    }
    Ok(())
}

/// A fixture as frames.
fn speech(name: &str) -> Fallible<Vec<AudioFrame>> {
    let path = format!("{}/../fixtures/speech/{name}.wav", env!("CARGO_MANIFEST_DIR"));
    let samples = hound::WavReader::open(path)?.into_samples::<i16>().collect::<Result<Vec<_>, _>>()?;
    Ok(samples.as_chunks::<FRAME_SAMPLES>().0.iter().map(AudioFrame::from_samples).collect())
}

/// One caller.
struct Caller {
    world: World,
    room: Frames,
    speeches: Arc<[Vec<AudioFrame>; 2]>,
    talks: watch::Receiver<bool>,
    counts: Arc<Mutex<Counts>>,
    /// How much later than told the caller begins to talk.
    delay: Duration,
}

/// What a caller is doing.
enum Doing {
    /// Nothing, until then.
    Waits { until: Option<Moment> },
    /// Says the frames of a speech from this one on.
    Says { speech: usize, frame: usize },
    /// Has asked, and has heard nothing yet.
    Asked { at: Moment, cuts: bool },
    /// Hears the agent.
    Hears { since: Moment, cuts: bool },
}

impl Caller {
    /// Sends a frame every 20 ms until the room is closed.
    async fn call(mut self) {
        let begin = self.world.clock.now();
        let mut doing = Doing::Waits { until: None };
        let mut last_heard = Moment::ZERO;
        let mut cuts = true;
        for number in 1_u32.. {
            let due = begin + FRAME * number;
            loop {
                tokio::select! {
                    biased;
                    () = self.world.clock.sleep_until(due) => break,
                    heard = self.room.next() => match heard {
                        Ok(Some(_)) => {
                            last_heard = self.world.clock.now();
                            self.count(|counts| counts.frames += 1);
                        }
                        Ok(None) | Err(_) => return,
                    },
                }
            }
            let frame = self.next(due, last_heard, &mut doing, &mut cuts);
            if self.room.send(&frame).await.is_err() {
                return;
            }
        }
    }

    /// What is sent at `now`.
    fn next(&self, now: Moment, last_heard: Moment, doing: &mut Doing, cuts: &mut bool) -> AudioFrame {
        match *doing {
            Doing::Waits { until: None } if *self.talks.borrow() => {
                *doing = Doing::Waits { until: Some(now + self.delay) };
            }
            Doing::Waits { until: Some(until) } if until <= now => self.say(0, doing),
            Doing::Asked { cuts, .. } if last_heard + FRAME >= now => {
                *doing = Doing::Hears { since: now, cuts }
            }
            Doing::Asked { at, .. } if at + ANSWER <= now => {
                self.count(|counts| counts.unanswered += 1);
                self.say(0, doing);
            }
            Doing::Hears { since, cuts: true } if since + PATIENCE <= now => {
                self.count(|counts| counts.barged_in += 1);
                self.say(1, doing);
            }
            Doing::Hears { .. } if last_heard + SILENCE <= now => {
                *doing = Doing::Waits { until: Some(now + SILENCE) };
            }
            Doing::Waits { .. } | Doing::Says { .. } | Doing::Asked { .. } | Doing::Hears { .. } => {}
        }
        let Doing::Says { speech, frame } = doing else { return AudioFrame::silence() };
        let said = self.speeches[*speech].get(*frame).cloned();
        *frame += 1;
        said.unwrap_or_else(|| {
            *doing = Doing::Asked { at: now, cuts: *cuts };
            *cuts = !*cuts;
            AudioFrame::silence()
        })
    }

    fn say(&self, speech: usize, doing: &mut Doing) {
        self.count(|counts| counts.said += 1);
        *doing = Doing::Says { speech, frame: 0 };
    }

    fn count(&self, count: impl FnOnce(&mut Counts)) {
        count(&mut self.counts.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

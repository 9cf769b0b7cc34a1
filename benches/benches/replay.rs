//! How fast a conversation is judged: a minute of it, from the file's steps to the verdict, in virtual time.
//!
//! Beside it, in the same run: the floor, which is the same frames over the same timers and channels with nothing that
//! hears or answers them, and the voice detector alone on the same speech. The figures that have limits come from rounds
//! in which the three take turns, so that a busy machine disturbs them alike; they are printed with their ratios.

use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use bargein::run::{Case, Mode, Stopwatch, play};
use bargein::scenario::Scenario;
use bargein::world::Recorder;
use bargein_agent::{AudioFrame, Earshot, FRAME, VoiceDetector};
use bargein_net::{World, run_virtual};
use criterion::Criterion;
use tokio::sync::mpsc;

/// The most a minute may take: 1,500 times real time.
const LIMIT: Duration = Duration::from_millis(40);

/// How many times the floor a minute may cost.
const AIM: f64 = 2.0;

/// How many rounds the figures are the median of.
const ROUNDS: usize = 31;

/// Frames of a minute, each way.
const FRAMES: u32 = 60 * 50;

fn main() {
    let bench = Bench::load();
    bench.print_ratios();
    let mut criterion = Criterion::default().configure_from_args();
    criterion.bench_function("replay/judged", |bencher| bencher.iter(|| bench.judge()));
    criterion.bench_function("replay/floor", |bencher| bencher.iter(floor));
    criterion.bench_function("replay/detector", |bencher| bencher.iter(|| bench.detect()));
    criterion.final_summary();
}

/// What is measured.
struct Bench {
    case: Case,
    speech: Vec<[i16; 320]>,
}

impl Bench {
    #[expect(clippy::expect_used, reason = "a bench without its files has nothing to measure")]
    fn load() -> Self {
        let home = Path::new(env!("CARGO_MANIFEST_DIR"));
        let scenario =
            Scenario::load(&home.join("scenarios/conversation_60s.yaml")).expect("the scenario loads");
        let case = Case::all_of(&scenario).expect("its vendors are known").remove(0);
        let file = home.join("../fixtures/speech/zh-weather.wav");
        let samples: Vec<i16> = hound::WavReader::open(file)
            .expect("speech")
            .into_samples()
            .collect::<Result<_, _>>()
            .expect("samples");
        let (frames, _) = samples.as_chunks::<320>();
        let speech = frames.iter().copied().cycle().take(FRAMES as usize).collect();
        Self { case, speech }
    }

    /// Plays and judges the conversation; returns how long it was.
    #[expect(clippy::expect_used, reason = "a run that fails has no figure")]
    fn judge(&self) -> Duration {
        let played =
            play(&self.case, 1, Mode::Virtual, &Recorder::default()).expect("the run goes to its end");
        played.run.talk
    }

    /// Shows every frame of a minute to the voice detector.
    fn detect(&self) -> usize {
        let mut detector = Earshot::default();
        self.speech.iter().filter(|frame| detector.is_voiced(black_box(frame))).count()
    }

    #[expect(clippy::print_stdout, reason = "the figures are what a bench is for")]
    fn print_ratios(&self) {
        let talk = self.judge();
        let minutes = talk.as_secs_f64() / 60.0;
        let mut taken: [Vec<Duration>; 3] = Default::default();
        for _ in 0..ROUNDS {
            taken[0].push(timed(|| self.judge()));
            taken[1].push(timed(floor));
            taken[2].push(timed(|| self.detect()));
        }
        let [judged, floor, detector] = taken.map(median);
        let minute = judged.div_f64(minutes);
        println!("a conversation of {:.1} s, {ROUNDS} rounds taking turns, medians:", talk.as_secs_f64());
        println!(
            "  judged     {minute:>8.1?} a minute of talk   limit {LIMIT:?}   {:.2} of it",
            ratio(minute, LIMIT)
        );
        println!("             {:.0} times real time", 60.0 / minute.as_secs_f64());
        println!(
            "  floor      {floor:>8.1?}   judged is {:.2} times the floor   aim {AIM}",
            ratio(minute, floor)
        );
        println!(
            "  detector   {detector:>8.1?}   {:.0} % of what a minute takes",
            100.0 * ratio(detector, minute)
        );
    }
}

/// A minute of frames both ways through tasks that do nothing with them: a user's microphone, a shell, a listener.
#[expect(clippy::expect_used, reason = "a run that fails has no figure")]
fn floor() -> u32 {
    run_virtual(1, async |world: World| {
        let (says, mut hears) = mpsc::channel::<AudioFrame>(50);
        let (speaks, mut heard) = mpsc::channel::<AudioFrame>(256);
        let clock = world.clock.clone();
        let microphone = world.tasks.spawn("microphone", async move {
            let mut at = clock.now();
            for _ in 0..FRAMES {
                at = at + FRAME;
                clock.sleep_until(at).await;
                if says.send(AudioFrame::silence()).await.is_err() {
                    return;
                }
            }
        });
        let clock = world.clock.clone();
        let shell = world.tasks.spawn("shell", async move {
            let mut at = clock.now();
            let mut tick = clock.sleep_until(at + FRAME);
            loop {
                tokio::select! {
                    biased;
                    frame = hears.recv() => match frame {
                        Some(frame) => drop(black_box(frame)),
                        None => return,
                    },
                    () = &mut tick => {
                        at = at + FRAME;
                        tick = clock.sleep_until(at + FRAME);
                        let _ = speaks.try_send(AudioFrame::silence());
                    }
                }
            }
        });
        let mut count = 0;
        while heard.recv().await.is_some() {
            count += 1;
        }
        drop((microphone, shell));
        count
    })
    .expect("the run goes to its end")
}

fn timed<T>(work: impl FnOnce() -> T) -> Duration {
    let watch = Stopwatch::start();
    black_box(work());
    watch.elapsed()
}

fn median(mut taken: Vec<Duration>) -> Duration {
    taken.sort_unstable();
    taken.get(taken.len() / 2).copied().unwrap_or_default()
}

fn ratio(part: Duration, whole: Duration) -> f64 {
    part.as_secs_f64() / whole.as_secs_f64()
}

//! The part of the agent: the process that is measured.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bargein_adapters::registry;
use bargein_agent::{
    Earshot, FRAME_SAMPLES, RoomUser, Session, SessionSettings, Vendors, VoiceDetector, loopback,
};
use bargein_net::{Io, Listener, Task, World};

use super::control::{AgentOrder, Line, Reached};
use super::frames::Frames;
use super::marks::{Marks, Overheads};
use super::{Detector, Fallible};

/// The marks of every session that was ever here.
type AllMarks = Arc<Mutex<Vec<Marks>>>;

/// Hosts sessions until the other end of the line is gone.
pub(super) async fn run(world: &World, by: &str) -> Fallible<()> {
    let mut line = Line::to(world, by).await?;
    let marks = AllMarks::default();
    let mut hosting: Option<Task> = None;
    while let Some(order) = line.hear().await? {
        match order {
            AgentOrder::Host { vendors, detector } => {
                let listener = world.network.listen("127.0.0.1:0").await?;
                let rooms = listener.authority().to_owned();
                let host = Host {
                    world: world.clone(),
                    vendors: clients(world, *vendors)?,
                    detector,
                    marks: marks.clone(),
                };
                hosting = Some(world.tasks.spawn("rooms", host.run(listener)));
                line.say(&rooms).await?;
            }
            AgentOrder::Begin => {
                lock(&marks).iter().for_each(|marks| drop(marks.take()));
                line.say(&()).await?;
            }
            AgentOrder::End => {
                let mut overheads = Overheads::default();
                lock(&marks).iter().for_each(|marks| overheads.read(&marks.take()));
                line.say(&overheads).await?;
            }
        }
    }
    drop(hosting);
    Ok(())
}

fn clients(world: &World, Reached { asr, llm, tts }: Reached) -> Fallible<Vendors> {
    Ok(Vendors {
        asr: Some(registry::asr(&asr.0, world, asr.1)?),
        llm: Some(registry::llm(&llm.0, world, llm.1)?),
        tts: Some(registry::tts(&tts.0, world, tts.1)?),
    })
}

/// Takes callers into rooms.
struct Host {
    world: World,
    vendors: Vendors,
    detector: Detector,
    marks: AllMarks,
}

impl Host {
    async fn run(self, mut listener: Listener) {
        while let Ok(io) = listener.accept().await {
            let Some(detector) = self.detector.make() else {
                let room = async move {
                    // A caller who has left.
                    let _ = send_back(io).await;
                };
                self.world.tasks.spawn("room", room).detach();
                continue;
            };
            let marks = Marks::default();
            let settings = SessionSettings {
                vendors: self.vendors.clone(),
                detector,
                marks: Some(marks.sink()),
                ..SessionSettings::default()
            };
            lock(&self.marks).push(marks);
            let world = self.world.clone();
            let room = async move {
                // A caller who has left.
                let _ = host(&world, io, settings).await;
            };
            self.world.tasks.spawn("room", room).detach();
        }
    }
}

/// Carries frames between a caller and a session of its own until the caller leaves.
async fn host(world: &World, io: Io, settings: SessionSettings) -> io::Result<()> {
    let (room, RoomUser { says, mut hears, told }) = loopback();
    drop(told);
    let session = Session::start(world, settings, room);
    let mut caller = Frames::new(io);
    loop {
        tokio::select! {
            biased;
            spoken = hears.frame() => match spoken {
                Some(spoken) => caller.send(&spoken.frame).await?,
                None => break,
            },
            heard = caller.next() => {
                let Some(frame) = heard? else { break };
                if says.frame(frame).await.is_err() {
                    break;
                }
            }
        }
    }
    session.stop().await;
    Ok(())
}

/// Sends a caller's frames back until the caller leaves.
async fn send_back(io: Io) -> io::Result<()> {
    let mut caller = Frames::new(io);
    while let Some(frame) = caller.next().await? {
        caller.send(&frame).await?;
    }
    Ok(())
}

impl Detector {
    /// `None`: there is to be no session.
    fn make(self) -> Option<Box<dyn VoiceDetector>> {
        match self {
            Self::Earshot => Some(Box::new(Earshot::default())),
            Self::Loudness => Some(Box::new(Loudness)),
            Self::None => None,
        }
    }
}

/// Takes what is louder than -40 dBFS for a voice.
struct Loudness;

impl VoiceDetector for Loudness {
    fn is_voiced(&mut self, samples: &[i16; FRAME_SAMPLES]) -> bool {
        const THRESHOLD: i64 = 328 * 328 * FRAME_SAMPLES as i64;
        samples.iter().map(|sample| i64::from(*sample).pow(2)).sum::<i64>() > THRESHOLD
    }
}

fn lock(marks: &Mutex<Vec<Marks>>) -> MutexGuard<'_, Vec<Marks>> {
    marks.lock().unwrap_or_else(PoisonError::into_inner)
}

//! The process that asks: callers, the vendor, and the order of the measurements.

use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bargein_net::{Moment, World};
use tokio::sync::mpsc;

use super::caller::{Answered, Asks, Caller};
use super::child::Proxy;
use super::figures::{Load, Way};
use super::vendor::PACE;
use super::{Arguments, table, vendor};
use crate::sessions::{Fallible, cpu_of, resident_of};

struct Ways {
    vendor: String,
    bare: Proxy,
    ours: Proxy,
}

impl Ways {
    fn authority(&self, way: Way) -> &str {
        match way {
            Way::Straight => &self.vendor,
            Way::Bare => &self.bare.authority,
            Way::Ours => &self.ours.authority,
        }
    }

    fn cpu(&self, way: Way) -> Fallible<Duration> {
        match way {
            Way::Straight => Ok(Duration::ZERO),
            Way::Bare => cpu_of(self.bare.id()),
            Way::Ours => cpu_of(self.ours.id()),
        }
    }
}

/// Makes every measurement and prints its table.
pub(super) async fn run(world: &World, arguments: &Arguments) -> Fallible<()> {
    let listener = world.network.listen("127.0.0.1:0").await?;
    let vendor = listener.authority().to_owned();
    world.tasks.spawn_service("vendors", vendor::serve(world.clone(), listener));
    let (bare, ours) = (Proxy::start("bare", &vendor)?, Proxy::start("ours", &vendor)?);
    let ways = Ways { vendor, bare, ours };
    world.clock.sleep(Duration::from_millis(500)).await;
    let idle = resident_of(ways.ours.id())?;
    let mut out = std::io::stdout();
    for &concurrency in &arguments.concurrency {
        let loads = rounds(world, arguments, &ways, Asks::Stream, concurrency).await?;
        write!(out, "{}", table::streams(concurrency, "streams", "20 events each", &loads))?;
    }
    let loaded = resident_of(ways.ours.id())?;
    write!(out, "{}", table::resident([idle, loaded]))?;
    for &concurrency in &arguments.concurrency {
        let loads = rounds(world, arguments, &ways, Asks::Speech, concurrency).await?;
        let what = "20 chunks of 20 ms each";
        write!(out, "{}", table::streams(concurrency, "syntheses", what, &loads))?;
    }
    for (asks, what, least) in
        [(Asks::LongStream, "streams after 100 kB of history", 0.7), (Asks::Whole, "whole answers", 0.5)]
    {
        let loads = rounds(world, arguments, &ways, asks, 16).await?;
        write!(out, "{}", table::rates(what, &loads, least))?;
    }
    let loads = rounds(world, arguments, &ways, Asks::Paced, arguments.paced).await?;
    write!(out, "{}", table::transits(arguments.paced, &loads))?;
    if arguments.crowd > 0 {
        // Its memory is judged by whether it grows: what a stream holds it holds from its beginning.
        let length = Duration::from_secs(arguments.crowd_seconds);
        load(world, &ways, Way::Ours, Asks::Paced, arguments.crowd, length / 4).await?;
        let before = resident_of(ways.ours.id())?;
        let crowd = load(world, &ways, Way::Ours, Asks::Paced, arguments.crowd, length).await?;
        let after = resident_of(ways.ours.id())?;
        write!(out, "{}", table::crowd(arguments.crowd, &crowd, [before, after]))?;
    }
    Ok(())
}

/// Every way in turns.
async fn rounds(
    world: &World,
    arguments: &Arguments,
    ways: &Ways,
    asks: Asks,
    concurrency: usize,
) -> Fallible<[Load; 3]> {
    let mut loads = [Load::default(), Load::default(), Load::default()];
    let length = Duration::from_millis(arguments.millis);
    // The first round warms connections and caches.
    for round in 0..=arguments.rounds {
        for (way, sum) in Way::ALL.into_iter().zip(&mut loads) {
            let one = load(world, ways, way, asks, concurrency, length).await?;
            if round > 0 {
                sum.add(one);
            }
        }
    }
    Ok(loads)
}

/// So many callers that ask again and again.
async fn load(
    world: &World,
    ways: &Ways,
    way: Way,
    asks: Asks,
    concurrency: usize,
    length: Duration,
) -> Fallible<Load> {
    let answers: Arc<Mutex<Vec<Answered>>> = Arc::default();
    // One message a caller at its end: there is always room.
    let (ended, mut ends) = mpsc::channel(concurrency.max(1));
    let mut callers = Vec::new();
    for _ in 0..concurrency {
        callers.push(Caller::connect(world, ways.authority(way), asks).await?);
    }
    let (cpu, began) = (ways.cpu(way)?, world.clock.now());
    for (number, caller) in callers.into_iter().enumerate() {
        // Paced streams do not begin all at once: their events would come in one heap every 20 ms.
        let late = if asks == Asks::Paced {
            PACE * u32::try_from(number)? / u32::try_from(concurrency)?
        } else {
            Duration::ZERO
        };
        let (clock, ended, answers) = (world.clock.clone(), ended.clone(), Arc::clone(&answers));
        world.tasks.spawn_service("caller", async move {
            clock.sleep(late).await;
            let outcome = again_and_again(caller, || clock.now(), began + length, &answers).await;
            // Who waits for the ends waits for all.
            let _ = ended.send(outcome.map_err(|error| error.to_string())).await;
        });
    }
    drop(ended);
    while let Some(end) = ends.recv().await {
        end?;
    }
    let answers = std::mem::take(&mut *answers.lock().unwrap_or_else(PoisonError::into_inner));
    let mut load = Load {
        length: world.clock.now().since(began),
        cpu: ways.cpu(way)?.saturating_sub(cpu),
        ..Load::default()
    };
    for Answered { first, transits } in answers {
        load.firsts.push(first);
        load.transits.extend(transits);
    }
    Ok(load)
}

async fn again_and_again(
    mut caller: Caller,
    now: impl Fn() -> Moment,
    until: Moment,
    answers: &Mutex<Vec<Answered>>,
) -> std::io::Result<()> {
    while now() < until {
        let answered = caller.ask().await?;
        answers.lock().unwrap_or_else(PoisonError::into_inner).push(answered);
    }
    Ok(())
}

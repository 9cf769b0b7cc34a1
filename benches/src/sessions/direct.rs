//! The process that gives the orders: starts the others, measures the agent from outside, prints.

use std::io::Write as _;
use std::time::Duration;

use bargein_net::{Listener, World};

use super::control::{AgentOrder, CallersOrder, Counts, Part, Reached};
use super::figures::Measured;
use super::marks::Overheads;
use super::process::{cpu_of, cpu_of_machine, resident_of};
use super::{Arguments, Detector, Fallible, table};

/// How long a thing is given to come to rest before it is measured.
const SETTLING: Duration = Duration::from_secs(4);
/// How long silence is measured.
const IDLE: Duration = Duration::from_secs(10);
/// How long callers talk before it counts: the first of them, and a turn or two.
const WARMING: Duration = Duration::from_secs(12);

/// Makes every measurement and prints its table.
pub(super) async fn measure(world: &World, arguments: &Arguments) -> Fallible<()> {
    let mut listener = world.network.listen("127.0.0.1:0").await?;
    let mut mocks = Part::start(&mut listener, "mocks").await?;
    let vendors: Reached = mocks.line.hear().await?.ok_or("expected the vendors, got none")?;
    for &sessions in &arguments.sessions {
        for &detector in &arguments.detector {
            let measured =
                one(world, &mut listener, mocks.id(), &vendors, arguments.seconds, sessions, detector)
                    .await?;
            write!(std::io::stdout(), "{}", table::of(&measured))?;
        }
    }
    Ok(())
}

/// One measurement, with an agent and callers of its own.
async fn one(
    world: &World,
    listener: &mut Listener,
    mocks: u32,
    vendors: &Reached,
    seconds: u64,
    sessions: usize,
    detector: Detector,
) -> Fallible<Measured> {
    let mut agent = Part::start(listener, "agent").await?;
    let mut callers = Part::start(listener, "callers").await?;
    let host = AgentOrder::Host { vendors: Box::new(vendors.clone()), detector };
    let rooms: String = agent.line.ask(&host).await?;
    // One comes and goes, so that what is made once is not counted.
    for guests in [1, 0] {
        let join = CallersOrder::Join { rooms: rooms.clone(), sessions: guests };
        callers.line.ask::<_, ()>(&join).await?;
        world.clock.sleep(SETTLING).await;
    }
    let empty = resident_of(agent.id())?;
    callers.line.ask::<_, ()>(&CallersOrder::Join { rooms, sessions }).await?;
    world.clock.sleep(SETTLING).await;
    let before = cpu_of(agent.id())?;
    world.clock.sleep(IDLE).await;
    let idle_cpu = cpu_of(agent.id())?.saturating_sub(before).div_f64(IDLE.as_secs_f64());
    let joined = resident_of(agent.id())?;

    callers.line.ask::<_, ()>(&CallersOrder::Talk).await?;
    world.clock.sleep(WARMING).await;
    callers.line.ask::<_, Counts>(&CallersOrder::Count).await?;
    agent.line.ask::<_, ()>(&AgentOrder::Begin).await?;
    let times = || -> Fallible<[Duration; 4]> {
        Ok([cpu_of(agent.id())?, cpu_of(callers.id())?, cpu_of(mocks)?, cpu_of_machine()?])
    };
    let (began, before) = (world.clock.now(), times()?);
    world.clock.sleep(Duration::from_secs(seconds)).await;
    let (length, after) = (world.clock.now().since(began), times()?);
    let overheads: Overheads = agent.line.ask(&AgentOrder::End).await?;
    let counts: Counts = callers.line.ask(&CallersOrder::Count).await?;
    let [cpu, of_callers, of_mocks, machine] =
        std::array::from_fn(|index| after[index].saturating_sub(before[index]));
    let others = machine.saturating_sub(cpu + of_callers + of_mocks);
    Ok(Measured {
        sessions,
        detector,
        length,
        overheads,
        counts,
        cpu,
        idle_cpu,
        resident: [joined, empty],
        busy: [machine, others].map(|busy| busy.as_secs_f64() / length.as_secs_f64()),
    })
}

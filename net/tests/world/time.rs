//! Reading, waiting, and the order of what is due together.

use std::sync::{Arc, Mutex};

use bargein_net::{Elapsed, Moment, RunError, Task, World, run_real, run_virtual};

use tokio::sync::mpsc;

use crate::{eventually, in_both_worlds, ms};

#[test]
fn virtual_time_starts_at_zero_and_jumps() {
    run_virtual(1, async |world| {
        assert_eq!(world.clock.now(), Moment::ZERO);
        assert_eq!(world.clock.unix_millis(), 1_735_689_600_000);
        world.clock.sleep(ms(90_000)).await;
        assert_eq!(world.clock.now(), Moment::from_millis(90_000));
        assert_eq!(world.clock.unix_millis(), 1_735_689_690_000);
    })
    .unwrap();
}

#[test]
fn waits_are_rounded_up_to_whole_milliseconds_of_the_world() {
    const CASES: [(u64, u64); 5] = [(1, 1), (999_999, 1), (1_000_000, 1), (1_000_001, 2), (2_500_000, 3)];
    for (nanos, millis) in CASES {
        let woke = run_virtual(1, async |world| {
            world.clock.sleep_until(Moment::from_nanos(nanos)).await;
            world.clock.now()
        });
        assert_eq!(woke.unwrap(), Moment::from_millis(millis), "for {nanos} ns");
    }
    run_real(1, async |world: World| {
        for _ in 0..20 {
            let at = world.clock.now() + ms(2);
            world.clock.sleep_until(at).await;
            let tick = Moment::from_millis(at.as_nanos().div_ceil(1_000_000));
            assert!(world.clock.now() >= tick, "woke at {} of {tick}", world.clock.now());
        }
    })
    .unwrap();
}

#[test]
fn a_moment_that_is_over_does_not_wait() {
    in_both_worlds(async |world| {
        world.clock.sleep(ms(3)).await;
        let began = world.clock.now();
        world.clock.sleep(ms(0)).await;
        world.clock.sleep_until(Moment::ZERO).await;
        world.clock.sleep_until_option(Some(Moment::ZERO)).await;
        assert!(world.clock.now().since(began) < ms(100));
    });
}

#[test]
fn a_timeout_drops_what_is_late() {
    in_both_worlds(async |world| {
        let never = std::future::pending::<()>();
        assert_eq!(world.clock.timeout(ms(5), never).await, Err(Elapsed { limit: ms(5) }));
        assert_eq!(world.clock.timeout(ms(0), async { 7 }).await, Ok(7));
        assert!(world.clock.timeout(ms(5), world.clock.sleep_until_option(None)).await.is_err());
    });
}

/// Who said what, in order.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn say(&self, what: impl Into<String>) {
        self.0.lock().unwrap().push(what.into());
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

#[test]
fn what_is_due_in_the_same_millisecond_happens_as_scheduled() {
    in_both_worlds(async |world| {
        let log = Log::default();
        // Scheduled in one order, with deadlines spread over one millisecond in the other, and polled in a third.
        let millisecond = Moment::from_millis(world.clock.now().as_millis() + 100);
        let mut sleeps: Vec<_> = (0..10_u32)
            .map(|n| {
                (
                    n,
                    world
                        .clock
                        .sleep_until(millisecond + std::time::Duration::from_nanos(1_000 - u64::from(n))),
                )
            })
            .collect();
        sleeps.rotate_left(4);
        let tasks: Vec<_> = sleeps
            .into_iter()
            .map(|(n, sleep)| {
                let log = log.clone();
                world.tasks.spawn("sleeper", async move {
                    sleep.await;
                    log.say(n.to_string());
                })
            })
            .collect();
        world.clock.sleep(ms(150)).await;
        eventually(&world, || tasks.iter().all(Task::is_finished)).await;
        assert_eq!(log.take(), (0..10).map(|n| n.to_string()).collect::<Vec<_>>());
    });
}

/// A line of a hundred tasks, each handing on what the one before it said; the last one logs it.
fn relay(world: &World, log: &Log) -> mpsc::Sender<&'static str> {
    // One message at a time is under way.
    let (entrance, mut previous) = mpsc::channel(1);
    for _ in 0..100 {
        let (next, following) = mpsc::channel(1);
        let mut from = std::mem::replace(&mut previous, following);
        let handing_on = async move {
            while let Some(what) = from.recv().await {
                next.send(what).await.unwrap();
            }
        };
        world.tasks.spawn("relay", handing_on).detach();
    }
    let log = log.clone();
    let logging = async move {
        while let Some(what) = previous.recv().await {
            log.say(what);
        }
    };
    world.tasks.spawn("log", logging).detach();
    entrance
}

#[test]
fn consequences_come_to_rest_before_the_next_timer_of_the_millisecond() {
    run_virtual(1, async |world| {
        let log = Log::default();
        let far = relay(&world, &log);
        let at = Moment::from_millis(10);
        let first = world.clock.sleep_until(at);
        let own = world.clock.sleep_until(at);
        let last = world.clock.sleep_until(at);
        let (late, from_first) = (log.clone(), far.clone());
        let _last = world.tasks.spawn("last timer", async move {
            last.await;
            late.say("last timer");
        });
        let _first = world.tasks.spawn("first timer", async move {
            first.await;
            from_first.send("far end of first timer").await.unwrap();
        });
        own.await;
        log.say("scenario");
        far.send("far end of scenario").await.unwrap();
        world.clock.sleep_until(at).await;
        assert_eq!(log.take(), ["far end of first timer", "scenario", "far end of scenario", "last timer"]);
    })
    .unwrap();
}

#[test]
fn an_hour_of_frames_and_timeouts_takes_no_more_steps_than_it_has_timers() {
    let frames = run_virtual(1, async |world| {
        let mut frames = 0_u64;
        let mut at = Moment::ZERO;
        while at < Moment::from_millis(57 * 60_000) {
            at = at + ms(20);
            world.clock.timeout(ms(1_000), world.clock.sleep_until(at)).await.unwrap();
            frames += 1;
        }
        assert_eq!(world.clock.now(), at);
        frames
    });
    assert_eq!(frames.unwrap(), 57 * 60 * 50);
}

#[test]
fn a_scenario_in_which_nothing_can_happen_ends_with_the_names_of_those_who_wait() {
    let stuck = run_virtual(1, async |world| {
        let _waiting = world.tasks.spawn("recogniser", std::future::pending());
        world.clock.sleep(ms(1_250)).await;
        std::future::pending::<()>().await;
    });
    let stuck = stuck.unwrap_err();
    assert!(
        matches!(&stuck, RunError::Stuck { at, waiting } if *at == Moment::from_millis(1_250) && waiting == &["recogniser"])
    );
    assert_eq!(
        stuck.to_string(),
        "expected something to happen after 1.250 s, got no timer and only idle tasks; waiting: recogniser"
    );
}

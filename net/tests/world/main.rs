//! The promises of the crate, each checked in both worlds where it can be.
#![expect(clippy::unwrap_used, reason = "tests may")]

mod determinism;
mod faults;
mod http;
mod ids;
mod network;
mod patience;
mod tasks;
mod termination;
mod time;

use std::time::Duration;

use bargein_net::{World, run_real, run_virtual};

/// Runs one check in memory and on sockets.
fn in_both_worlds(check: impl AsyncFn(World)) {
    run_virtual(1, &check).unwrap();
    run_real(1, &check).unwrap();
}

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// An address to listen at that is free in both worlds.
const ANYWHERE: &str = "127.0.0.1:0";

/// Waits until `condition` holds: in memory it must by the next millisecond, on sockets within a few seconds.
async fn eventually(world: &World, condition: impl Fn() -> bool) {
    let patience = if world.network.is_memory() { 1 } else { 5_000 };
    for _ in 0..patience {
        if condition() {
            return;
        }
        world.clock.sleep(ms(1)).await;
    }
    assert!(condition(), "not within {patience} ms");
}

//! The system's wish that the program ends. That signals do ask is tested with the program, from outside.

use bargein_net::{Elapsed, run_virtual};

use crate::ms;

#[test]
fn nobody_asks_a_virtual_world_to_end() {
    run_virtual(1, async |world| {
        let mut termination = world.termination().unwrap();
        let asked = world.clock.timeout(ms(3_600_000), termination.asked()).await;
        assert_eq!(asked, Err(Elapsed { limit: ms(3_600_000) }));
    })
    .unwrap();
}

//! Ids and random numbers.

use bargein_net::{Ids, World, run_virtual};
use rand::Rng;

use crate::in_both_worlds;

fn check(seed: u64, draw: impl Fn(&World) -> Vec<String>, expected: &[&str]) {
    let drawn = run_virtual(seed, async |world| draw(&world)).unwrap();
    assert_eq!(drawn, expected);
}

/// These values are part of every recorded run: they never change. Computed by a second implementation of FNV-1a,
/// SplitMix64 and ChaCha8, written in another language from their papers.
#[test]
fn ids_and_random_numbers_are_the_same_in_every_version() {
    let numbers = |name: &'static str| {
        move |world: &World| {
            let mut random = world.ids.rng(name);
            (0..3).map(|_| random.random::<u64>().to_string()).collect()
        }
    };
    check(0, numbers(""), &["11222581027763189124", "10430019556647260781", "3875037506696762421"]);
    check(7, numbers("llm/latency"), &["4657835857740417923", "10494288828984093225", "9936170329627710138"]);
    check(8, numbers("llm/latency"), &["13683026366474167912", "3411895011642308204", "159647083019329443"]);
    check(
        7,
        |world| (0..3).map(|_| world.ids.uuid().to_string()).collect(),
        &[
            "01941f29-7c00-7000-a34b-0f1fb5cc2beb",
            "01941f29-7c00-7001-85a3-c0d7e5190067",
            "01941f29-7c00-7002-b5eb-1d61cc54cbf5",
        ],
    );
    check(
        7,
        |world| (0..3).map(|_| world.ids.nonce().to_string()).collect(),
        &["3792342183", "888294003", "719371405"],
    );
}

#[test]
fn a_name_gives_its_numbers_from_the_beginning_whatever_else_was_drawn() {
    in_both_worlds(async |world| {
        let before: u64 = world.ids.rng("here").random();
        let _ = (world.ids.uuid(), world.ids.nonce(), world.ids.rng("there").random::<u64>());
        assert_eq!(world.ids.rng("here").random::<u64>(), before);
        assert_ne!(world.ids.rng("there").random::<u64>(), before);
    });
}

#[test]
fn uuids_rise_also_within_a_millisecond() {
    in_both_worlds(async |world| {
        // More than the counter of one millisecond holds.
        let uuids: Vec<_> = (0..10_000).map(|_| world.ids.uuid()).collect();
        assert!(uuids.is_sorted_by(|earlier, later| earlier < later));
        for uuid in uuids {
            assert_eq!((uuid.get_version_num(), uuid.get_variant()), (7, uuid::Variant::RFC4122));
        }
    });
}

#[test]
fn a_fresh_seed_is_another_every_time() {
    assert_ne!(Ids::fresh_seed(), Ids::fresh_seed());
}

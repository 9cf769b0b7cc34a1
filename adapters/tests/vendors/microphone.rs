//! The audio that every recogniser's tests send.

use bargein_net::World;
use bytes::Bytes;
use tokio::sync::mpsc;

use crate::ms;

/// A room that speaks: a frame each 20 ms, the first after 20 ms, filled with their numbers from 1; then its end.
pub(crate) fn speak(world: &World, frames: u8) -> mpsc::Receiver<Bytes> {
    // As many as a room may keep for a recogniser.
    let (line, audio) = mpsc::channel(125);
    let clock = world.clock.clone();
    let begin = clock.now();
    let speaking = async move {
        for number in 1..=frames {
            clock.sleep_until(begin + ms(20) * u32::from(number)).await;
            let _ = line.send(Bytes::from(vec![number; 640])).await;
        }
    };
    world.tasks.spawn("speaker", speaking).detach();
    audio
}

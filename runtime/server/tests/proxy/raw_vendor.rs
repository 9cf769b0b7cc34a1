//! A vendor that writes whatever bytes it is given, as no honest server would.

use bargein_net::World;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// What it writes to everybody who asks.
#[derive(Clone)]
pub(crate) struct RawAnswer {
    pub(crate) head: Vec<u8>,
    /// Written so often after the head, for as long as somebody reads.
    pub(crate) repeat: Vec<u8>,
    pub(crate) times: usize,
}

pub(crate) async fn serve_raw(world: &World, authority: &str, answer: RawAnswer) {
    let mut listener = world.network.listen(authority).await.unwrap();
    let tasks = world.tasks.clone();
    world.tasks.spawn_service("raw vendor", async move {
        while let Ok(mut io) = listener.accept().await {
            let answer = answer.clone();
            tasks.spawn_service("raw answer", async move {
                let mut request = [0; 4096];
                if !matches!(io.read(&mut request).await, Ok(1..)) {
                    return;
                }
                let mut writes = io.write_all(&answer.head).await;
                for _ in 0..answer.times {
                    if writes.is_err() {
                        return;
                    }
                    writes = io.write_all(&answer.repeat).await;
                }
            });
        }
    });
}

//! Pipes and sockets without faults.

use std::io::ErrorKind;

use bargein_net::{Io, World, run_virtual};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::{ANYWHERE, in_both_worlds};

/// Both ends of a new connection.
async fn connected(world: &World) -> (Io, Io) {
    let mut listener = world.network.listen(ANYWHERE).await.unwrap();
    let dialed = world.network.dial(listener.authority()).await.unwrap();
    (dialed, listener.accept().await.unwrap())
}

#[test]
fn bytes_flow_both_ways() {
    in_both_worlds(async |world| {
        let (mut a, mut b) = connected(&world).await;
        a.write_all(b"ping").await.unwrap();
        let mut heard = [0; 4];
        b.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"ping");
        b.write_all(b"pong").await.unwrap();
        a.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"pong");
    });
}

#[test]
fn dialing_where_nobody_listens_is_refused() {
    in_both_worlds(async |world| {
        let listener = world.network.listen(ANYWHERE).await.unwrap();
        let authority = listener.authority().to_owned();
        drop(listener);
        let refused = world.network.dial(&authority).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    });
}

#[test]
fn a_name_is_taken_until_its_listener_is_dropped() {
    in_both_worlds(async |world| {
        let listener = world.network.listen(ANYWHERE).await.unwrap();
        let authority = listener.authority().to_owned();
        let taken = world.network.listen(&authority).await.unwrap_err();
        assert_eq!(taken.kind(), ErrorKind::AddrInUse);
        drop(listener);
        world.network.listen(&authority).await.unwrap();
    });
}

#[test]
fn a_dropped_end_is_the_end_of_the_others_bytes() {
    in_both_worlds(async |world| {
        let (mut a, mut b) = connected(&world).await;
        a.write_all(b"last words").await.unwrap();
        drop(a);
        let began = world.clock.now();
        let mut heard = Vec::new();
        b.read_to_end(&mut heard).await.unwrap();
        assert_eq!(heard, b"last words");
        if world.network.is_memory() {
            assert_eq!(world.clock.now(), began, "the end is seen at once");
        }
    });
}

#[test]
fn writing_to_an_end_that_is_gone_fails() {
    in_both_worlds(async |world| {
        let (a, mut b) = connected(&world).await;
        drop(a);
        let error = loop {
            if let Err(error) = b.write_all(&[0; 1024]).await {
                break error;
            }
        };
        assert!(matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset), "{error:?}");
    });
}

#[test]
fn names_in_memory_have_port_80_and_no_case() {
    run_virtual(1, async |world| {
        let mut listener = world.network.listen("LLM.mock").await.unwrap();
        assert_eq!(listener.authority(), "llm.mock:80");
        for name in ["llm.mock", "llm.mock:80", "Llm.Mock:80"] {
            world.network.dial(name).await.unwrap();
            listener.accept().await.unwrap();
        }
        assert_eq!(world.network.dial("llm.mock:81").await.unwrap_err().kind(), ErrorKind::ConnectionRefused);
    })
    .unwrap();
}

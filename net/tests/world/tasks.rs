//! Ownership: who ends when, and what is reported of it.

use bargein_net::{Panicked, RunError, Stopped, run_virtual};

use crate::{eventually, in_both_worlds, ms};

#[test]
fn a_task_ends_with_its_handle_unless_detached() {
    in_both_worlds(async |world| {
        let (sender, kept) = tokio::sync::oneshot::channel::<()>();
        let task = world.tasks.spawn("dropped", async move {
            let _sender = sender;
            std::future::pending::<()>().await;
        });
        drop(task);
        assert!(kept.await.is_err(), "the future was dropped");

        let (sender, done) = tokio::sync::oneshot::channel();
        let clock = world.clock.clone();
        world
            .tasks
            .spawn("detached", async move {
                clock.sleep(ms(1)).await;
                sender.send(()).unwrap();
            })
            .detach();
        done.await.unwrap();
    });
}

#[test]
fn tasks_that_have_ended_leave_the_set() {
    in_both_worlds(async |world| {
        for _ in 0..100 {
            world.tasks.spawn("short", async {}).detach();
        }
        eventually(&world, || world.tasks.is_empty()).await;
    });
}

#[test]
fn a_stop_tells_waits_and_aborts() {
    in_both_worlds(async |world| {
        let session = world.tasks.child();
        let (polite, clock) = (session.clone(), world.clock.clone());
        let _polite = session.spawn("polite", async move {
            polite.stopping().await;
            clock.sleep(ms(30)).await;
        });
        let _deaf = session.child().spawn("deaf", std::future::pending());
        let began = world.clock.now();
        assert_eq!((session.len(), world.tasks.len()), (2, 2));
        let stopped = session.stop(ms(100)).await;
        assert_eq!(stopped, Stopped { leftover: vec!["deaf"], panicked: vec![] });
        assert!(world.clock.now().since(began) >= ms(100));
        assert_eq!((session.len(), world.tasks.len()), (0, 0));

        let refused = session.spawn("late", async { unreachable!("a stopped set runs nothing") });
        assert!(refused.is_finished());
        assert!(session.child().spawn("late", std::future::pending()).is_finished());
    });
}

#[test]
fn a_stop_ends_as_soon_as_the_tasks_do() {
    run_virtual(1, async |world| {
        let session = world.tasks.child();
        let (polite, clock) = (session.clone(), world.clock.clone());
        let _polite = session.spawn("polite", async move {
            polite.stopping().await;
            clock.sleep(ms(30)).await;
        });
        assert_eq!(session.stop(ms(100)).await, Stopped::default());
        assert_eq!(world.clock.now().as_millis(), 30);
    })
    .unwrap();
}

#[test]
fn a_panic_is_reported_by_every_set_that_owns_the_task() {
    let ended = run_virtual(1, async |world| {
        let session = world.tasks.child();
        session.spawn("clumsy", async { std::panic::resume_unwind(Box::new("dropped a plate")) }).detach();
        let stopped = session.stop(ms(100)).await;
        assert_eq!(stopped.panicked, [Panicked { name: "clumsy", message: "dropped a plate".to_owned() }]);
    });
    assert_eq!(ended.unwrap_err().to_string(), "expected no panic, got: clumsy: dropped a plate");
}

#[test]
fn a_run_with_a_task_left_over_names_it() {
    let ended = run_virtual(1, async |world| {
        world.tasks.spawn("immortal", std::future::pending()).detach();
        world.tasks.child().spawn("its child", std::future::pending()).detach();
    });
    let Err(RunError::Leftover(names)) = ended else {
        unreachable!("expected leftover tasks, got {ended:?}")
    };
    assert_eq!(names, ["immortal", "its child"]);
}

use std::path::Path;

use super::*;
use crate::components;
use crate::control::Health;
use crate::network::Network;

/// A worker whose component is the shell script `script`; it gets the component's usual arguments.
fn worker(folder: &Path, script: &str) -> Arc<Worker> {
    use std::os::unix::fs::PermissionsExt as _;
    let program = folder.join("component");
    std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let layout = Layout::new(&folder.join("data")).unwrap();
    layout.create().unwrap();
    let network = Network::on([127, 0, 0, 1].into(), crate::network::MAX_OFFSET);
    let launcher = Arc::new(Launcher::new(&program, layout.root(), &layout.logs(), network));
    let journal = Arc::new(Journal::open(&layout.log_of("supervisor")).unwrap());
    let component = components::find("order-service").unwrap();
    Arc::new(Worker::new(component, launcher, journal, &layout).unwrap())
}

async fn until(what: &str, worker: &Worker, condition: impl Fn(&ComponentStatus) -> bool) -> ComponentStatus {
    let wait = async {
        loop {
            let status = worker.status(None);
            if condition(&status) {
                return status;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    match tokio::time::timeout(Duration::from_secs(20), wait).await {
        Ok(status) => status,
        Err(_) => panic!("not within 20 s: {what}; {:?}", worker.status(None)),
    }
}

#[tokio::test]
async fn a_component_that_ends_is_started_again_with_its_reason_kept() {
    let folder = tempfile::tempdir().unwrap();
    let worker = worker(folder.path(), r#"echo "$@ $ORDER_SERVICE_URL"; exit 7"#);
    let running = tokio::spawn({
        let worker = Arc::clone(&worker);
        async move { worker.run().await }
    });
    let status = until("two restarts", &worker, |status| status.restarts >= 2).await;
    assert_eq!(status.last_exit.as_deref(), Some("exited with code 7"));
    worker.stop();
    running.await.unwrap();
    assert_eq!(worker.status(None).health, Health::Stopped);
    let log = std::fs::read_to_string(folder.path().join("data/logs/order-service.log")).unwrap();
    let first = log.lines().next().unwrap();
    assert!(first.starts_with("serve order-service --listen 127.0.0.1:64538"), "{first}");
    let journal = std::fs::read_to_string(folder.path().join("data/logs/supervisor.log")).unwrap();
    assert!(journal.contains(r#""reason":"exited with code 7""#), "{journal}");
}

#[tokio::test]
async fn a_component_that_is_held_stays_down_until_it_is_started() {
    let folder = tempfile::tempdir().unwrap();
    let worker = worker(folder.path(), "exec sleep 600");
    let running = tokio::spawn({
        let worker = Arc::clone(&worker);
        async move { worker.run().await }
    });
    let stopped = |status: &ComponentStatus| status.health == Health::Stopped;
    for start in [Worker::start, Worker::restart] {
        until("a process", &worker, |status| status.pid.is_some()).await;
        worker.hold();
        let held = until("no process", &worker, stopped).await;
        assert_eq!((held.pid, held.message.as_deref()), (None, Some("stopped on request")));
        start(&worker);
    }
    let again = until("a process again", &worker, |status| status.pid.is_some()).await;
    assert_eq!((again.failures, again.restarts), (0, 2));
    worker.hold();
    until("no process", &worker, stopped).await;
    worker.stop();
    running.await.unwrap();
}

#[tokio::test]
async fn a_restart_that_was_asked_for_is_no_failure() {
    let folder = tempfile::tempdir().unwrap();
    let worker = worker(folder.path(), "exec sleep 600");
    let running = tokio::spawn({
        let worker = Arc::clone(&worker);
        async move { worker.run().await }
    });
    let first = until("a process", &worker, |status| status.pid.is_some()).await;
    assert_eq!(first.health, Health::Starting);
    worker.restart();
    let second =
        until("another process", &worker, |status| status.pid.is_some() && status.pid != first.pid).await;
    assert_eq!((second.restarts, second.failures), (1, 0));
    worker.stop();
    running.await.unwrap();
    let pid = i32::try_from(second.pid.unwrap()).unwrap();
    assert!(nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), None).is_err(), "still running");
}

#[test]
fn health_follows_process_readiness_and_probe() {
    let running =
        |ready_after| Running { pid: 1, started: Instant::now(), ready_after, meter: Meter::new(1) };
    let mut state = State { last_exit: Some("killed by SIGKILL".to_owned()), ..State::default() };
    state.waiting = Some(Duration::from_millis(400));
    let (health, message) = state.health(None);
    assert_eq!(health, Health::Down);
    assert_eq!(message.as_deref(), Some("killed by SIGKILL; next start within 0.4 s"));
    state.process = Some(running(None));
    assert_eq!(state.health(Some(Ok(()))).0, Health::Starting);
    state.process = Some(running(Some(Duration::ZERO)));
    assert_eq!(state.health(None).0, Health::Up);
    assert_eq!(
        state.health(Some(Err("answers 503".to_owned()))),
        (Health::Degraded, Some("answers 503".to_owned()))
    );
    state.stopped = true;
    assert_eq!(state.health(None).0, Health::Stopped);
}

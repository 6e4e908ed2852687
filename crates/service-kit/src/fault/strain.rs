//! Faults that use up the machine: a core, or memory. Both are bounded, and everything is given back at the end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use runtime::CancellationToken;
use tokio::sync::Notify;

use super::{Fault, Faults};

/// All that a service's memory may grow by.
const MOST_BYTES: usize = 256 << 20;
const BLOCK_BYTES: usize = 8 << 20;
/// Pause between two blocks.
const GROWTH: Duration = Duration::from_millis(250);
/// A busy core looks this often whether to go on.
const CYCLE: Duration = Duration::from_millis(100);

/// Starts what waits for these faults to be switched on; ends with `shutdown`.
pub(crate) fn start(faults: &Faults, shutdown: &CancellationToken) {
    if faults.has(Fault::MemoryGrowth) {
        tokio::spawn(while_on(faults.clone(), shutdown.clone(), Fault::MemoryGrowth, grow));
    }
    if faults.has(Fault::CpuBurn) {
        tokio::spawn(while_on(faults.clone(), shutdown.clone(), Fault::CpuBurn, burn));
    }
}

/// Does `work` each time the fault is switched on, until it is off again.
async fn while_on<F: Future<Output = ()>>(
    faults: Faults,
    shutdown: CancellationToken,
    fault: Fault,
    work: impl Fn(Faults, CancellationToken) -> F,
) {
    let mut changes = faults.watch();
    loop {
        if faults.setting(fault).is_some() {
            work(faults.clone(), shutdown.clone()).await;
        }
        tokio::select! {
            () = shutdown.cancelled() => return,
            changed = changes.changed() => if changed.is_err() { return },
        }
    }
}

/// Holds more and more blocks up to the share that is set; the last one that is dropped ends the growth.
async fn grow(faults: Faults, shutdown: CancellationToken) {
    let mut cache: Vec<Vec<u8>> = Vec::new();
    while let Some(setting) = faults.setting(Fault::MemoryGrowth) {
        let most = (MOST_BYTES as f64 * setting.rate) as usize;
        if (cache.len() + 1) * BLOCK_BYTES <= most.max(BLOCK_BYTES) {
            // Pages that are only zero would not be there at all.
            cache.push(vec![1; BLOCK_BYTES]);
            faults.count(Fault::MemoryGrowth);
            let (entries, held_mb) = (cache.len() * 1000, (cache.len() * BLOCK_BYTES) >> 20);
            tracing::info!(target: "shop", entries, held_mb, "the cache of sessions holds {held_mb} MB");
        }
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(GROWTH) => {}
        }
    }
}

/// Works on a thread of its own, so that requests keep theirs.
async fn burn(faults: Faults, shutdown: CancellationToken) {
    let ended = Arc::new(Notify::new());
    let on_end = Arc::clone(&ended);
    let started = std::thread::Builder::new().name("report-builder".to_owned()).spawn(move || {
        while let Some(setting) = faults.setting(Fault::CpuBurn) {
            if shutdown.is_cancelled() {
                break;
            }
            let busy = CYCLE.mul_f64(setting.rate);
            spin(busy);
            faults.count(Fault::CpuBurn);
            std::thread::sleep(CYCLE.saturating_sub(busy));
        }
        on_end.notify_one();
    });
    match started {
        Ok(_) => ended.notified().await,
        Err(error) => tracing::warn!(error = error.to_string(), "no thread for the fault cpu_burn"),
    }
}

fn spin(duration: Duration) {
    let started = Instant::now();
    let mut sum = 0_u64;
    while started.elapsed() < duration {
        for number in 0..1000_u64 {
            sum = std::hint::black_box(sum.wrapping_mul(31).wrapping_add(number));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Wish;
    use super::*;
    use crate::testing::Recorder;

    async fn affected(faults: &Faults, fault: Fault) {
        while faults.positions().all(|position| position.fault != fault || position.affected == 0) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    #[tokio::test]
    async fn strain_begins_with_the_switch_and_ends_with_it() {
        let recorder = Recorder::start();
        let faults = Faults::new(&[Fault::MemoryGrowth, Fault::CpuBurn]);
        let shutdown = CancellationToken::new();
        start(&faults, &shutdown);
        for fault in [Fault::MemoryGrowth, Fault::CpuBurn, Fault::MemoryGrowth] {
            faults.turn_on(fault, Wish { rate: Some(0.1), ..Wish::default() }).unwrap();
            affected(&faults, fault).await;
            faults.turn_off(fault);
        }
        assert!(recorder.text().contains(r#""held_mb":8"#));
        shutdown.cancel();
    }
}

//! Sharing the parts of a query among threads.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use parking_lot::Mutex;

use super::budget::QueryError;

/// More threads than this for one query starve the others.
const MAX_THREADS: usize = 8;

fn threads(units: usize) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    cores.min(MAX_THREADS).min(units).max(1)
}

/// Takes all units through workers, as many of them as there are cores, each on a thread of its own. Units are begun in
/// their order. The first error ends it all.
pub(super) fn share<U: Sync, W, R: Send>(
    units: &[U],
    worker: impl Fn() -> W + Sync,
    work: impl Fn(&mut W, &U) -> Result<(), QueryError> + Sync,
    finish: impl Fn(W) -> R + Sync,
) -> Result<Vec<R>, QueryError> {
    let (next, stopped) = (AtomicUsize::new(0), AtomicBool::new(false));
    let failed: Mutex<Option<QueryError>> = Mutex::new(None);
    let run = || {
        let mut own = worker();
        while !stopped.load(Ordering::Relaxed) {
            let Some(unit) = units.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
            if let Err(error) = work(&mut own, unit) {
                stopped.store(true, Ordering::Relaxed);
                failed.lock().get_or_insert(error);
            }
        }
        finish(own)
    };
    let results = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads(units.len())).map(|_| scope.spawn(run)).collect();
        let mut results = vec![run()];
        for other in others {
            match other.join() {
                Ok(result) => results.push(result),
                Err(_) => {
                    let error = QueryError::Internal("a thread of the query ended abnormally".to_owned());
                    failed.lock().get_or_insert(error);
                }
            }
        }
        results
    });
    failed.into_inner().map_or(Ok(results), Err)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_is_done_once() {
        let units: Vec<usize> = (0..100).collect();
        let push = |own: &mut Vec<usize>, unit: &usize| {
            own.push(*unit);
            Ok(())
        };
        let mut all = share(&units, Vec::new, push, |own| own).unwrap().concat();
        all.sort_unstable();
        assert_eq!(all, units);
        assert_eq!(share(&[], Vec::new, push, |own| own.len()).unwrap(), [0]);
    }

    #[test]
    fn an_error_ends_it() {
        let fail = |(): &mut (), unit: &usize| {
            if *unit == 3 { Err(QueryError::TooLarge) } else { Ok(()) }
        };
        assert!(share(&[1, 2, 3, 4], || (), fail, |()| ()).is_err());
    }
}

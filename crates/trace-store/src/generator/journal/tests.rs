use super::super::history::HistoryLimits;
use super::*;

const STALE: f64 = protocols::prometheus::STALE;

fn history() -> History {
    History::new(HistoryLimits { bytes: 1 << 24, age: i64::MAX })
}

fn labels(name: &str) -> Labels {
    Labels::new([("__name__", name)])
}

fn dump(history: &History) -> Vec<(Labels, Vec<i64>, Vec<u64>)> {
    let mut budget = promql::Budget::new(&promql::Limits::default(), std::sync::Arc::default());
    let all = &promql::selectors("{__name__=~\".+\"}").unwrap()[0];
    let found = promql::Source::select(history, all, i64::MIN, i64::MAX, &mut budget).unwrap();
    let bits = |values: Vec<f64>| values.into_iter().map(f64::to_bits).collect();
    found.into_iter().map(|series| (series.labels, series.times, bits(series.values))).collect()
}

fn write(journal: &mut Journal, history: &mut History, time: i64, samples: &[(&str, f64)]) {
    let samples: Vec<(u32, f64)> =
        samples.iter().map(|(name, value)| (history.place(&labels(name)), *value)).collect();
    samples.iter().for_each(|(place, value)| history.push(*place, time, *value));
    journal.append(history, time, &samples).unwrap();
}

#[test]
fn a_restart_gives_back_what_was_written() {
    let dir = tempfile::tempdir().unwrap();
    let mut before = history();
    let mut journal = Journal::open(dir.path(), &mut before, i64::MAX, 1 << 30);
    write(&mut journal, &mut before, 1000, &[("a", 1.0), ("b", 2.0)]);
    let place = before.place(&labels("first"));
    before.push(place, 1500, 0.0);
    journal.append_some(&before, 1500, &[(place, 0.0)]).unwrap();
    write(&mut journal, &mut before, 2000, &[("a", 1.0), ("b", 3.0), ("first", 1.0)]);
    journal.rotate(2000).unwrap();
    write(&mut journal, &mut before, 3000, &[("a", STALE), ("b", 3.0), ("first", STALE)]);
    write(&mut journal, &mut before, 4000, &[("b", 3.0), ("c", 7.0)]);
    drop(journal);
    let mut after = history();
    let mut journal = Journal::open(dir.path(), &mut after, i64::MAX, 1 << 30);
    assert_eq!(dump(&after), dump(&before));
    write(&mut journal, &mut after, 5000, &[("c", 8.0)]);
    drop(journal);
    let mut again = history();
    Journal::open(dir.path(), &mut again, i64::MAX, 1 << 30);
    assert_eq!(dump(&again), dump(&after));
}

#[test]
fn damage_costs_the_rest_of_a_file_only() {
    let dir = tempfile::tempdir().unwrap();
    let mut before = history();
    let mut journal = Journal::open(dir.path(), &mut before, i64::MAX, 1 << 30);
    write(&mut journal, &mut before, 1000, &[("a", 1.0)]);
    let intact = dump(&before);
    write(&mut journal, &mut before, 2000, &[("a", 2.0)]);
    drop(journal);
    let path = path_of(dir.path(), 0);
    let whole = fs::read(&path).unwrap();
    for cut in 1..20 {
        fs::write(&path, &whole[..whole.len() - cut]).unwrap();
        let mut after = history();
        replay(&path, &mut after).unwrap();
        assert_eq!(dump(&after), intact, "{cut}");
    }
    fs::write(&path, b"something else").unwrap();
    let mut after = history();
    Journal::open(dir.path(), &mut after, i64::MAX, 1 << 30);
    assert_eq!(after.series_count(), 0);
}

#[test]
fn a_disk_that_fails_is_tried_again() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("generator");
    fs::write(&folder, "in the way").unwrap();
    let mut before = history();
    let mut journal = Journal::open(&folder, &mut before, i64::MAX, 1 << 30);
    let place = before.place(&labels("a"));
    before.push(place, 1000, 1.0);
    assert!(journal.append(&before, 1000, &[(place, 1.0)]).is_err());
    fs::remove_file(&folder).unwrap();
    write(&mut journal, &mut before, 2000, &[("a", 2.0)]);
    let mut after = history();
    Journal::open(&folder, &mut after, i64::MAX, 1 << 30);
    assert_eq!(dump(&after), [(labels("a"), vec![2000], vec![2.0f64.to_bits()])]);
}

#[test]
fn old_files_go() {
    let dir = tempfile::tempdir().unwrap();
    let mut before = history();
    let mut journal = Journal::open(dir.path(), &mut before, i64::MAX, FILE_BYTES * 3);
    for time in 0..10 {
        write(&mut journal, &mut before, time * 1000, &[("a", time as f64)]);
        journal.rotate(time * 1000).unwrap();
    }
    assert_eq!(sequences(dir.path()).len(), 3);
    let mut journal = Journal::open(dir.path(), &mut before, 500, FILE_BYTES * 3);
    write(&mut journal, &mut before, 100_000, &[("a", 1.0)]);
    assert_eq!(sequences(dir.path()).len(), 1);
}

use super::super::history::HistoryLimits;
use super::*;

const HITS: Metric = Metric { name: "hits_total", kind: Kind::Counter, help: "" };
const TIME: Metric = Metric { name: "time", kind: Kind::Histogram, help: "" };

fn history() -> History {
    History::new(HistoryLimits { bytes: 1 << 24, age: i64::MAX })
}

fn collect(registry: &mut Registry, history: &mut History, now: i64) -> Vec<String> {
    let collected = registry.collect(history, now, 15, now - 100, &"traceID".into());
    for (place, time) in &collected.firsts {
        history.push(*place, *time, 0.0);
    }
    let mut shown = Vec::new();
    for (place, value) in &collected.samples {
        history.push(*place, now, *value);
        shown.push(format!("{} {value}", history.labels(*place).unwrap()));
    }
    shown.sort();
    shown
}

#[test]
fn a_restart_continues_counters_and_histograms() {
    let bounds: Arc<[f64]> = [1.0, 2.0].into();
    let labels = Labels::new([("a", "b")]);
    let mut history = history();
    let mut registry = Registry::new(100);
    registry.add(HITS, &labels, 2.0, 1000);
    registry.observe(TIME, &labels, &bounds, [(1.5, [7; 16])], 1000);
    let before = collect(&mut registry, &mut history, 1000);
    assert_eq!(
        before,
        [
            r#"hits_total{a="b"} 2"#,
            r#"time_bucket{a="b", le="+Inf"} 1"#,
            r#"time_bucket{a="b", le="1"} 0"#,
            r#"time_bucket{a="b", le="2"} 1"#,
            r#"time_count{a="b"} 1"#,
            r#"time_sum{a="b"} 1.5"#,
        ]
    );
    let mut restarted = Registry::new(100);
    restarted.restore(&mut history, &[(HITS, Arc::default()), (TIME, bounds)], 950);
    assert_eq!(collect(&mut restarted, &mut history, 1050), before);
    restarted.add(HITS, &labels, 1.0, 1060);
    assert_eq!(collect(&mut restarted, &mut history, 1060)[0], r#"hits_total{a="b"} 3"#);
    assert_eq!(collect(&mut restarted, &mut history, 1155).len(), 6, "the histogram ends");
    assert_eq!(collect(&mut restarted, &mut history, 1155).len(), 1);
}

#[test]
fn the_number_of_series_is_bounded() {
    let mut registry = Registry::new(2);
    for name in ["a", "b", "c"] {
        registry.add(HITS, &Labels::new([("n", name)]), 1.0, 1000);
    }
    assert_eq!((registry.active(), registry.refused), (2, 1));
    assert_eq!(collect(&mut registry, &mut history(), 2000).len(), 2);
    registry.add(HITS, &Labels::new([("n", "c")]), 1.0, 2000);
    assert_eq!((registry.active(), registry.refused), (1, 1));
}

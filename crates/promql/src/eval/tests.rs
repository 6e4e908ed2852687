use super::*;
use crate::Selector;

/// A few series in memory.
struct Memory(Vec<SampleSeries>);

impl Source for Memory {
    fn select(
        &self,
        selector: &Selector,
        from: i64,
        to: i64,
        budget: &mut Budget,
    ) -> Result<Vec<SampleSeries>, Error> {
        let mut found = Vec::new();
        for series in self.0.iter().filter(|series| selector.matches(&series.labels)) {
            let range = series.times.partition_point(|time| *time < from)
                ..series.times.partition_point(|time| *time <= to);
            budget.spend(range.len())?;
            let (times, values) = (series.times[range.clone()].to_vec(), series.values[range].to_vec());
            found.push(SampleSeries { labels: series.labels.clone(), times, values });
        }
        Ok(found)
    }
}

fn labels(text: &str) -> Labels {
    Labels::new(text.split(',').filter_map(|pair| pair.split_once('=')))
}

/// Each series has a sample every 10 s from 0 on.
fn memory(list: &[(&str, &[f64])]) -> Memory {
    let series = |(text, values): &(&str, &[f64])| SampleSeries {
        labels: labels(text),
        times: (0..values.len() as i64).map(|at| at * 10_000).collect(),
        values: values.to_vec(),
    };
    Memory(list.iter().map(series).collect())
}

fn shop() -> Memory {
    memory(&[
        ("__name__=hits,job=a,path=/x", &[0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0]),
        ("__name__=hits,job=a,path=/y", &[5.0, 5.0, 5.0, 0.0, 5.0, 5.0, 5.0]),
        (
            "__name__=hits,job=b,path=/x",
            &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, f64::from_bits(0x7ff0_0000_0000_0002)],
        ),
        ("__name__=limit,job=a", &[100.0; 7]),
        ("__name__=t_bucket,le=1", &[1.0; 7]),
        ("__name__=t_bucket,le=2", &[3.0; 7]),
        ("__name__=t_bucket,le=+Inf", &[4.0; 7]),
    ])
}

fn ask(query: &str, at: i64) -> Result<Vec<(String, f64)>, Error> {
    let query = Query::parse(query)?;
    Ok(match instant(&shop(), &query, at, &Limits::default(), Arc::default())? {
        Answer::Vector(list) => list.into_iter().map(|(labels, value)| (labels.to_string(), value)).collect(),
        Answer::Scalar(value) => vec![(String::new(), value)],
        other => panic!("{other:?}"),
    })
}

#[test]
fn instant_queries() {
    let cases: &[(&str, &[(&str, f64)])] = &[
        ("1 + 2 * 3 ^ 2", &[("", 19.0)]),
        ("hits{path=\"/x\"}", &[("hits{job=\"a\", path=\"/x\"}", 60.0)]), // the other has ended
        ("sum by (job) (hits)", &[("{job=\"a\"}", 65.0)]),
        ("increase(hits{path=\"/x\",job=\"a\"}[30s])", &[("{job=\"a\", path=\"/x\"}", 30.0)]),
        ("resets(hits{path=\"/y\"}[1m])", &[("{job=\"a\", path=\"/y\"}", 1.0)]),
        ("hits > 10", &[("hits{job=\"a\", path=\"/x\"}", 60.0)]),
        ("hits > bool 10", &[("{job=\"a\", path=\"/x\"}", 1.0), ("{job=\"a\", path=\"/y\"}", 0.0)]),
        ("10 < hits", &[("hits{job=\"a\", path=\"/x\"}", 60.0)]),
        (
            "hits / on(job) group_left limit",
            &[("{job=\"a\", path=\"/x\"}", 0.6), ("{job=\"a\", path=\"/y\"}", 0.05)],
        ),
        ("topk(1, hits)", &[("hits{job=\"a\", path=\"/x\"}", 60.0)]),
        ("histogram_quantile(0.5, t_bucket)", &[("{}", 1.5)]),
        ("histogram_quantile(0.99, t_bucket)", &[("{}", 2.0)]),
        ("histogram_fraction(0, 1.5, t_bucket)", &[("{}", 0.5)]),
        ("absent(nothing{a=\"1\",b=~\"x\"})", &[("{a=\"1\"}", 1.0)]),
        ("hits unless on(path) hits{path=\"/y\"}", &[("hits{job=\"a\", path=\"/x\"}", 60.0)]),
        ("count_values(\"v\", limit)", &[("{v=\"100\"}", 1.0)]),
        ("max_over_time(sum(hits)[1m:20s])", &[("{}", 65.0)]),
        ("sum(hits @ 20)", &[("{}", 27.0)]),
        ("sum(hits offset 40s)", &[("{}", 27.0)]),
        ("timestamp(limit offset 5s)", &[("{job=\"a\"}", 50.0)]),
        ("scalar(limit) - time()", &[("", 40.0)]),
        (
            "label_replace(limit, \"to\", \"$1-x\", \"job\", \"(.*)\")",
            &[("limit{job=\"a\", to=\"a-x\"}", 100.0)],
        ),
        ("sort_desc(hits)", &[("hits{job=\"a\", path=\"/x\"}", 60.0), ("hits{job=\"a\", path=\"/y\"}", 5.0)]),
    ];
    for (query, expected) in cases {
        let found = ask(query, 60_000).unwrap();
        let expected: Vec<(String, f64)> =
            expected.iter().map(|(labels, value)| ((*labels).to_owned(), *value)).collect();
        assert_eq!(found, expected, "{query}");
    }
}

#[test]
fn what_has_no_answer_says_why() {
    for (query, part) in [
        ("hits + on(job) hits", "many-to-many"),
        ("limit + on(job) hits", "right hand-side"),
        ("hits + on(job) limit", "group_left"),
        ("info(hits)", "not supported"),
        ("label_replace(hits, \"job\", \"\", \"job\", \".*\") + 1", "x"),
        ("double_exponential_smoothing(hits[1m], 2, 0.5)", "smoothing factor"),
        ("label_replace(hits, \"path\", \"\", \"path\", \".*\")", "same labelset"),
        ("count_values(\"no-label\", hits)", "label name"),
        ("max_over_time(hits[1000d:1ms])", "steps"),
    ] {
        match ask(query, 60_000) {
            Err(error) => assert!(error.to_string().contains(part), "{query}: {error}"),
            Ok(found) => assert_eq!(part, "x", "{query}: {found:?}"),
        }
    }
}

#[test]
fn a_query_has_limits() {
    let query = Query::parse("sum(hits)").unwrap();
    let limits = Limits { max_samples: 10, ..Limits::default() };
    let found = range(&shop(), &query, (0, 60_000, 1000), &limits, Arc::default());
    assert_eq!(found, Err(Error::TooManySamples(10)));
    let cancelled = Arc::new(AtomicBool::new(true));
    let found = range(&shop(), &query, (0, 60_000, 1000), &Limits::default(), cancelled);
    assert_eq!(found, Err(Error::Cancelled));
    let limits = Limits { timeout: std::time::Duration::ZERO, ..Limits::default() };
    let found = range(&shop(), &query, (0, 60_000, 1000), &limits, Arc::default());
    assert!(matches!(found, Err(Error::Timeout(_))), "{found:?}");
}

#[test]
fn a_range_is_what_its_instants_are() {
    for text in [
        "hits",
        "rate(hits[25s])",
        "sum by (path) (hits) / 3",
        "topk(1, hits)",
        "hits and on(job) (limit - 60 > hits{path=\"/x\"})",
        "avg_over_time(sum(hits)[30s:7s])",
        "hits or limit",
        "quantile(0.3, hits)",
        "absent(hits{job=\"b\"})",
    ] {
        let query = Query::parse(text).unwrap();
        let limits = Limits { lookback: std::time::Duration::from_secs(15), ..Limits::default() };
        let found = range(&shop(), &query, (0, 80_000, 7000), &limits, Arc::default()).unwrap();
        let mut count = 0;
        for at in (0..=80_000).step_by(7000) {
            let Answer::Vector(list) = instant(&shop(), &query, at, &limits, Arc::default()).unwrap() else {
                panic!("{text}");
            };
            count += list.len();
            for (labels, value) in list {
                let series = found.iter().find(|series| series.labels == labels).unwrap();
                let place = series.times.iter().position(|time| *time == at).unwrap();
                assert_eq!(series.values[place], value, "{text} at {at}");
            }
        }
        assert_eq!(found.iter().map(|series| series.times.len()).sum::<usize>(), count, "{text}");
    }
}

#[test]
fn the_deepest_query_fits_a_small_stack() {
    let nested = |open: &str, close: &str| format!("{}limit{}", open.repeat(60), close.repeat(60));
    let texts = [
        nested("abs(", ")"),
        nested("sum by (job) (", ")"),
        nested("(1 + ", ")"),
        format!("{}limit{}", "max_over_time(".repeat(30), "[1m:10s])".repeat(30)),
        "limit + ".repeat(120) + "limit",
    ];
    let deep = move || {
        for text in texts {
            assert_ne!(ask(&text, 60_000).unwrap(), [], "{text}");
        }
    };
    std::thread::Builder::new().stack_size(2 << 20).spawn(deep).unwrap().join().unwrap();
}

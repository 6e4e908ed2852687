//! Series with everything in them that could be got wrong: resets, gaps, ends, NaN, negative values, histograms.

use promql::{Budget, Error, Labels, SampleSeries, Selector, Source};

/// When the samples begin, in milliseconds: not on a multiple of their distance.
pub const START: i64 = 1_700_000_005_000;
pub const STEP: i64 = 15_000;
/// Fifty minutes: what a head takes in one go.
pub const COUNT: i64 = 200;

const STALE: f64 = f64::from_bits(0x7ff0_0000_0000_0002);

pub struct Samples(pub Vec<SampleSeries>);

impl Source for Samples {
    fn select(
        &self,
        selector: &Selector,
        from: i64,
        to: i64,
        budget: &mut Budget,
    ) -> Result<Vec<SampleSeries>, Error> {
        let mut found = Vec::new();
        for series in self.0.iter().filter(|series| selector.matches(&series.labels)) {
            let first = series.times.partition_point(|time| *time < from);
            let last = series.times.partition_point(|time| *time <= to).max(first);
            budget.spend(last - first)?;
            found.push(SampleSeries {
                labels: series.labels.clone(),
                times: series.times[first..last].to_vec(),
                values: series.values[first..last].to_vec(),
            });
        }
        Ok(found)
    }
}

/// Numbers that look random and never change.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

/// A series whose value at each place `value` says; `None` leaves a gap.
fn series(labels: &[(&str, &str)], mut value: impl FnMut(i64) -> Option<f64>) -> SampleSeries {
    let (times, values) =
        (0..COUNT).filter_map(|at| value(at).map(|value| (START + at * STEP, value))).unzip();
    SampleSeries { labels: Labels::new(labels.iter().copied()), times, values }
}

pub fn samples() -> Samples {
    let mut list = Vec::new();
    for (job, method, seed) in
        [("api", "GET", 1), ("api", "POST", 2), ("web", "GET", 3), ("web", "POST", 4), ("db", "GET", 5)]
    {
        counters(&mut list, job, method, Numbers(seed));
    }
    for (job, version) in [("api", "1.2"), ("web", "2.0"), ("db", "1.2")] {
        list.push(series(&[("__name__", "build_info"), ("job", job), ("version", version)], |_| Some(1.0)));
    }
    let mut numbers = Numbers(9);
    for host in ["h1", "h2", "h3"] {
        let gauge =
            &[("__name__", "temperature"), ("host", host), ("room", if host == "h3" { "b" } else { "a" })];
        list.push(series(gauge, |_| Some(numbers.next(400) as f64 / 10.0 - 15.0)));
    }
    // Ends with a marker, begins again later.
    list.push(series(&[("__name__", "flapping"), ("job", "api")], |at| match at % 60 {
        0..20 => Some(at as f64),
        20 => Some(STALE),
        _ => None,
    }));
    // Has gaps that are longer than some ranges, and shorter than others.
    list.push(series(&[("__name__", "sparse"), ("job", "web")], |at| {
        (at % 9 == 0).then_some(at as f64 * 1.5)
    }));
    list.push(series(&[("__name__", "odd"), ("kind", "nan")], |at| {
        Some(if at % 3 == 0 { f64::NAN } else { 1.0 })
    }));
    list.push(series(&[("__name__", "odd"), ("kind", "inf")], |at| {
        Some(if at % 5 == 0 { f64::INFINITY } else { 2.0 })
    }));
    list.push(series(&[("__name__", "odd"), ("kind", "flat")], |_| Some(-0.5)));
    list.push(series(&[("__name__", "clock")], |at| Some((START + at * 86_400_000 * 13) as f64 / 1000.0)));
    list.sort_by(|a, b| a.labels.cmp(&b.labels));
    Samples(list)
}

/// Requests, failures and a histogram, with a reset somewhere.
fn counters(list: &mut Vec<SampleSeries>, job: &str, method: &str, mut numbers: Numbers) {
    let bounds = ["0.1", "0.5", "1", "+Inf"];
    let mut total = 0.0;
    let mut buckets = [0.0; 4];
    let reset = 40 + numbers.next(100) as i64;
    let mut rows: Vec<(f64, [f64; 4])> = Vec::new();
    for at in 0..COUNT {
        if at == reset {
            (total, buckets) = (0.0, [0.0; 4]);
        }
        for _ in 0..numbers.next(12) {
            total += 1.0;
            let first = numbers.next(4) as usize;
            buckets.iter_mut().skip(first).for_each(|count| *count += 1.0);
        }
        rows.push((total, buckets));
    }
    let names = [("job", job), ("method", method)];
    let with = |name, more: &[(&'static str, &'static str)]| {
        let mut labels = vec![("__name__", name)];
        labels.extend(names);
        labels.extend(more);
        labels
    };
    list.push(series(&with("requests_total", &[]), |at| Some(rows[at as usize].0)));
    if method == "GET" {
        list.push(series(&with("failures_total", &[]), |at| Some((rows[at as usize].0 / 7.0).floor())));
    }
    for (place, bound) in bounds.into_iter().enumerate() {
        list.push(series(&with("latency_bucket", &[("le", bound)]), |at| Some(rows[at as usize].1[place])));
    }
    list.push(series(&with("latency_count", &[]), |at| Some(rows[at as usize].1[3])));
}

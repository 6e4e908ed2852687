//! The fuzz targets of `fuzz/` without their engine: each takes its seeds, and what a fixed sequence of random changes makes
//! of them. `FUZZ_SECONDS=180 cargo nextest run -p log-store fuzz` looks for as long, and elsewhere each time.

mod mutate;
mod seeds;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use mutate::Mutator;

/// Changed inputs for each target.
const INPUTS: usize = 400;
/// Inputs are cut at this length.
const MAX_LEN: usize = 4096;

fn fuzz(name: &str, target: fn(&[u8])) {
    let seeds = seeds::of(name);
    assert!(seeds.len() >= 3, "{name} has {} seeds", seeds.len());
    for seed in &seeds {
        check(name, target, seed);
    }
    let seconds = std::env::var("FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
    let patience = seconds.map(Duration::from_secs);
    let start = if patience.is_some() { u64::from(std::process::id()) << 20 } else { 1 };
    let mut mutator = Mutator::new(start, &seeds, MAX_LEN);
    let (started, mut done) = (Instant::now(), 0);
    while patience.map_or(done < INPUTS, |patience| started.elapsed() < patience) {
        check(name, target, mutator.next());
        done += 1;
    }
}

/// Lets the target have an input; if it panics, the input is part of the message.
fn check(name: &str, target: fn(&[u8]), input: &[u8]) {
    if std::env::var_os("FUZZ_SECONDS").is_some() {
        // What ends the process is found here.
        std::fs::write(std::env::temp_dir().join(format!("fuzz-{name}")), input).unwrap();
    }
    let started = Instant::now();
    if catch_unwind(AssertUnwindSafe(|| target(input))).is_err() {
        panic!("{name} fails for b\"{}\"", input.escape_ascii());
    }
    if std::env::var_os("FUZZ_SECONDS").is_some() && started.elapsed() > Duration::from_secs(3) {
        panic!("{name} takes {:?} for b\"{}\"", started.elapsed(), input.escape_ascii());
    }
}

macro_rules! targets {
    ($($name:ident: $target:path,)+) => {
        $(
            #[test]
            fn $name() {
                fuzz(stringify!($name), $target);
            }
        )+

        /// Each target has a program for cargo-fuzz, and the other way round.
        #[test]
        fn cargo_fuzz_has_the_same_targets() {
            let mut names: Vec<String> = std::fs::read_dir(seeds::folder().join("fuzz_targets"))
                .unwrap()
                .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
                // Those of the trace store and its language have a test of their own.
                .filter(|name| !name.starts_with("trace"))
                .collect();
            names.sort();
            let mut known = [$(stringify!($name)),+];
            known.sort_unstable();
            assert_eq!(names, known);
        }
    };
}

targets! {
    logql_query: logql::fuzzing::query,
    logql_pipeline: logql::fuzzing::pipeline,
    logql_line: logql::fuzzing::line,
    logql_template: logql::fuzzing::template,
    logql_regex: logql::fuzzing::regex,
    otlp_logs_json: protocols::fuzzing::otlp_logs_json,
    otlp_spans_json: protocols::fuzzing::otlp_spans_json,
    protobuf: protocols::fuzzing::protobuf,
    write_ahead_log: segment::fuzzing::write_ahead_log,
    manifest: segment::fuzzing::manifest,
    push_json: log_store::fuzzing::push_json,
    push_legacy_json: log_store::fuzzing::push_legacy_json,
    push_protobuf: log_store::fuzzing::push_protobuf,
    otlp: log_store::fuzzing::otlp,
    record: log_store::fuzzing::record,
    body: log_store::fuzzing::body,
    parameters: log_store::fuzzing::parameters,
}

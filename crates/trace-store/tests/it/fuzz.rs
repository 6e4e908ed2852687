//! The fuzz targets of `fuzz/` without their engine: each takes its seeds, and what a fixed sequence of random changes
//! makes of them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// Changed inputs for each target.
const INPUTS: u64 = 2000;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(folder().join("seeds").join(target)).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| std::fs::read(file).unwrap()).collect()
}

/// Numbers that look random, the same in each run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides.max(1) as u64) as usize
    }
}

/// Bytes changed, cut out, doubled, or the end cut off.
fn changed(mut input: Vec<u8>, dice: &mut Dice) -> Vec<u8> {
    for _ in 0..=dice.roll(4) {
        let at = dice.roll(input.len());
        let to = (at + 1 + dice.roll(16)).min(input.len());
        match dice.roll(5) {
            _ if input.is_empty() => input.push(dice.roll(256) as u8),
            0 => input[at] = dice.roll(256) as u8,
            1 => input[at] ^= 1 << dice.roll(8),
            2 => drop(input.drain(at..to)),
            3 => {
                let piece = input[at..to].to_vec();
                input.splice(at..at, piece);
            }
            _ => input.truncate(at),
        }
    }
    input
}

fn fuzz(name: &str, target: fn(&[u8])) {
    let seeds = seeds(name);
    assert!(seeds.len() >= 3, "{name} has {} seeds", seeds.len());
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let changes = (0..INPUTS).map(|_| {
        let seed = seeds[dice.roll(seeds.len())].clone();
        changed(seed, &mut dice)
    });
    for input in seeds.iter().cloned().chain(changes.collect::<Vec<_>>()) {
        if catch_unwind(AssertUnwindSafe(|| target(&input))).is_err() {
            panic!("{name} fails for b\"{}\"", input.escape_ascii());
        }
    }
}

#[test]
fn traces_otlp() {
    fuzz("traces_otlp", trace_store::fuzzing::otlp);
}

#[test]
fn traces_thrift() {
    fuzz("traces_thrift", trace_store::fuzzing::thrift);
}

#[test]
fn traces_zipkin() {
    fuzz("traces_zipkin", trace_store::fuzzing::zipkin);
}

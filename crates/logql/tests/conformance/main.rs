//! Answers of a real Loki to recorded queries, over the same data in memory.
//!
//! The corpus lies in `tests/conformance/logs` of the repository. Cases of `query`, `query_range` and `format_query` are
//! answered by this crate alone; what an HTTP front end refuses (bad parameters, bad methods) is left to the store.

#![allow(clippy::unwrap_used, reason = "helpers of a test: a broken corpus is to panic")]

mod api;
mod compare;
mod data;
mod level;
mod otlp;

use std::collections::BTreeMap;

/// Cases that this crate answers otherwise than the reference, each with the reason.
const DELIBERATE: [(&str, &str); 0] = [];

#[test]
fn recorded_queries_get_the_recorded_answers() {
    let store = data::load();
    let mut table: BTreeMap<String, [usize; 3]> = BTreeMap::new();
    let mut failures = Vec::new();
    for case in data::cases() {
        let category = case["category"].as_str().unwrap_or_default().to_owned();
        let id = case["id"].as_str().unwrap_or_default();
        let row = table.entry(category).or_default();
        let Some(answer) = api::answer(&store, &case) else {
            row[2] += 1;
            continue;
        };
        row[1] += 1;
        match compare::check(&case, &answer) {
            None => row[0] += 1,
            Some(_) if DELIBERATE.iter().any(|(known, _)| *known == id) => row[0] += 1,
            Some(why) => {
                failures.push(format!("{id} {}\n    {why}", api::query_of(&case).unwrap_or_default()));
            }
        }
    }
    let mut total = [0; 3];
    for (category, row) in &table {
        println!("{category:20} {:5} of {:5}  ({} for the store)", row[0], row[1], row[2]);
        total.iter_mut().zip(row).for_each(|(total, count)| *total += count);
    }
    println!("{:20} {:5} of {:5}  ({} for the store)", "total", total[0], total[1], total[2]);
    for failure in &failures {
        println!("{failure}");
    }
    assert!(total[1] > 900, "the corpus has shrunk: {} cases", total[1]);
    assert!(failures.is_empty(), "{} cases differ", failures.len());
}

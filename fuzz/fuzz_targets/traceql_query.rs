#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| traceql::fuzzing::query(data));

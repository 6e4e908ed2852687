#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| logql::fuzzing::pipeline(data));

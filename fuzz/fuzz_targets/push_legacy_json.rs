#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| log_store::fuzzing::push_legacy_json(data));

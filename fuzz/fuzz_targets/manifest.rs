#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| segment::fuzzing::manifest(data));

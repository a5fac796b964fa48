//! Any bytes as one file of a pack.
#![no_main]

libfuzzer_sys::fuzz_target!(init: casewright_fuzz::prepare(), |bytes: &[u8]| casewright_fuzz::pack(bytes));

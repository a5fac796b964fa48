//! Any commands, at any times, to a case of a shipped workflow.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| casewright_fuzz::simulate(bytes));

//! Any commands, at any times, to a case of a shipped workflow.
#![no_main]

libfuzzer_sys::fuzz_target!(init: casewright_fuzz::prepare(), |bytes: &[u8]| casewright_fuzz::simulate(bytes));

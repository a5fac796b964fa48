//! Any bytes as a workflow file of the shipped pack.
#![no_main]

libfuzzer_sys::fuzz_target!(init: casewright_fuzz::prepare(), |bytes: &[u8]| casewright_fuzz::check(bytes));

//! Any bytes across the boundary of plugins, in both directions.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| casewright_fuzz::plugin_json(bytes));

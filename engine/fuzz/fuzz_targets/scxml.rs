//! Any text as an SCXML document to import.
#![no_main]

libfuzzer_sys::fuzz_target!(init: casewright_fuzz::prepare(), |bytes: &[u8]| casewright_fuzz::scxml(bytes));

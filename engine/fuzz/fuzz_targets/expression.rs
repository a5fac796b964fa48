//! Any text as a CEL expression: a guard, a value and a delay.
#![no_main]

libfuzzer_sys::fuzz_target!(init: casewright_fuzz::prepare(), |bytes: &[u8]| casewright_fuzz::expression(bytes));

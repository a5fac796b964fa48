//! What crosses crates: examples, transcripts, HTTP, crash and recovery.

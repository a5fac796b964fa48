//! Checks what tests gave against what a contract asks: passed, or the issues to rectify.
//!
//! Domain catalogue V6; the process is section 3.1.6 (000 §六(三)3: problems are rectified and tested again;
//! 003 §3.3.3: functions, performance and business scenarios are tested as the contract says). What is asked comes
//! with the input; this plugin holds how results are held against it:
//!
//! 1. Of several results of one criterion the last counts, for what failed is rectified and tested again.
//! 2. A criterion with limits is met by a measured value within them, and by nothing else; what the testers
//!    say can only make it worse.
//! 3. A criterion without limits is met when the testers are satisfied. What nobody tested is not met.
//! 4. The project passes when every criterion is met that is not optional.

mod check;
mod form;

pub use check::check_acceptance;
pub use form::{Acceptance, Criterion, Issue, Level, Problem, TestResult, Verdict};

use casewright_plugin::Plugin;

/// The plugin as the host sees it.
pub fn plugin() -> Plugin {
    Plugin::new("acceptance-check", env!("CARGO_PKG_VERSION")).decision(
        "check-acceptance",
        "Check an acceptance",
        "Whether the results of the tests meet what the contract asks, level by level, and the issues to rectify.",
        check_acceptance,
    )
}

casewright_plugin::export!(plugin);

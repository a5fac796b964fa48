//! Scores a candidate account from the findings about it and proposes a grade.
//!
//! Domain catalogue V3. Companies differ in the dimensions that they look at: five sections of an
//! evaluation report (000 §四(二)3: operations, finance, credit record, industry reputation,
//! cooperation history) or five indicators (001 §三(二)1-5: scale, growth, stability, influence,
//! credit). Neither states weights or thresholds, so both come with the input, from the pack's
//! parameters; this plugin holds the rule alone:
//!
//! 1. The newest finding of a dimension counts. Findings are in the order in which they were
//!    recorded, so the newest is the last.
//! 2. The score is the mean of the dimensions' scores, weighted; a dimension that is given no weight
//!    weighs 1. It is rounded to two decimals, and what is rounded is what thresholds are held against,
//!    so that nobody is turned down with a score that reads like the threshold.
//! 3. While a required dimension has no finding, no grade is proposed.
//! 4. Otherwise the grade with the highest threshold that the score reaches is proposed.

mod form;
mod score;

pub use form::{Assessment, Dossier, Finding, Grade, Part};
pub use score::score_account;

use casewright_plugin::Plugin;

/// The plugin as the host sees it.
pub fn plugin() -> Plugin {
    Plugin::new("account-scoring", env!("CARGO_PKG_VERSION")).decision(
        "score-account",
        "Score an account",
        "The weighted mean of the newest finding per dimension, the grade that it reaches, and the \
         required dimensions that still have no finding.",
        score_account,
    )
}

casewright_plugin::export!(plugin);

//! Judges the signs that an account may leave: how likely it is, how urgent, and what to do.
//!
//! Domain catalogue V12; the process is section 3.1.11 (003 §3.4.1: logins, use, payments, contacts), the limits
//! stand in section 2.6. Where the sources state a figure it is the default of the limit, and a company may give
//! its own; where they state none the sign counts only once the company has given one.
//!
//! 1. Each sign beyond its limit is a signal, urgent as the sources say.
//! 2. The most urgent signal decides what to do: `high` begins retention, `attention` tells the management.
//! 3. The probability is that of all signals together, taken as independent of each other. 003 §6.3.3 states one,
//!    75 percent for fewer logins without anything new; the others are the company's to give.

mod form;
mod judge;

pub use form::{Action, Level, Limits, Risk, Signal, Signs};
pub use judge::churn_risk;

use casewright_plugin::Plugin;

/// The plugin as the host sees it.
pub fn plugin() -> Plugin {
    Plugin::new("churn-risk", env!("CARGO_PKG_VERSION")).decision(
        "churn-risk",
        "Judge the risk of churn",
        "How likely an account is to leave by what is seen of it, the signals, and what to do.",
        churn_risk,
    )
}

casewright_plugin::export!(plugin);

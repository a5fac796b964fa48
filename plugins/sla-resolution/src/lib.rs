//! Resolves which service levels hold for an issue: the clocks that run, and for how long.
//!
//! Domain catalogue V9; what is stated stands in section 2.7. Companies promise by tier (003 §3.2.1), by kind of
//! issue (003 §3.6.3, §4.1.1.3), or nothing at all, so the table comes with the input, from the pack's parameters;
//! this plugin holds how it is looked up:
//!
//! 1. A promise is for the tier, the kind and the channel that it names, and for all where it names none.
//! 2. Of several promises of one clock the closest decides: one that names the kind before one that does not,
//!    then the tier, then the channel.
//! 3. A promise of null stops its clock, where a wider one would let it run.
//!
//! A decision knows no time and no calendar: the workflow counts from when the issue came.

mod form;
mod resolve;

pub use form::{Clock, Counted, Issue, ServiceLevel, ServiceLevels};
pub use resolve::resolve_sla;

use casewright_plugin::Plugin;

/// The plugin as the host sees it.
pub fn plugin() -> Plugin {
    Plugin::new("sla-resolution", env!("CARGO_PKG_VERSION")).decision(
        "resolve-sla",
        "Resolve service levels",
        "Which clocks run for an issue and for how long, by the company's table of promises.",
        resolve_sla,
    )
}

casewright_plugin::export!(plugin);

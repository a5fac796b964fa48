//! Routes a complaint: how severe it is, who is responsible, and by when there must be an answer.
//!
//! Domain catalogue V11; the process is section 3.1.10 (000 §五(三)2: find the cause and the
//! responsible department). Companies leave the departments and the scale of severity open, so the
//! rules come with the input, from the pack's parameters; this plugin holds how they are applied:
//!
//! 1. A rule matches when one of its keywords is in the content, or when its category is the
//!    complaint's. Keywords work in any script; for ASCII letters case does not matter, and a keyword
//!    that begins with one must stand at the beginning of a word (`late` is in `later`, not in `template`).
//! 2. Of the rules that match, the most severe decides; of equally severe ones, the first.
//! 3. When none matches, the complaint is minor and goes to the default department.
//! 4. The time limits are those of the account's tier, else those of the tier `default`, else four
//!    hours for a response, which is what 003 §3.2.1 promises to every tier that it promises anything.
//!    A company whose time limits depend on more than the tier gives no table here and asks `sla-resolution` (V9).

mod form;
mod keyword;
mod route;

pub use form::{Complaint, Routing, Rule, ServiceLevel, Severity};
pub use route::route_complaint;

use casewright_plugin::Plugin;

/// The plugin as the host sees it.
pub fn plugin() -> Plugin {
    Plugin::new("complaint-routing", env!("CARGO_PKG_VERSION")).decision(
        "route-complaint",
        "Route a complaint",
        "The severity of a complaint, the department that is responsible for it, and by a table of time limits \
         the hours within which the customer gets a response and a solution.",
        route_complaint,
    )
}

casewright_plugin::export!(plugin);

//! Classifies an account by the company's own scheme.
//!
//! Domain catalogue V1; the schemes are sections 2.1 to 2.4. They differ in everything but their form: tiers in an
//! order, each with limits of purchases, of scores, or with agreements that are there or not. So the scheme comes
//! with the input, from the pack's parameters; this plugin holds how it is applied:
//!
//! 1. Tiers are tried from the highest down; the first that fits is the account's.
//! 2. A tier fits when all its conditions hold (003 §2.3.1), or one, where the scheme says that one is enough
//!    (001 §二(一)).
//! 3. A figure that is not known holds no condition, and is named.
//! 4. What the account lacks for the tier above its own is told.

mod classify;
mod form;

pub use classify::classify_account;
pub use form::{Account, Class, Condition, Needs, Next, Tier};

use casewright_plugin::Plugin;

/// The plugin as the host sees it.
pub fn plugin() -> Plugin {
    Plugin::new("account-classification", env!("CARGO_PKG_VERSION")).decision(
        "classify-account",
        "Classify an account",
        "The tier of an account by the company's scheme, why, and what it lacks for the next one.",
        classify_account,
    )
}

casewright_plugin::export!(plugin);

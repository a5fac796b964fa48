//! What plugins of services may reach: what they want, what the operator grants, and what is missing between the two.
//!
//! A plugin says in its description what it wants to reach ([`Wanted`]). An operator says in a file what each plugin may
//! reach ([`Grants`]). [`missing`] holds the one against the other; a plugin that wants more than it is granted is refused
//! as a whole, so that no service finds out in the middle of a case. A call may then do what the plugin asked for *and* the
//! operator granted.

mod file;
mod granted;
mod host_pattern;
mod judge;
mod trust;
mod wanted;

pub use file::{
    EnvSource, FileSource, Grant, Grants, HttpGrant, KeyValueGrant, LimitsGrant, Scheme,
    SecretSource, TlsGrant,
};
pub use granted::{GrantError, Granted};
pub use host_pattern::HostPattern;
pub use judge::{Missing, missing};
pub use trust::Trust;
pub use wanted::{Capability, Difference, HTTP, KEY_VALUE, SECRET, Wanted};

pub(crate) use granted::HostGrant;

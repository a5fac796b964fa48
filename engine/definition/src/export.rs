//! Workflows in other formats: SCXML documents and XState machines.
//!
//! What a format cannot say is kept where its own tools leave it alone, in a namespace or in `meta`, and
//! is told as [`Exported::lost`]. The importers read it back.

mod scxml;
mod xstate;

pub use scxml::scxml;
pub use xstate::xstate;

/// The namespace of what SCXML itself has no attribute for.
pub(crate) const NAMESPACE: &str = "urn:casewright:workflow";

/// What is before the name of an action in a machine of XState.
pub(crate) const ACTION_PREFIX: &str = "casewright.";

/// The type of a guard in a machine of XState whose parameter `expression` is CEL, and of the input of a
/// service whose parameter `value` holds CEL.
pub(crate) const CEL_GUARD: &str = "cel";

/// The type of an invocation in SCXML whose source is a function of a plugin.
pub(crate) const SERVICE_TYPE: &str = "urn:casewright:service";

/// How the events of the engine begin, here and in XState.
pub(crate) const ENGINE_EVENTS: [(&str, &str); 3] = [
    ("done.state.", "xstate.done.state."),
    ("done.invoke.", "xstate.done.actor."),
    ("error.invoke.", "xstate.error.actor."),
];

/// A workflow in another format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// The document.
    pub text: String,
    /// What tools of the format will not act on, one sentence each.
    pub lost: Vec<String>,
}

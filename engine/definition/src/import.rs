//! Charts from other formats, as workflows.

mod scxml;
mod xstate;

use crate::diagnostic::{Code, Diagnostic};
use crate::file;
use crate::pack::Pack;
use crate::source::Source;

pub use scxml::CODES;
pub(crate) use scxml::cel::quote;
pub use xstate::XSTATE_CODES;

/// A chart that has been imported.
#[derive(Debug)]
pub struct Imported {
    /// The workflow that behaves as the chart does.
    pub workflow: file::Workflow,
    /// A pack to run it in: one role, no parameters, days of UTC.
    pub pack: Pack,
    /// Warnings about the chart.
    pub findings: Vec<Diagnostic>,
}

/// The workflow as it was written could not be read back: a mistake of the importer, or a limit that the
/// chart is beyond.
pub const IMPORT_REFUSED: Code = Code("import-refused");

/// Imports an SCXML document (W3C SCXML 1.0): one without a data model, with `datamodel="null"`, or
/// with `datamodel="cel"`, whose expressions are CEL and see the variables of the data model by their
/// names.
///
/// Events of the document may be sent by the role `anyone`, and so may any other
/// ([`Workflow::open_events`](file::Workflow::open_events)).
///
/// # Errors
/// Everything in the document that is no SCXML, or that a workflow cannot do, with its place in the
/// text.
pub fn scxml(source: &Source) -> Result<Imported, Vec<Diagnostic>> {
    scxml::import(source)
}

/// Imports a machine of XState v5 in JSON; of v4 as far as it says the same.
///
/// Guards are in CEL, as [`export::xstate`](crate::export::xstate()) writes them. An action whose code is
/// elsewhere becomes a `log` of its name, with a warning. Who may send events is as for [`scxml`], unless
/// the machine keeps it in `meta.casewright`.
///
/// # Errors
/// Everything in the machine that is not XState's, or that a workflow cannot do, with its place in the
/// text.
pub fn xstate(source: &Source) -> Result<Imported, Vec<Diagnostic>> {
    xstate::import(source)
}

//! Charts from other formats, as workflows.

mod scxml;

use crate::diagnostic::{Code, Diagnostic};
use crate::file;
use crate::pack::Pack;
use crate::source::Source;

pub use scxml::CODES;

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

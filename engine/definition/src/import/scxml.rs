//! SCXML documents as workflows.
//!
//! `comments` takes comments out, `xml` reads elements and attributes with their places, `names` gives every state its key, `cel`
//! rewrites expressions, `data` the data model, `states` and `content` the rest, `send` what goes
//! out, `invoke` services; `head` puts a workflow around it all.

pub(super) mod cel;
mod comments;
mod content;
mod data;
pub(super) mod head;
mod invoke;
mod names;
mod send;
mod states;
mod xml;

use std::collections::BTreeSet;

use indexmap::IndexSet;

use super::Imported;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Source;
use data::Variable;
use names::Names;
use xml::Node;

/// The text is no XML.
const SCXML_SYNTAX: Code = Code("scxml-syntax");
/// An element or attribute stands where SCXML has none, or is missing.
const SCXML_SHAPE: Code = Code("scxml-shape");
/// A part of SCXML that workflows do not have.
const SCXML_UNSUPPORTED: Code = Code("scxml-unsupported");
/// A target or an `In` names a state that is not there, or two states have one id.
const SCXML_STATE: Code = Code("scxml-state");
/// An expression is no CEL, or uses what expressions do not have.
const SCXML_EXPRESSION: Code = Code("scxml-expression");
/// A variable that the data model does not declare.
const SCXML_VARIABLE: Code = Code("scxml-variable");

/// Every code that importing SCXML can give.
pub const CODES: &[Code] = &[
    SCXML_SYNTAX,
    SCXML_SHAPE,
    SCXML_UNSUPPORTED,
    SCXML_STATE,
    SCXML_EXPRESSION,
    SCXML_VARIABLE,
    super::IMPORT_REFUSED,
];

/// What is known while a document is imported.
struct Importer<'d> {
    source: &'d Source,
    root: Node<'d>,
    names: Names<'d>,
    /// Whether expressions are only `In(…)`.
    is_null: bool,
    /// Whether expressions are ECMAScript, of which only what it shares with CEL can be imported.
    is_ecmascript: bool,
    /// Whether variables get their values when their states are first entered.
    is_late: bool,
    /// What `_name` stands for.
    name: String,
    variables: Vec<Variable<'d>>,
    /// The names of variables, those that loops declare included.
    declared: BTreeSet<String>,
    /// Events that may be declared.
    events: IndexSet<String>,
    diagnostics: Vec<Diagnostic>,
}

pub(super) fn import(source: &Source) -> Result<Imported, Vec<Diagnostic>> {
    let text = comments::without_comments(&source.text);
    let document = xml::parse(source, &text).map_err(|error| vec![error])?;
    let mut importer = Importer {
        source,
        root: document.root_element(),
        names: Names::default(),
        is_null: false,
        is_ecmascript: false,
        is_late: false,
        name: String::new(),
        variables: Vec::new(),
        declared: BTreeSet::new(),
        events: IndexSet::new(),
        diagnostics: Vec::new(),
    };
    let workflow = importer.workflow();
    let mut findings = importer.diagnostics;
    findings.sort_by_key(|finding| finding.span.map(|span| span.start));
    match workflow {
        Some(workflow) if !findings.iter().any(Diagnostic::is_error) => {
            head::imported(workflow, findings)
        }
        _ => Err(findings),
    }
}

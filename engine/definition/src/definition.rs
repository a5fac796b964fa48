//! A workflow that has been checked and lowered: what a case runs by.

use std::fmt;
use std::sync::Arc;

use casewright_chart::{Chart, ExpressionIndex, Value};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::data::Schema;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::expression::{Expression, Surroundings};
use crate::file;
use crate::lower::{self, Functions, lower};
use crate::pack::Pack;
use crate::read::{Findings, read_repaired};
use crate::source::Source;

/// The form of [`Bundle`]. It changes when an older engine could not run a newer one's bundle.
pub const BUNDLE_FORMAT: u32 = 1;

/// A bundle is of a format that this program does not know.
pub const BUNDLE_UNKNOWN: Code = Code("bundle-unknown");

/// The role that everybody has, without its standing in a pack.
pub const ANYONE: &str = "anyone";

/// Everything that a definition is made of, as it is stored. A case pins it by its digest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bundle {
    /// [`BUNDLE_FORMAT`].
    pub format: u32,
    /// The workflow.
    pub workflow: file::Workflow,
    /// What it shares with its pack.
    pub pack: Pack,
}

/// The SHA-256 of a bundle's JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl fmt::Display for Digest {
    /// 64 hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digit = |half: u8| char::from(DIGITS[usize::from(half)]);
        let halves = self.0.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        let text: String = halves.map(digit).collect();
        f.write_str(&text)
    }
}

/// A workflow, ready to run.
#[derive(Debug)]
pub struct Definition {
    /// Its name.
    pub id: Arc<str>,
    /// Its version.
    pub version: Arc<str>,
    /// What it is made of.
    pub bundle: Bundle,
    /// What cases pin it by.
    pub digest: Digest,
    /// Its statechart. Expressions and decisions in it are numbers of the lists below.
    pub chart: Chart,
    /// The data with which a case starts: every `default` of the schema.
    pub defaults: Value,
    /// What the case data must match.
    pub data: Schema,
    /// Who may open a case, and what with.
    pub start: Signature,
    /// The events from outside.
    pub events: IndexMap<Arc<str>, Signature>,
    /// What people call each state, by id.
    pub titles: IndexMap<Arc<str>, file::Text>,
    /// What each transition says when its guard does not hold, by number; none where it says
    /// nothing.
    pub refusals: Vec<Option<file::Text>>,
    /// Where each transition stands in the workflow's file, as JSON pointers, by number. Exact when it
    /// was read from a file; of a definition that was stored, a list of one is counted as no list.
    pub places: Vec<String>,
    /// Whether a step may take long: it asks plugins, or goes through lists.
    pub may_take_long: bool,
    pub(crate) expressions: Vec<Expression>,
    pub(crate) decisions: Vec<Decision>,
    pub(crate) services: IndexMap<Arc<str>, Service>,
    pub(crate) surroundings: Surroundings,
}

/// Who may send something, and what it carries.
#[derive(Debug)]
pub struct Signature {
    /// What people call it.
    pub title: file::Text,
    /// Who may send it.
    pub roles: Vec<Arc<str>>,
    /// What it must match.
    pub input: Schema,
    /// Those fields of it that are stored in the case data.
    pub stored: Vec<Arc<str>>,
}

/// A function of a plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The plugin's name.
    pub plugin: Arc<str>,
    /// The function's name.
    pub function: Arc<str>,
}

/// A service of a workflow.
#[derive(Clone, Debug, PartialEq)]
pub struct Service {
    /// The plugin's function.
    pub function: Decision,
    /// What people call it.
    pub title: Option<file::Text>,
}

impl Bundle {
    /// The bytes that are stored and that the digest is taken of.
    ///
    /// # Errors
    /// The bundle holds what JSON cannot, which nothing that was read from a file does.
    pub fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }

    /// What [`Bundle::to_bytes`] gave, read again. States may stand deeper in each other than `serde_json`
    /// reads of its own accord; no deeper than a file may, if the bytes are those of their digest.
    ///
    /// # Errors
    /// The bytes are no bundle.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        let mut reader = serde_json::Deserializer::from_slice(bytes);
        reader.disable_recursion_limit();
        let bundle = Bundle::deserialize(&mut reader)?;
        reader.end()?;
        Ok(bundle)
    }
}

impl Digest {
    /// The digest of bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Digest(Sha256::digest(bytes).into())
    }
}

impl Definition {
    /// Reads and checks a workflow file against its pack. There is a definition when nothing that
    /// was found is an error.
    pub fn check(
        source: Source,
        pack: &Pack,
        functions: Option<&Functions>,
    ) -> (Option<Definition>, Findings) {
        let (workflow, repairs, mut findings) = read_repaired::<file::Workflow>(source);
        let Some(workflow) = workflow else {
            return (None, findings);
        };
        let bundle = Bundle {
            format: BUNDLE_FORMAT,
            workflow,
            pack: pack.clone(),
        };
        let (definition, diagnostics) = lower(bundle, None, functions, findings.document());
        for diagnostic in diagnostics {
            // Of a file that was repaired, only what the repair cannot have caused.
            let caused = |pointer: &str| repairs.touch(pointer);
            let doubtful = !lower::STANDS_ALONE.contains(&diagnostic.code)
                || diagnostic.pointer.as_deref().is_some_and(caused);
            if repairs.is_empty() || !doubtful {
                findings.push(diagnostic);
            }
        }
        (definition.filter(|_| repairs.is_empty()), findings)
    }

    /// As [`Definition::check`], for a file whose bytes may be no text. `name` is how people know it.
    pub fn check_bytes(
        name: String,
        bytes: Vec<u8>,
        pack: &Pack,
        functions: Option<&Functions>,
    ) -> (Option<Definition>, Findings) {
        match Source::from_bytes(name.as_str(), bytes) {
            Ok(source) => Definition::check(source, pack, functions),
            Err(diagnostic) => (None, Findings::unreadable(name, diagnostic)),
        }
    }

    /// Makes a definition of a bundle that was stored under a digest.
    ///
    /// # Errors
    /// What is wrong with it: it was stored by a newer engine, or damaged.
    pub fn compile(digest: Digest, bundle: Bundle) -> Result<Definition, Vec<Diagnostic>> {
        if bundle.format != BUNDLE_FORMAT {
            let message = format!(
                "expected a bundle of format {BUNDLE_FORMAT}, found {}",
                bundle.format
            );
            return Err(vec![Diagnostic::error(BUNDLE_UNKNOWN, message)]);
        }
        match lower(bundle, Some(digest), None, None) {
            (Some(definition), _) => Ok(definition),
            (None, diagnostics) => Err(diagnostics),
        }
    }

    /// What is wrong with the workflow when plugins have these functions: errors, without their places in a file.
    pub fn against(&self, functions: &Functions) -> Vec<Diagnostic> {
        let (_, mut found) = lower(self.bundle.clone(), None, Some(functions), None);
        found.retain(|diagnostic| diagnostic.severity == Severity::Error);
        found
    }

    /// The plugin functions that the workflow asks.
    pub fn decisions(&self) -> &[Decision] {
        &self.decisions
    }

    /// The services that the workflow runs, by the ids of their `invoke`s.
    pub fn services(&self) -> &IndexMap<Arc<str>, Service> {
        &self.services
    }

    /// Whether a service of the workflow comes back as an event of this name.
    pub fn is_returned(&self, event: &str) -> bool {
        let mut invokes = self.chart.states().flat_map(|(_, state)| &state.invokes);
        invokes.any(|invoke| *invoke.done() == *event || *invoke.error() == *event)
    }

    /// The text of an expression; none when it is not one CEL program.
    pub fn source_of(&self, expression: ExpressionIndex) -> Option<&str> {
        let expression = match self.expressions.get(expression.0 as usize)? {
            Expression::Exactly(_, Some(guard)) => guard,
            expression => expression,
        };
        match expression {
            Expression::Program(program) => Some(program.source()),
            _ => None,
        }
    }

    /// Whether an expression looks at the event, so that its value is not known before one comes.
    pub fn reads_event(&self, expression: ExpressionIndex) -> bool {
        match self.expressions.get(expression.0 as usize) {
            Some(Expression::Program(program)) => {
                let mut paths = program.paths().iter();
                paths.any(|path| path.names.first().is_some_and(|name| name == "event"))
            }
            _ => false,
        }
    }

    /// What people call a state, in a language; its id when it has no title.
    pub fn title<'a>(&'a self, state: &'a str, language: &str) -> &'a str {
        self.titles
            .get(state)
            .map_or(state, |title| title.get(language))
    }
}

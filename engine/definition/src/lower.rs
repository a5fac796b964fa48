//! From the typed file to a definition: names become numbers, texts become programs, and every
//! mistake on the way becomes a finding.

mod actions;
mod codes;
mod events;
pub(crate) mod expressions;
mod functions;
mod invokes;
pub(crate) mod names;
mod own_events;
mod shape;
mod states;
mod types;

use std::collections::BTreeMap;
use std::sync::Arc;

use casewright_chart::{
    Block, BuildError, Chart, DecisionIndex, ExpressionIndex, StateNode, Value,
};
use indexmap::IndexMap;

pub use actions::NOTIFY;
pub use codes::CODES;
pub(crate) use codes::STANDS_ALONE;
use codes::*;

use crate::analysis::{self, Places};
use crate::data::Schema;
use crate::definition::{Bundle, Decision, Definition, Digest, Service, Signature};
use crate::diagnostic::{Code, Diagnostic};
use crate::expression::types::Variables;
use crate::expression::{Expression, Surroundings};
use crate::file;
use crate::read::escape;
use crate::source::Document;
use names::Names;

/// What the plugins at hand can do: `plugin.function` and what it takes and gives.
pub type Functions = BTreeMap<String, FunctionSchemas>;

/// How a plugin's function may be called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FunctionKind {
    /// Within a step, by `decide`.
    #[default]
    Decision,
    /// After a step, by `invoke`.
    Service,
}

/// How a plugin's function is called, what it takes and what it gives, as JSON Schemas.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionSchemas {
    /// How it may be called.
    pub kind: FunctionKind,
    /// What it takes.
    pub input: serde_json::Value,
    /// What it gives.
    pub output: serde_json::Value,
}

/// Lowers a bundle. There is a definition when no finding is an error. One that comes from a store keeps
/// the digest under which it stands there, whatever this program would write for it.
pub(crate) fn lower(
    bundle: Bundle,
    stored: Option<Digest>,
    functions: Option<&Functions>,
    document: Option<&Document>,
) -> (Option<Definition>, Vec<Diagnostic>) {
    let (parts, places, mut diagnostics) = {
        let mut lowering = Lowering::new(&bundle, functions, document);
        lowering.judges_types = stored.is_none();
        (lowering.run(), lowering.places, lowering.diagnostics)
    };
    let digest = match stored {
        Some(digest) => Ok(digest),
        None => bundle.to_bytes().map(|bytes| Digest::of(&bytes)),
    };
    let (Some(parts), Ok(digest)) = (parts, digest) else {
        return (None, diagnostics);
    };
    let may_take_long =
        !parts.decisions.is_empty() || parts.expressions.iter().any(Expression::has_loops);
    let definition = Definition {
        may_take_long,
        id: bundle.workflow.id.as_str().into(),
        version: bundle.workflow.version.as_str().into(),
        digest,
        chart: parts.chart,
        defaults: parts.defaults,
        data: parts.data,
        start: parts.start,
        events: parts.events,
        titles: parts.titles,
        refusals: parts.refusals,
        places: parts.places,
        expressions: parts.expressions,
        decisions: parts.decisions,
        services: parts.services,
        surroundings: parts.surroundings,
        bundle,
    };
    // What comes from a store was judged before it went there.
    if stored.is_none() {
        diagnostics.extend(analysis::findings(&definition, &places, document));
    }
    (Some(definition), diagnostics)
}

/// What a lowering that found no error has made.
struct Parts {
    chart: Chart,
    defaults: Value,
    data: Schema,
    start: Signature,
    events: IndexMap<Arc<str>, Signature>,
    titles: IndexMap<Arc<str>, file::Text>,
    refusals: Vec<Option<file::Text>>,
    places: Vec<String>,
    expressions: Vec<Expression>,
    decisions: Vec<Decision>,
    services: IndexMap<Arc<str>, Service>,
    surroundings: Surroundings,
}

struct Lowering<'a> {
    workflow: &'a file::Workflow,
    pack: &'a crate::pack::Pack,
    functions: Option<&'a Functions>,
    document: Option<&'a Document>,
    names: Names,
    /// Whether the schema of the case data can be used.
    data_is_sound: bool,
    /// Whether types are judged. What comes from a store was when it went there, by the rules of then.
    judges_types: bool,
    /// What the variables of expressions are, when that is known.
    variables: Variables,
    /// The names of the delays, each with its expression.
    delays: BTreeMap<String, ExpressionIndex>,
    /// Events that the workflow raises or sends itself, each with the place of the first such action.
    own_events: BTreeMap<String, String>,
    /// Whether it raises or sends events whose names are only known when it does.
    sends_any_event: bool,
    expressions: Vec<Expression>,
    decisions: Vec<Decision>,
    /// The services, by their ids.
    services: IndexMap<Arc<str>, Service>,
    titles: IndexMap<Arc<str>, file::Text>,
    /// By the id of a state, what its transitions say when their guards do not hold.
    refusals: IndexMap<Arc<str>, Vec<Option<file::Text>>>,
    /// Where things stand, for findings about the whole.
    places: Places,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Lowering<'a> {
    fn new(
        bundle: &'a Bundle,
        functions: Option<&'a Functions>,
        document: Option<&'a Document>,
    ) -> Self {
        Lowering {
            workflow: &bundle.workflow,
            pack: &bundle.pack,
            functions,
            document,
            names: Names::default(),
            data_is_sound: false,
            judges_types: false,
            variables: Variables::new(),
            delays: BTreeMap::new(),
            own_events: BTreeMap::new(),
            sends_any_event: false,
            expressions: Vec::new(),
            decisions: Vec::new(),
            services: IndexMap::new(),
            titles: IndexMap::new(),
            refusals: IndexMap::new(),
            places: Places::default(),
            diagnostics: Vec::new(),
        }
    }

    fn run(&mut self) -> Option<Parts> {
        self.check_head();
        self.names = Names::of(self.workflow, &mut self.diagnostics);
        self.collect_services();
        self.collect_own_events();
        let data = self.data();
        self.data_is_sound = data.is_some();
        let defaults = match data {
            Some(_) => self.defaults(),
            None => Value::Null,
        };
        let start = self.start();
        let events = self.events();
        let surroundings = self.surroundings()?;
        if self.judges_types && self.data_is_sound {
            self.variables = self.variables();
        }
        self.lower_delays();
        let root = self.root();
        let chart = self.build(root);
        self.check_event_use();
        if self.diagnostics.iter().any(Diagnostic::is_error) {
            return None;
        }
        let chart = chart?;
        let refusals = self.flatten_refusals(&chart);
        let places = chart.transitions();
        let places = places.map(|(index, _)| self.places.of_transition(&chart, index).to_owned());
        Some(Parts {
            refusals,
            places: places.collect(),
            chart,
            defaults,
            data: data?,
            start: start?,
            events: events?,
            titles: std::mem::take(&mut self.titles),
            expressions: std::mem::take(&mut self.expressions),
            decisions: std::mem::take(&mut self.decisions),
            services: std::mem::take(&mut self.services),
            surroundings,
        })
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Notes a finding about the key of a value.
    fn report_key(&mut self, diagnostic: Diagnostic, pointer: &str) {
        let span = self
            .document
            .and_then(|document| document.key_span(pointer));
        let diagnostic = diagnostic.with_pointer(pointer);
        self.report(match span {
            Some(span) => diagnostic.with_span(span),
            None => diagnostic,
        });
    }

    fn error(&mut self, code: Code, pointer: &str, message: impl Into<String>) {
        self.report(Diagnostic::error(code, message).with_pointer(pointer));
    }

    /// The things with their places in the file, where one thing may stand without a list.
    fn numbered<'t, T>(
        &self,
        things: &'t file::OneOrMany<T>,
        pointer: &str,
    ) -> Vec<(&'t T, String)> {
        let written = self
            .document
            .and_then(|document| document.value.pointer(pointer));
        let alone = !written.is_some_and(serde_json::Value::is_array);
        let place = |number: usize| match alone {
            true => pointer.to_owned(),
            false => format!("{pointer}/{number}"),
        };
        let things = things.iter().enumerate();
        things
            .map(|(number, thing)| (thing, place(number)))
            .collect()
    }

    /// The identity of the workflow.
    fn check_head(&mut self) {
        let workflow = self.workflow;
        if let Err(message) = names::check_id(&workflow.id) {
            self.error(WORKFLOW_ID, "/id", message);
        }
        if let Err(message) = names::check_version(&workflow.version) {
            self.error(WORKFLOW_VERSION, "/version", message);
        }
    }

    fn surroundings(&mut self) -> Option<Surroundings> {
        let parameters = self.pack.parameters.iter();
        let parameters = parameters.map(|(name, p)| (name.as_str(), &p.schema, &p.value));
        match self.pack.calendar() {
            Ok(calendar) => Some(Surroundings::new(parameters, calendar)),
            Err(error) => {
                self.error(WORKFLOW_CALENDAR, "", error.message);
                None
            }
        }
    }

    fn lower_delays(&mut self) {
        for (name, text) in &self.workflow.delays {
            let pointer = format!("/delays/{}", escape(name));
            let index = self.delay_text(text, &pointer);
            self.delays.insert(name.clone(), index);
        }
    }

    fn build(&mut self, root: StateNode) -> Option<Chart> {
        match Chart::build(root) {
            Ok(chart) => Some(chart),
            Err(errors) => {
                for error in errors {
                    self.report_build_error(&error);
                }
                None
            }
        }
    }

    /// What [`Chart::build`] finds has mostly been found before, with a better place.
    fn report_build_error(&mut self, error: &BuildError) {
        use casewright_chart::build::BuildErrorKind;
        let told = match error.kind {
            BuildErrorKind::UnknownTarget(_) => STATE_UNKNOWN,
            BuildErrorKind::DuplicateId => STATE_DUPLICATE,
            _ => STATE_SHAPE,
        };
        let before = told != STATE_SHAPE
            && self
                .diagnostics
                .iter()
                .any(|diagnostic| diagnostic.code == told);
        if !before {
            let pointer = self.names.pointer(&error.state).to_owned();
            self.error(told, &pointer, error.to_string());
        }
    }

    fn flatten_refusals(&self, chart: &Chart) -> Vec<Option<file::Text>> {
        let mut used: BTreeMap<usize, usize> = BTreeMap::new();
        let refusal = |source: casewright_chart::StateIndex, number: usize| {
            let texts = self.refusals.get(&chart.state(source).id)?;
            texts.get(number)?.clone()
        };
        chart
            .transitions()
            .map(|(_, transition)| {
                let number = used.entry(transition.source.get()).or_default();
                *number += 1;
                refusal(transition.source, *number - 1)
            })
            .collect()
    }

    /// Gives an expression its number.
    fn push(&mut self, expression: Expression) -> ExpressionIndex {
        let index = ExpressionIndex(self.expressions.len() as u32);
        self.expressions.push(expression);
        index
    }

    /// Gives a decision its number, the same each time.
    fn decision(&mut self, plugin: &str, function: &str) -> DecisionIndex {
        let decision = Decision {
            plugin: plugin.into(),
            function: function.into(),
        };
        let known = self.decisions.iter().position(|other| *other == decision);
        let position = known.unwrap_or_else(|| {
            self.decisions.push(decision);
            self.decisions.len() - 1
        });
        DecisionIndex(position as u32)
    }

    fn check_role(&mut self, role: &str, pointer: &str) {
        if role != crate::definition::ANYONE && !self.pack.roles.contains_key(role) {
            let roles = self.pack.roles.keys().map(String::as_str);
            let error = Diagnostic::error(ROLE_UNKNOWN, format!("no role is called `{role}`"))
                .with_pointer(pointer)
                .with_suggestion(role, roles);
            self.report(error);
        }
    }

    fn root(&mut self) -> StateNode {
        let workflow = self.workflow;
        let mut root = StateNode::new(workflow.id.as_str(), casewright_chart::StateKind::Compound);
        let here = states::Place::root(&workflow.id);
        root.initial = self.initial(workflow.initial.as_ref(), &here);
        self.on(&workflow.on, &here, &mut root);
        self.invokes(&workflow.invoke, &here, &mut root);
        root.entry = self.blocks(&workflow.entry, "/entry");
        root.exit = self.blocks(&workflow.exit, "/exit");
        root.children = self.children(&workflow.states, &here);
        root
    }

    fn blocks(&mut self, actions: &file::OneOrMany<file::Action>, pointer: &str) -> Vec<Block> {
        match actions.is_empty() {
            true => Vec::new(),
            false => {
                let scope = expressions::Names::default();
                vec![self.block(actions, pointer, &scope)]
            }
        }
    }
}

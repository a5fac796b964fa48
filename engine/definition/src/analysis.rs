//! What a workflow means as a whole: states that nothing leads to, waits without an end, cases that can
//! never finish.
//!
//! Lowering judges each line; this judges the chart that came of it. What it says is mostly a warning:
//! such a workflow runs, but probably not as its author means.
//!
//! - `reach` finds what can be entered and taken; `states` and `transitions` tell of the rest;
//! - `guards` proves what guards exclude and imply;
//! - `data` finds fields that nothing writes, `writes` those that are read too early, `texts` missing
//!   translations;
//! - `soundness` explores the configurations of the `skeleton` of the chart, with guards as an
//!   `oracle` gives them: from each, can the case still end? `endless` tells of the steps that cannot,
//!   `walk` goes one way through them again.

mod constant;
mod data;
mod endless;
mod guards;
mod oracle;
mod reach;
mod skeleton;
mod soundness;
mod states;
mod texts;
mod transitions;
mod walk;
mod writes;

use std::collections::BTreeSet;
use std::sync::Arc;

use casewright_chart::{Chart, ExpressionIndex, State, StateIndex, StateKind, TransitionIndex};
use indexmap::IndexMap;

use crate::definition::Definition;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Document, Span};
use reach::Reach;
pub use soundness::{MAX_CONFIGURATIONS, MAX_EFFORT, Soundness, soundness};
pub use walk::{Walk, WalkError};

/// No transition leads to a state.
pub const STATE_UNREACHABLE: Code = Code("state-unreachable");
/// A state is not final, and no transition leads on from it.
pub const STATE_DEAD_END: Code = Code("state-dead-end");
/// A state waits for people without a deadline.
pub const STATE_NO_DEADLINE: Code = Code("state-no-deadline");
/// A transition that an earlier one always comes before.
pub const TRANSITION_SHADOWED: Code = Code("transition-shadowed");
/// Eventless transitions without a guard that lead round for ever.
pub const TRANSITION_ENDLESS: Code = Code("transition-endless");
/// A guard that always holds, or never.
pub const GUARD_CONSTANT: Code = Code("guard-constant");
/// Two guards of one state and event that may both hold.
pub const GUARDS_OVERLAP: Code = Code("guards-overlap");
/// A field of the case data is read, and nothing ever writes it.
pub const FIELD_NEVER_WRITTEN: Code = Code("field-never-written");
/// A field of the case data is read where nothing can have written it.
pub const FIELD_NOT_YET_WRITTEN: Code = Code("field-not-yet-written");
/// A text lacks a language that the others have.
pub const TEXT_LANGUAGE: Code = Code("text-language");
/// A case can come to where it can never end.
pub const SOUNDNESS: Code = Code("soundness");

/// How people go the way there themselves.
const COUNTEREXAMPLES: &str = "`casewright check --counterexamples DIR` writes that as a scenario";

/// Every kind of finding that the analysis makes.
pub const CODES: &[Code] = &[
    STATE_UNREACHABLE,
    STATE_DEAD_END,
    STATE_NO_DEADLINE,
    TRANSITION_SHADOWED,
    TRANSITION_ENDLESS,
    GUARD_CONSTANT,
    GUARDS_OVERLAP,
    FIELD_NEVER_WRITTEN,
    FIELD_NOT_YET_WRITTEN,
    TEXT_LANGUAGE,
    SOUNDNESS,
];

/// Where the parts of a definition stand in its file, as JSON pointers. Lowering notes it on its way.
#[derive(Debug, Default)]
pub(crate) struct Places {
    /// By the id of a state, its own place.
    pub(crate) states: IndexMap<Arc<str>, String>,
    /// By the id of a state, the places of its transitions.
    pub(crate) transitions: IndexMap<Arc<str>, Vec<String>>,
    /// The states that say why they have no deadline.
    pub(crate) without_deadline: BTreeSet<Arc<str>>,
    /// The guards inside `if` actions, each with its place.
    pub(crate) branches: Vec<(ExpressionIndex, String)>,
    /// Where expressions read the case data.
    pub(crate) reads: Vec<DataRead>,
}

impl Places {
    /// The place of a transition; the whole file when it is not known.
    pub(crate) fn of_transition(&self, chart: &Chart, index: TransitionIndex) -> &str {
        let source = chart.state(chart.transition(index).source);
        let position = source.transitions.iter().position(|other| *other == index);
        let places = self.transitions.get(&source.id);
        let place = places
            .zip(position)
            .and_then(|(places, position)| places.get(position));
        place.map_or("", String::as_str)
    }
}

/// One place where an expression reads the case data.
#[derive(Debug)]
pub(crate) struct DataRead {
    /// The field.
    pub(crate) field: String,
    /// The expression's place.
    pub(crate) pointer: String,
    /// Whether the expression asks with `has` whether the field is there.
    pub(crate) tested: bool,
    /// The field's name in the text, when its place is known.
    pub(crate) span: Option<Span>,
}

/// What is wrong with a definition as a whole.
pub(crate) fn findings(
    definition: &Definition,
    places: &Places,
    document: Option<&Document>,
) -> Vec<Diagnostic> {
    let mut analysis = Analysis {
        definition,
        chart: &definition.chart,
        places,
        reach: Reach::of(definition),
        diagnostics: Vec::new(),
    };
    analysis.states();
    analysis.transitions();
    analysis.guards();
    analysis.data();
    analysis.writes();
    if let Some(document) = document {
        analysis.diagnostics.extend(texts::findings(document));
    }
    analysis.soundness();
    analysis.diagnostics
}

struct Analysis<'a> {
    definition: &'a Definition,
    chart: &'a Chart,
    places: &'a Places,
    reach: Reach,
    diagnostics: Vec<Diagnostic>,
}

impl Analysis<'_> {
    fn warn(&mut self, code: Code, pointer: &str, message: String, hint: &str) {
        let warning = Diagnostic::warning(code, message)
            .with_pointer(pointer)
            .with_hint(hint);
        self.diagnostics.push(warning);
    }

    fn pointer_of_state(&self, id: &str) -> String {
        self.places.states.get(id).cloned().unwrap_or_default()
    }

    fn pointer_of(&self, index: TransitionIndex) -> String {
        self.places.of_transition(self.chart, index).to_owned()
    }

    fn soundness(&mut self) {
        let (soundness, rounds) = soundness::explored(self.definition);
        self.endless(&rounds);
        let found = match soundness {
            Soundness::Sound { .. } => return,
            Soundness::Unknown { limit } => {
                let message = format!(
                    "whether every case can end is not known: the search went beyond its limit `{limit}`"
                );
                Diagnostic::note(SOUNDNESS, message).with_pointer("/states")
            }
            Soundness::Unsound { path, active, .. } => {
                // One that is told already says the same, and better.
                let told = |id: &Arc<str>| {
                    let pointer = self.pointer_of_state(id);
                    let mut found = self.diagnostics.iter();
                    found.any(|found| {
                        found.code == STATE_DEAD_END && found.pointer.as_deref() == Some(&*pointer)
                    })
                };
                if active.iter().any(told) {
                    return;
                }
                self.unsound(&path, &active)
            }
        };
        self.diagnostics.push(found);
    }

    fn unsound(&self, path: &[Arc<str>], active: &[Arc<str>]) -> Diagnostic {
        let list = |names: &[Arc<str>]| {
            let names = names.iter().map(|name| format!("`{name}`"));
            names.collect::<Vec<_>>().join(", ")
        };
        let is_end = |(index, state): (StateIndex, &State)| {
            let at_top = state.parent == Some(StateIndex::ROOT);
            at_top && state.kind == StateKind::Final && self.reach.state(index)
        };
        if !self.chart.states().any(is_end) {
            let hint = "a case ends in a state of `type: final` at the top";
            return Diagnostic::warning(SOUNDNESS, "no case can ever end")
                .with_pointer("/states")
                .with_hint(hint);
        }
        let message = format!("a case that has come to {} can never end", list(active));
        let pointer = active.first().map(|id| self.pointer_of_state(id));
        Diagnostic::warning(SOUNDNESS, message)
            .with_pointer(pointer.unwrap_or_default())
            .with_hint(match path {
                [] => format!("it may begin there; {COUNTEREXAMPLES}"),
                path => format!("it comes there by {}; {COUNTEREXAMPLES}", list(path)),
            })
    }
}

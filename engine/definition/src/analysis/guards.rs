//! Guards that can never hold, always hold, or say what an earlier one says as well.
//!
//! A guard is a formula of questions about terms: `data.amount > 5` asks one about `data.amount`. What
//! is asked of a term in all guards at hand divides its values into a few regions - numbers below 5, 5
//! itself, numbers above, texts, missing - and each question has one answer, or fails, on all of a region.
//! So a formula is a finite table, and what is said here is proven. What is no such question is a
//! term of its own that is true, false, or fails; the same text is the same term.
//!
//! Terms are taken apart from each other, so more is taken to be possible than is: what is called impossible
//! is, as is what is called a consequence.

mod formula;
mod region;
mod solve;

use std::collections::BTreeMap;

use casewright_chart::{ExpressionIndex, TransitionIndex};

use super::Analysis;
use super::constant::constant;
use super::reach::{covers, shadow};
use super::{GUARD_CONSTANT, GUARDS_OVERLAP, TRANSITION_SHADOWED};
use crate::definition::Definition;
use crate::diagnostic::Diagnostic;
use crate::expression::types::{Field, Kind, Schemas, Type, Variables};
use crate::expression::{Expression, Program};
use crate::file;
use formula::Formula;
use solve::{Problem, possible};

/// How the events begin that the engine itself sends, whose data no schema describes.
const EVENTS_OF_THE_ENGINE: [&str; 3] = ["done.", "error.", "after."];

impl Analysis<'_> {
    /// Judges every guard alone, and those of one state against each other.
    pub(super) fn guards(&mut self) {
        let data = self.data_type();
        let chart = self.chart;
        for (index, transition) in chart.transitions() {
            let Some(guard) = program(self.definition, transition.guard) else {
                continue;
            };
            let variables = self.variables(&data, index);
            let pointer = format!("{}/guard", self.pointer_of(index));
            let judged = self.alone(transition.guard, guard, &variables, &pointer);
            if judged && shadow(self.definition, index).is_none() {
                self.beside(index, guard, &variables);
            }
        }
        let branches: Vec<(ExpressionIndex, String)> = self.places.branches.clone();
        let variables = Variables::from([("data".to_owned(), data)]);
        for (guard, pointer) in branches {
            if let Some(program) = program(self.definition, Some(guard)) {
                self.alone(Some(guard), program, &variables, &pointer);
            }
        }
    }

    /// Says of a guard that it always or never holds; whether it may do either.
    fn alone(
        &mut self,
        number: Option<ExpressionIndex>,
        guard: &Program,
        variables: &Variables,
        pointer: &str,
    ) -> bool {
        let constant = number.and_then(|guard| constant(self.definition, guard));
        let formula = Formula::of(guard);
        let problem = Problem::new([&formula], variables);
        let never = possible(&problem, &[(&formula, true)]) == Some(false);
        let always = possible(&problem, &[(&formula, false)]) == Some(false);
        if constant.is_none() && (never || always) {
            let (how, hint) = match never {
                true => (
                    "never",
                    "its conditions contradict each other, or the schemas of what it reads",
                ),
                false => ("always", "it leaves nothing out that the schemas allow"),
            };
            self.warn(
                GUARD_CONSTANT,
                pointer,
                format!("the guard {how} holds"),
                hint,
            );
        }
        constant.is_none() && !never && !always
    }

    /// Compares the guard of a transition with those before it in its state that take its events.
    fn beside(&mut self, index: TransitionIndex, guard: &Program, variables: &Variables) {
        let transition = self.chart.transition(index);
        let state = self.chart.state(transition.source);
        let earlier = state
            .transitions
            .iter()
            .take_while(|other| **other != index);
        let earlier: Vec<(TransitionIndex, &Program)> = earlier
            .filter(|other| {
                let other = self.chart.transition(**other);
                covers(&other.descriptors, &transition.descriptors)
            })
            .filter_map(|other| {
                let guard = self.chart.transition(*other).guard;
                Some((*other, program(self.definition, guard)?))
            })
            .collect();
        let later = Formula::of(guard);
        let formulas: Vec<Formula> = earlier
            .iter()
            .map(|(_, guard)| Formula::of(guard))
            .collect();
        let problem = Problem::new(formulas.iter().chain([&later]), variables);
        let pointer = self.pointer_of(index);
        let mut asked = vec![(&later, true)];
        asked.extend(formulas.iter().map(|formula| (formula, false)));
        if !earlier.is_empty() && possible(&problem, &asked) == Some(false) {
            let alone = formulas.iter().position(|formula| {
                possible(&problem, &[(&later, true), (formula, false)]) == Some(false)
            });
            let who = match alone.and_then(|number| earlier.get(number)) {
                Some((other, _)) => format!("the transition at `{}` is", self.pointer_of(*other)),
                None => "one of those before it is".to_owned(),
            };
            let message = format!("whenever the guard holds, {who} taken before this one");
            let hint = "put the narrower guard first, or make the guards exclude each other";
            self.warn(TRANSITION_SHADOWED, &pointer, message, hint);
            return;
        }
        for ((other, _), formula) in earlier.iter().zip(&formulas) {
            self.overlap((*other, formula), (index, &later), &problem);
        }
    }

    /// Notes that two guards may both hold, when neither is a case of the other.
    fn overlap(
        &mut self,
        (earlier, one): (TransitionIndex, &Formula),
        (later, other): (TransitionIndex, &Formula),
        problem: &Problem<'_>,
    ) {
        let (first, second) = (self.chart.transition(earlier), self.chart.transition(later));
        let apart = possible(problem, &[(one, true), (other, false)]) == Some(true);
        if first.targets == second.targets || !apart || !solve::both(problem, one, other) {
            return;
        }
        let message = format!(
            "this guard and that of the transition at `{}` may hold at once, and the earlier one is taken",
            self.pointer_of(earlier)
        );
        let note = Diagnostic::note(GUARDS_OVERLAP, message)
            .with_pointer(format!("{}/guard", self.pointer_of(later)))
            .with_hint("let the guards exclude each other when the order is not meant");
        self.diagnostics.push(note);
    }

    /// The case data as guards see it: a field may be missing unless it has a default.
    fn data_type(&self) -> Type {
        let bundle = &self.definition.bundle;
        let schema = &bundle.workflow.data;
        let mut data = Schemas::new(&bundle.pack.types).json(schema, schema);
        data.kinds = Kind::Map.into();
        if let Some(object) = &mut data.object {
            let object = std::sync::Arc::make_mut(object);
            let defaults = self.definition.defaults.as_map();
            for (name, field) in &mut object.fields {
                field.required = defaults.is_some_and(|map| map.contains_key(name.as_str()));
            }
        }
        data
    }

    /// What the variables are where a transition is selected.
    fn variables(&self, data: &Type, index: TransitionIndex) -> Variables {
        let descriptors = &self.chart.transition(index).descriptors;
        let types = file::Types::default();
        let events = self.definition.events.iter();
        let events = events.filter(|(name, _)| descriptors.iter().any(|one| one.matches(name)));
        let carried = events.map(|(_, event)| {
            let schema = event.input.json();
            Schemas::new(&types).json(schema, schema)
        });
        let mut variables = Variables::from([("data".to_owned(), data.clone())]);
        let carried = carried.reduce(|one, other| one.union(&other));
        let declared = descriptors.iter().all(|descriptor| {
            let mut events = self.definition.events.keys();
            let mut names = EVENTS_OF_THE_ENGINE.iter();
            events.any(|name| descriptor.matches(name))
                && !names.any(|name| descriptor.matches(name))
        });
        let described = declared && !self.is_own(descriptors);
        if let (true, Some(carried)) = (described, carried) {
            let data = Field {
                value: carried,
                required: true,
            };
            let event = Type::object(BTreeMap::from([("data".to_owned(), data)]));
            variables.insert("event".to_owned(), event);
        }
        variables
    }

    /// Whether the workflow itself raises an event that one of the descriptors matches: what that
    /// carries nobody checks.
    fn is_own(&self, descriptors: &[casewright_chart::Descriptor]) -> bool {
        let mut own = false;
        super::reach::visit(self.chart, &mut |action| {
            use casewright_chart::{Action, Send};
            let (Action::Raise { event, .. } | Action::Send(Send { event, .. })) = action else {
                return;
            };
            let names = super::reach::names(self.chart, event);
            let mut names = names.iter();
            own |= names.any(|name| descriptors.iter().any(|d| d.matches(name)));
        });
        own || self.definition.bundle.workflow.open_events
    }
}

fn program(definition: &Definition, guard: Option<ExpressionIndex>) -> Option<&Program> {
    match definition.expressions.get(guard?.0 as usize)? {
        Expression::Program(program) => Some(program),
        _ => None,
    }
}

#[cfg(test)]
mod tests;

//! Fields of the case data that are read where nothing can have written them yet.
//!
//! For every place that writes a field, this finds the states that may be active at any time after it:
//! more than really may be, so that what lies outside them certainly comes before. A place that no write
//! of a field can have come before reads what is not there.

use std::collections::{BTreeMap, BTreeSet};

use casewright_chart::{Action, Block, StateIndex, StateKind, TransitionIndex};

use super::{Analysis, DataRead, FIELD_NOT_YET_WRITTEN, reach};
use crate::diagnostic::Diagnostic;
use crate::expression::Expression;

/// A part of the chart whose actions run together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The guard of a transition.
    Guard(TransitionIndex),
    /// The actions of a transition.
    Actions(TransitionIndex),
    /// What a state does on entry or exit, and what it gives at its end.
    State(StateIndex),
}

impl Analysis<'_> {
    /// Warns of every field that is read too early, once for each place.
    pub(super) fn writes(&mut self) {
        let Some(writers) = self.writers() else {
            return;
        };
        let after: BTreeMap<&String, Vec<(Place, BTreeSet<StateIndex>)>> = writers
            .iter()
            .map(|(field, places)| {
                let after = places.iter().map(|place| (*place, self.after(*place)));
                (field, after.collect())
            })
            .collect();
        let mut told = BTreeSet::new();
        for read in &self.places.reads {
            let (Some(after), Some(place)) = (after.get(&read.field), self.place(&read.pointer))
            else {
                continue;
            };
            let source = self.source(place);
            let may_be_written = after
                .iter()
                .any(|(writer, states)| *writer == place || states.contains(&source));
            if may_be_written
                || !self.is_reached(place)
                || self.is_asked_about(read, place)
                || !told.insert((&read.field, &read.pointer))
            {
                continue;
            }
            let brings = |writer: &Place| matches!((writer, place), (Place::Actions(one), Place::Guard(other)) if *one == other);
            let hint = match after.iter().any(|(writer, _)| brings(writer)) {
                true => format!(
                    "what the event brings is stored after its guard: it is `event.data.{}`",
                    read.field
                ),
                false => format!(
                    "let the start bring it, or ask `has(data.{})` first",
                    read.field
                ),
            };
            let message = format!("nothing can have written `data.{}` yet", read.field);
            let warning = Diagnostic::warning(FIELD_NOT_YET_WRITTEN, message)
                .with_pointer(&*read.pointer)
                .with_hint(hint);
            self.diagnostics.push(match read.span {
                Some(span) => warning.with_span(span),
                None => warning,
            });
        }
    }

    /// The places that write each field, of those fields that a case does not start with; none when
    /// something may write any field.
    fn writers(&self) -> Option<BTreeMap<String, Vec<Place>>> {
        let mut writers: BTreeMap<String, Vec<Place>> = BTreeMap::new();
        for (index, state) in self.chart.states() {
            let initial = state.initial.iter().map(|initial| &initial.content);
            let finalize = state.invokes.iter().map(|invoke| &invoke.finalize);
            let blocks = state.entry.iter().chain(&state.exit).chain(initial);
            for block in blocks.chain(finalize) {
                self.note_writes(block, Place::State(index), &mut writers)?;
            }
        }
        for (index, transition) in self.chart.transitions() {
            self.note_writes(&transition.content, Place::Actions(index), &mut writers)?;
        }
        let definition = self.definition;
        let defaults = definition.defaults.as_map().into_iter();
        let defaults = defaults.flat_map(|map| map.keys());
        for field in defaults.chain(&definition.start.stored) {
            writers.remove(&**field);
        }
        Some(writers)
    }

    fn note_writes(
        &self,
        block: &Block,
        place: Place,
        writers: &mut BTreeMap<String, Vec<Place>>,
    ) -> Option<()> {
        let mut fields: Vec<String> = Vec::new();
        for action in block {
            match action {
                Action::Assign { location, .. } | Action::Decide { location, .. } => {
                    fields.push(location.first()?.to_string());
                }
                Action::Send(send) => {
                    if let Some(location) = &send.id_location {
                        fields.push(location.first()?.to_string());
                    }
                }
                Action::Merge { value } => {
                    let value = self.definition.expressions.get(value.0 as usize);
                    let Some(Expression::EventFields(events)) = value else {
                        return None;
                    };
                    let stored = events.iter().flat_map(|(_, fields)| fields);
                    fields.extend(stored.map(|field| field.to_string()));
                }
                Action::If {
                    branches,
                    otherwise,
                } => {
                    let bodies = branches.iter().map(|branch| &branch.body);
                    for body in bodies.chain([otherwise]) {
                        self.note_writes(body, place, writers)?;
                    }
                }
                Action::ForEach { body, .. } | Action::Block(body) => {
                    self.note_writes(body, place, writers)?;
                }
                _ => {}
            }
        }
        for field in fields {
            writers.entry(field).or_default().push(place);
        }
        Some(())
    }

    /// The state whose being active a place belongs to.
    fn source(&self, place: Place) -> StateIndex {
        match place {
            Place::Guard(index) | Place::Actions(index) => self.chart.transition(index).source,
            Place::State(state) => state,
        }
    }

    fn is_reached(&self, place: Place) -> bool {
        match place {
            Place::Guard(index) | Place::Actions(index) => self.reach.transition(index),
            Place::State(state) => self.reach.state(state),
        }
    }

    /// Every state that may be active once a place has been gone through.
    pub(super) fn after(&self, place: Place) -> BTreeSet<StateIndex> {
        let mut states = BTreeSet::new();
        let source = self.source(place);
        match place {
            Place::Actions(index) if !self.chart.transition(index).targets.is_empty() => {
                for target in &self.chart.transition(index).targets {
                    self.enter(*target, &mut states);
                }
            }
            // Where a history state leads when there is nothing to remember.
            Place::State(history) if self.chart.is_history(history) => {
                self.enter(history, &mut states);
            }
            _ => self.add_with(source, &mut states),
        }
        // What else is active may stay so.
        let others = self.chart.states().map(|(index, _)| index);
        states.extend(others.filter(|other| self.is_beside(*other, source)));
        loop {
            let before = states.len();
            for (index, transition) in self.chart.transitions() {
                if self.reach.transition(index) && states.contains(&transition.source) {
                    for target in &transition.targets {
                        self.enter(*target, &mut states);
                    }
                }
            }
            if states.len() == before {
                return states;
            }
        }
    }

    /// A state, those around it and those inside it.
    fn add_with(&self, state: StateIndex, states: &mut BTreeSet<StateIndex>) {
        let all = self.chart.states().map(|(index, _)| index);
        let lineage = all.filter(|other| {
            *other == state
                || self.chart.is_descendant(*other, state)
                || self.chart.is_descendant(state, *other)
        });
        states.extend(lineage);
    }

    /// What may be entered with a target: it and all inside it, and the regions of parallel states around
    /// it. Of a history state, all that it may remember.
    fn enter(&self, target: StateIndex, states: &mut BTreeSet<StateIndex>) {
        let parent = self.chart.state(target).parent;
        let entered = match parent.filter(|_| self.chart.is_history(target)) {
            Some(parent) => parent,
            None => target,
        };
        if !states.contains(&entered) || self.chart.is_history(target) {
            self.add_with(entered, states);
            let around = self.chart.proper_ancestors(entered, None);
            for parallel in
                around.filter(|state| self.chart.state(*state).kind == StateKind::Parallel)
            {
                let all = self.chart.states().map(|(index, _)| index);
                states.extend(all.filter(|state| self.chart.is_descendant(*state, parallel)));
            }
            let inside: Vec<StateIndex> = self
                .chart
                .state(target)
                .initial
                .iter()
                .flat_map(|initial| initial.targets.clone())
                .filter(|_| self.chart.is_history(target))
                .collect();
            inside
                .into_iter()
                .for_each(|state| self.enter(state, states));
        }
    }

    /// Whether two states stand in different regions of a parallel state.
    fn is_beside(&self, one: StateIndex, other: StateIndex) -> bool {
        let related = one == other
            || self.chart.is_descendant(one, other)
            || self.chart.is_descendant(other, one);
        !related && reach::together(self.chart, one, other)
    }

    /// Where in the chart an expression of the file stands; none for what may be anywhere.
    fn place(&self, pointer: &str) -> Option<Place> {
        let inside = |place: &str| {
            let rest = pointer.strip_prefix(place)?;
            (rest.is_empty() || rest.starts_with('/')).then_some(rest)
        };
        for (index, _) in self.chart.transitions() {
            if let Some(rest) = inside(&self.pointer_of(index)) {
                return Some(match rest.starts_with("/guard") {
                    true => Place::Guard(index),
                    false => Place::Actions(index),
                });
            }
        }
        let states = self.places.states.iter();
        let states = states.filter(|(_, place)| inside(place).is_some());
        let (id, _) = states.max_by_key(|(_, place)| place.len())?;
        self.chart.state_index(id).map(Place::State)
    }

    /// Whether `has` asks about a field in the same place, or in the guard before it.
    fn is_asked_about(&self, read: &DataRead, place: Place) -> bool {
        let source = self.source(place);
        let mut others = self.places.reads.iter();
        others.any(|other| {
            other.tested
                && other.field == read.field
                && self.place(&other.pointer).map(|place| self.source(place)) == Some(source)
        })
    }
}

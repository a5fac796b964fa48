//! What an actor may do next.

use std::sync::Arc;

use casewright_chart::{Event, Value};
use casewright_definition::{Definition, Evaluator, Signature};

use crate::actor::Actor;
use crate::case::Case;
use crate::command::{Setting, is_permitted, listening};

/// An event that an active state takes.
#[derive(Clone, Copy, Debug)]
pub struct Possible<'a> {
    /// Its name.
    pub event: &'a Arc<str>,
    /// Who may send it, and what it carries.
    pub signature: &'a Signature,
    /// Whether the actor has a role for it.
    pub permitted: bool,
    /// Whether no guard can hold, whatever the event carries.
    pub blocked: bool,
}

impl Possible<'_> {
    /// Whether the actor may send it now, if what it carries is right.
    pub fn is_open(&self) -> bool {
        self.permitted && !self.blocked
    }
}

/// The events that the active states of a case take, in the order in which the workflow declares
/// them.
pub fn possible<'a>(setting: Setting<'a>, case: &Case, actor: &Actor) -> Vec<Possible<'a>> {
    let definition = setting.definition;
    if case.is_done() || !definition.chart.is_legal(&case.snapshot.configuration) {
        return Vec::new();
    }
    let circumstances = case.circumstances(actor);
    let evaluator = Evaluator {
        definition,
        circumstances: &circumstances,
        decide: setting.decide,
    };
    let events = definition.events.iter();
    let possible = events.filter_map(|(event, signature)| {
        let mut guards = guards(definition, case, event).peekable();
        guards.peek()?;
        let nothing = Event::external(event.clone(), Value::Null);
        let scope = case.scope(definition, Some(&nothing), setting.now);
        let open = guards.any(|guard| guard.is_none_or(|guard| evaluator.may_hold(guard, &scope)));
        Some(Possible {
            event,
            signature,
            permitted: is_permitted(signature, actor),
            blocked: !open,
        })
    });
    possible.collect()
}

type Guard = Option<casewright_chart::ExpressionIndex>;

/// The guards of the transitions that take an event.
fn guards<'a>(
    definition: &'a Definition,
    case: &'a Case,
    event: &'a str,
) -> impl Iterator<Item = Guard> + 'a {
    let transitions = listening(definition, case).flat_map(|state| &state.transitions);
    transitions.filter_map(move |index| {
        let transition = definition.chart.transition(*index);
        let takes = transition.descriptors.iter().any(|d| d.matches(event));
        takes.then_some(transition.guard)
    })
}

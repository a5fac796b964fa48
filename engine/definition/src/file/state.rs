//! States and transitions as they are written.

use std::borrow::Cow;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};

use super::action::Action;
use super::expression::{Cel, Expression};
use super::initial::Initial;
use super::invoke::Invoke;
use super::on::On;
use super::shorthand::{OneOrMany, string_or_map};
use super::text::Text;

/// One state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct State {
    /// What people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// What it means.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
    /// Where it comes from: a section of the company's rules.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// What kind of state it is, when its other keys do not say so.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<StateType>,
    /// For a history state: whether it stands for children or for all descendants.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub history: Option<History>,
    /// For a history state: where it leads when there is no history.
    #[serde(skip_serializing_if = "OneOrMany::is_empty")]
    pub target: OneOrMany<String>,
    /// For a history state: what is done when it leads to its `target`.
    #[serde(skip_serializing_if = "OneOrMany::is_empty")]
    pub actions: OneOrMany<Action>,
    /// An id to use in place of the path of keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The child in which it starts; its first child when absent. Also `#id` for a state deeper
    /// inside, a list for several regions, or an object with `target` and `actions`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initial: Option<Initial>,
    /// Its children.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub states: IndexMap<String, State>,
    /// What it does on which event. `*` takes every event, `a.*` every event below `a`. A list of
    /// transitions, each with its `event`, says in which order they are tried.
    #[serde(skip_serializing_if = "On::is_empty")]
    pub on: On,
    /// What it does after a delay in it: a name of `delays`, an ISO 8601 duration (`PT4H`), or a
    /// number of milliseconds.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub after: IndexMap<String, Transitions>,
    /// What it does without an event, as soon as a guard holds.
    #[serde(skip_serializing_if = "OneOrMany::is_empty")]
    pub always: OneOrMany<Transition>,
    /// What it does when it is done: a child that is final was entered, or for a parallel state one
    /// in each region.
    #[serde(skip_serializing_if = "OneOrMany::is_empty")]
    pub on_done: OneOrMany<Transition>,
    /// The services that run while it is active.
    #[serde(skip_serializing_if = "OneOrMany::is_empty")]
    pub invoke: OneOrMany<Invoke>,
    /// Why nothing need happen when people never act in it: without this, a state that waits for people
    /// and has no deadline is a warning.
    #[serde(rename = "no-deadline", skip_serializing_if = "Option::is_none")]
    pub no_deadline: Option<String>,
    /// What is done when it is entered.
    #[serde(skip_serializing_if = "OneOrMany::is_empty")]
    pub entry: OneOrMany<Action>,
    /// What is done when it is left.
    #[serde(skip_serializing_if = "OneOrMany::is_empty")]
    pub exit: OneOrMany<Action>,
    /// For a final state: what it gives to the `done` event of its parent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<Expression>,
}

/// What kind of state a state is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StateType {
    /// It has no children.
    Atomic,
    /// One of its children is active while it is.
    Compound,
    /// All of its children are active while it is.
    Parallel,
    /// Its parent is done when it is entered; at the top, the case is.
    Final,
    /// Stands for what was active when its parent was last left.
    History,
}

/// What a history state stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum History {
    /// The child that was active.
    Shallow,
    /// Everything that was active below.
    Deep,
}

/// One transition, or several in order of which the first whose guard holds is taken.
pub type Transitions = OneOrMany<Transition>;

/// One transition: a target, or an object.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Transition {
    /// Where it leads; nowhere when absent.
    #[serde(skip_serializing_if = "OneOrMany::is_empty")]
    pub target: OneOrMany<String>,
    /// When it may be taken; always when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guard: Option<Cel>,
    /// What is done.
    #[serde(skip_serializing_if = "OneOrMany::is_empty")]
    pub actions: OneOrMany<Action>,
    /// Whether the state is left and entered anew when the target lies inside it or is itself.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub reenter: bool,
    /// What people are told when the guard does not hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// What it means.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
    /// Where it comes from: a section of the company's rules.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// The long form of [`Transition`].
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct TransitionObject {
    /// Where it leads: a state beside this one (`investigating`), a path from there
    /// (`handover.data`), a child of this one (`.talks-due`), or any state by its id (`#closed`).
    /// Nowhere when absent.
    target: OneOrMany<String>,
    /// When it may be taken; always when absent.
    guard: Option<Cel>,
    /// What is done.
    actions: OneOrMany<Action>,
    /// Whether the state is left and entered anew when the target lies inside it or is itself.
    reenter: bool,
    /// What people call it, shown when its guard does not hold.
    title: Option<Text>,
    /// What it means.
    description: Option<Text>,
    /// Where it comes from: a section of the company's rules.
    source: Option<String>,
}

impl<'de> Deserialize<'de> for Transition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        string_or_map(
            deserializer,
            "the name of a state, or an object with `target`, `guard` or `actions`",
            |target| {
                Ok(Transition {
                    target: OneOrMany(vec![target]),
                    ..Transition::default()
                })
            },
            |object: TransitionObject| Transition {
                target: object.target,
                guard: object.guard,
                actions: object.actions,
                reenter: object.reenter,
                title: object.title,
                description: object.description,
                source: object.source,
            },
        )
    }
}

impl JsonSchema for Transition {
    fn schema_name() -> Cow<'static, str> {
        "Transition".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let object = generator.subschema_for::<TransitionObject>();
        json_schema!({
            "anyOf": [
                { "type": "string", "description": "The state to which it leads." },
                object,
            ],
        })
    }
}

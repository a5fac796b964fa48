//! Services as they are written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::action::Action;
use super::expression::Expression;
use super::shorthand::OneOrMany;
use super::state::Transition;
use super::text::Text;

/// A service that runs while its state is active: a function of a plugin that reaches the world. It is
/// started when the step in which the state was entered is stored, tried again when it fails, and
/// stopped when the state is left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Invoke {
    /// Its name, which no other service of the workflow has: it comes back as `done.invoke.` or
    /// `error.invoke.` and this. When absent, the id of the state, a dot and its number in the state,
    /// from 0: `syncing.0`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The plugin and its function: `crm-sync.push-account`.
    pub src: String,
    /// What it is given, worked out when it is started; an empty object when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Expression>,
    /// What is done as soon as it comes back, before any transition is looked at.
    #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
    pub finalize: OneOrMany<Action>,
    /// What the state does when it is done: `event.data` is what it gives.
    #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
    pub on_done: OneOrMany<Transition>,
    /// What the state does when it has failed for good: `event.data` has `code`, `message` and
    /// `details`. Where nothing does, an operator sees it and may let it be tried again.
    #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
    pub on_error: OneOrMany<Transition>,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// What it means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
    /// Where it comes from: a section of the company's rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

impl Invoke {
    /// Its id: its own, or else that of its state with its number in the state.
    pub fn id_in(&self, state: &str, number: usize) -> String {
        let default = || format!("{state}.{number}");
        self.id.clone().unwrap_or_else(default)
    }
}

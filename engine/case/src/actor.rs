//! Who does something to a case.

use std::sync::Arc;

use casewright_chart::Value;

/// A person, another system, or the engine itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// Who it is, as the one who vouches for it calls it.
    pub id: Arc<str>,
    /// The roles in which it acts.
    pub roles: Vec<Arc<str>>,
}

impl Actor {
    /// An actor with the given roles.
    pub fn new<'a>(id: &str, roles: impl IntoIterator<Item = &'a str>) -> Self {
        Actor {
            id: id.into(),
            roles: roles.into_iter().map(Arc::from).collect(),
        }
    }

    /// The engine, when a timer is due. It has no roles: timers are not asked for permission.
    pub fn timer() -> Self {
        Actor::new("casewright:timer", [])
    }

    /// A plugin's service, named by its function. It has no roles: a case awaits what it started.
    pub fn service(function: &str) -> Self {
        Actor::new(&format!("casewright:service:{function}"), [])
    }

    /// Whether it acts in one of the roles.
    pub fn has_any(&self, roles: &[Arc<str>]) -> bool {
        roles.iter().any(|role| self.roles.contains(role))
    }

    /// As expressions see it: an object with `id` and `roles`.
    pub fn to_value(&self) -> Value {
        let roles = self.roles.iter().map(|role| Value::String(role.clone()));
        Value::map([
            ("id", Value::String(self.id.clone())),
            ("roles", Value::list(roles)),
        ])
    }
}

//! The world that a plugin is for: what it exports tells, and what it may import follows.

use wasmparser::{Parser, Payload};

use crate::bindings;
use crate::description::{DECISION, SERVICE};
use crate::load_error::LoadFailure;
use crate::service;

/// A world of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum World {
    /// `decision` of version 0.1.0.
    PreviousDecision,
    /// `decision` of version 0.2.0.
    Decision,
    /// `service` of version 0.2.0.
    Service,
}

impl World {
    /// The world whose functions `bytes`, a component or a module, exports. What exports none is taken for the oldest, and
    /// refused for what it lacks.
    pub(crate) fn of(bytes: &[u8]) -> World {
        let exports = exports(bytes);
        let is_exported = |world: &World| {
            let [_, functions] = world.exports();
            exports.iter().any(|name| is_of(name, functions))
        };
        let worlds = [World::Service, World::Decision];
        let found = worlds.into_iter().find(is_exported);
        found.unwrap_or(World::PreviousDecision)
    }

    /// The kind of its functions.
    pub(crate) fn kind(self) -> &'static str {
        match self {
            World::PreviousDecision | World::Decision => DECISION,
            World::Service => SERVICE,
        }
    }

    /// Its full name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            World::PreviousDecision => "casewright:plugin/decision@0.1.0",
            World::Decision => "casewright:plugin/decision@0.2.0",
            World::Service => "casewright:plugin/service@0.2.0",
        }
    }

    /// The interfaces that it exports.
    pub(crate) fn exports(self) -> [&'static str; 2] {
        match self {
            World::PreviousDecision => bindings::DECISIONS[0],
            World::Decision => bindings::DECISIONS[1],
            World::Service => bindings::SERVICES,
        }
    }

    /// Whether it may import the interface `interface`; `import` is what it imports of it.
    pub(crate) fn check_import(self, interface: &str, import: &str) -> Result<(), LoadFailure> {
        let import = || import.to_owned();
        match self {
            World::Service if service::may_import(interface) => Ok(()),
            World::Service => Err(LoadFailure::ForbiddenServiceImport { import: import() }),
            _ if bindings::LOGGING.contains(&interface) => Ok(()),
            _ => Err(LoadFailure::ForbiddenImport { import: import() }),
        }
    }

    /// That something is not as this world asks for.
    pub(crate) fn lacks(self, message: String) -> LoadFailure {
        let world = self.name();
        LoadFailure::WrongWorld { world, message }
    }
}

/// Whether `name` is the interface, or a function of it as modules name them.
fn is_of(name: &str, interface: &str) -> bool {
    let rest = name.strip_prefix(interface);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('#'))
}

/// The names that the outermost component or module exports; what cannot be read ends them.
fn exports(bytes: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload {
            Ok(Payload::Version { .. }) => depth += 1,
            Ok(Payload::End(_)) => depth = depth.saturating_sub(1),
            Ok(Payload::ComponentExportSection(section)) if depth == 1 => {
                let exports = section.into_iter().map_while(Result::ok);
                names.extend(exports.map(|export| export.name.name.to_owned()));
            }
            Ok(Payload::ExportSection(section)) if depth == 1 => {
                let exports = section.into_iter().map_while(Result::ok);
                names.extend(exports.map(|export| export.name.to_owned()));
            }
            Ok(_) => {}
            Err(_) => break,
        }
    }
    names
}

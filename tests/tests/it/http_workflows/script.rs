//! The scenarios of the shipped pack, as scripts for a client.

use std::path::{Path, PathBuf};

use casewright::folder::scenarios;
use casewright::scenario::Scenario;
use casewright::scenario::expectation::Expectation;
use casewright::scenario::file::{By, File, Step};
use serde_json::Value as Json;

use super::journey::Actor;

/// One scenario.
pub(super) struct Script {
    /// The workflow.
    pub(super) workflow: String,
    /// The name of the file, without its extension.
    pub(super) name: String,
    /// What the case is opened with.
    pub(super) data: Json,
    /// The opening first, then each step.
    pub(super) lines: Vec<Line>,
}

/// The opening, or a step.
pub(super) struct Line {
    /// Who acts from now on, when somebody else does.
    pub(super) actor: Option<Actor>,
    /// Whether it lets time pass.
    pub(super) is_timed: bool,
    /// The event that is sent, and what it carries.
    pub(super) send: Option<(String, Json)>,
    /// What must hold then.
    pub(super) then: Option<Expectation>,
}

/// The shipped pack.
pub(super) fn pack() -> PathBuf {
    casewright_tests::root().join("schemas/packs/key-account")
}

/// Every scenario that needs nothing but the pack as it is shipped, in the order of their paths.
pub(super) fn shipped() -> Vec<Script> {
    let files = scenarios(&pack()).unwrap().into_iter();
    let scenarios = files.map(|(name, bytes)| {
        let read = Scenario::read(&name, bytes);
        read.unwrap_or_else(|findings| panic!("{}", findings.report()))
    });
    let plain = scenarios.filter(|scenario| {
        let given = &scenario.file().given;
        given.parameters.is_empty() && given.plugins.is_empty()
    });
    plain.map(|scenario| script(&scenario)).collect()
}

fn script(scenario: &Scenario) -> Script {
    let file = scenario.file();
    let name = Path::new(scenario.name()).file_stem().unwrap();
    let opening = Line {
        actor: Some(actor(&file.given.by, file)),
        is_timed: false,
        send: None,
        then: file.then.clone(),
    };
    let steps = file.steps.iter().map(|step| line(step, file));
    Script {
        workflow: scenario.workflow().to_owned(),
        name: name.to_str().unwrap().to_owned(),
        data: Json::Object(file.given.data.clone()),
        lines: std::iter::once(opening).chain(steps).collect(),
    }
}

fn line(step: &Step, file: &File) -> Line {
    let data = Json::Object(step.when.data.clone().unwrap_or_default());
    Line {
        actor: step.when.by.as_ref().map(|by| actor(by, file)),
        is_timed: step.when.after.is_some(),
        send: step.when.event.clone().map(|event| (event, data)),
        then: step.then.clone(),
    }
}

fn actor(by: &By, file: &File) -> Actor {
    match by {
        By::Name(name) => Actor {
            id: name.clone(),
            roles: file.given.actors[name].clone(),
        },
        By::Actor(actor) => Actor {
            id: actor.id.clone(),
            roles: actor.roles.clone(),
        },
    }
}

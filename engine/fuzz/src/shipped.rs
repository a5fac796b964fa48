//! The pack that the fuzz targets work on: the shipped one.

use std::sync::LazyLock;

use casewright_chart::{Answer, DecisionError, Value};
use casewright_definition::json::from_json;
use casewright_definition::{Checked, Decide, Decision, Files, Pack};

/// The files of the shipped pack, without its workflows.
pub(crate) const SHARED: [(&str, &[u8]); 5] = [
    (
        "pack.yaml",
        include_bytes!("../../../schemas/packs/key-account/pack.yaml"),
    ),
    (
        "roles.yaml",
        include_bytes!("../../../schemas/packs/key-account/roles.yaml"),
    ),
    (
        "parameters.yaml",
        include_bytes!("../../../schemas/packs/key-account/parameters.yaml"),
    ),
    (
        "types.yaml",
        include_bytes!("../../../schemas/packs/key-account/types.yaml"),
    ),
    (
        "calendar.yaml",
        include_bytes!("../../../schemas/packs/key-account/calendar.yaml"),
    ),
];

const WORKFLOWS: [(&str, &[u8]); 4] = [
    (
        "workflows/account-admission.yaml",
        include_bytes!("../../../schemas/packs/key-account/workflows/account-admission.yaml"),
    ),
    (
        "workflows/complaint-handling.yaml",
        include_bytes!("../../../schemas/packs/key-account/workflows/complaint-handling.yaml"),
    ),
    (
        "workflows/exit-management.yaml",
        include_bytes!("../../../schemas/packs/key-account/workflows/exit-management.yaml"),
    ),
    (
        "workflows/project-lifecycle.yaml",
        include_bytes!("../../../schemas/packs/key-account/workflows/project-lifecycle.yaml"),
    ),
];

/// The pack with its workflows, read once.
static SHIPPED: LazyLock<Checked> = LazyLock::new(|| {
    let files = SHARED.iter().chain(&WORKFLOWS);
    let files: Files = files
        .map(|(path, bytes)| ((*path).to_owned(), bytes.to_vec()))
        .collect();
    Pack::check(&files, str::to_owned, None)
});

/// The shipped pack, with its workflows.
pub(crate) fn shipped() -> &'static Checked {
    &SHIPPED
}

/// What the workflows of the shipped pack share.
pub(crate) fn shared() -> &'static Pack {
    SHIPPED.pack.as_ref().expect("the shipped pack is sound")
}

/// Plugins that always break, but for the one without which no complaint is opened.
pub(crate) struct Broken;

impl Decide for Broken {
    fn decide(&self, decision: &Decision, _: &Value) -> Result<Answer, DecisionError> {
        if &*decision.plugin == "sla-resolution" {
            let clock = serde_json::json!({ "clock": "response", "length": 4, "counted": "hours", "reason": "" });
            return Ok(Answer {
                function: format!("{}.{}", decision.plugin, decision.function).into(),
                digest: "none".into(),
                output: from_json(&serde_json::json!({ "clocks": [clock] })),
            });
        }
        Err(DecisionError {
            plugin: decision.plugin.clone(),
            function: decision.function.clone(),
            code: "trap".into(),
            limit: None,
            message: "there are no plugins here".into(),
        })
    }
}

//! Building a plugin in JavaScript.

use std::path::Path;
use std::process::Command;

use super::Built;
use super::tool::run;
use crate::cli::Failure;
use crate::folder;

/// Builds the project in a folder with the builder of its SDK, and gives its component.
pub(super) fn build(project: &Path) -> Built {
    let builder = Path::new("casewright-plugin/build.js");
    if !project.join(builder).is_file() {
        return Err(Failure(format!(
            "expected the SDK in `{}`\n\nhint: `casewright plugin new --lang js` makes a project that has it",
            project.join("casewright-plugin").display()
        )));
    }
    if !project.join("node_modules/componentize-qjs").is_dir() {
        return Err(Failure(format!(
            "`componentize-qjs` is not there\n\nhint: run `npm ci` in `{}`",
            project.display()
        )));
    }
    let scratch = tempfile::tempdir()
        .map_err(|error| Failure::new("cannot make a folder to build in", error))?;
    let out = scratch.path().join("plugin.wasm");
    let mut node = Command::new("node");
    node.current_dir(project).arg(builder).arg(&out);
    match run(
        &mut node,
        "install Node.js 20 or newer, see https://nodejs.org",
    )? {
        Some(_) => folder::read(&out).map(Some),
        None => Ok(None),
    }
}

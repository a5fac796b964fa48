//! Building a plugin in JavaScript.

use std::path::Path;
use std::process::Command;

use super::super::project::Kind;
use super::tool::run;
use super::{Built, outside};
use crate::cli::Failure;
use crate::folder;

/// Builds the project in a folder with the builder of its SDK, and gives its component.
pub(super) fn build(project: &Path, kind: Kind) -> Built {
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
    let failed = |error| Failure::new("cannot make a folder to build in", error);
    let scratch = tempfile::tempdir().map_err(failed)?;
    let out = scratch.path().join("plugin.wasm");
    let mut node = Command::new("node");
    node.current_dir(project).arg(builder).arg(&out);
    if kind == Kind::Service {
        let world = scratch.path().join("wit");
        outside::write_world(&world).map_err(failed)?;
        node.arg(world);
    }
    match run(
        &mut node,
        "install Node.js 20 or newer, see https://nodejs.org",
    )? {
        Some(_) => outside::finish(folder::read(&out)?, kind),
        None => Ok(None),
    }
}

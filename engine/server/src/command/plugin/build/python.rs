//! Building a plugin in Python.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::super::project::Kind;
use super::tool::{missed, on_path, program, run};
use super::{Built, outside};
use crate::cli::Failure;
use crate::folder;

/// The program that puts Python around a module.
const TOOL: &str = "componentize-py";
const NO_TOOL: &str = "in the folder of the project: `python3 -m venv .venv`, then `.venv/bin/pip install -r requirements.txt`";

/// The module that is built: the project's plugin, with the exports of the contract.
const ENTRY: &str = "casewright_entry";
const DECISIONS: &str = "from casewright_plugin.guest import exports_of
from plugin import plugin

Catalogue, Decisions = exports_of(plugin)
";
const SERVICES: &str = "from casewright_plugin.guest_service import exports_of
from plugin import plugin

Catalogue, Services = exports_of(plugin)
";

/// Builds the project in a folder, and gives its component.
pub(super) fn build(project: &Path, kind: Kind) -> Built {
    let contract = Path::new("casewright_plugin/wit/v0.1.0");
    if !project.join(contract).is_dir() {
        return Err(Failure(format!(
            "expected the SDK in `{}`\n\nhint: `casewright plugin new --lang python` makes a project that has it",
            project.join("casewright_plugin").display()
        )));
    }
    let tool = find(project).ok_or_else(|| missed(TOOL, NO_TOOL))?;
    let failed = |error| Failure::new("cannot make a folder to build in", error);
    let scratch = tempfile::tempdir().map_err(failed)?;
    let world = scratch.path().join("wit");
    let (entry, world, name) = match kind {
        Kind::Decision => (DECISIONS, contract, "decision"),
        Kind::Service => (SERVICES, &*world, "service"),
    };
    if kind == Kind::Service {
        outside::write_world(world).map_err(failed)?;
    }
    fs::write(scratch.path().join(format!("{ENTRY}.py")), entry).map_err(failed)?;
    let out = scratch.path().join("plugin.wasm");
    let mut command = Command::new(tool);
    command
        .current_dir(project)
        .args(["--quiet", "--wit-path"])
        .arg(world)
        .args(["--world", name, "componentize", "--stub-wasi"])
        .arg("--python-path")
        .arg(scratch.path())
        .args(["--python-path", ".", "--output"])
        .arg(&out)
        .arg(ENTRY);
    match run(&mut command, NO_TOOL)? {
        Some(_) => outside::finish(folder::read(&out)?, kind),
        None => Ok(None),
    }
}

/// In the project's own environment, in the one that is active, or on the path.
fn find(project: &Path) -> Option<PathBuf> {
    let scripts = if cfg!(windows) { "Scripts" } else { "bin" };
    let own = project.join(".venv").canonicalize().ok();
    let active = env::var_os("VIRTUAL_ENV").map(PathBuf::from);
    let environments = [own, active].into_iter().flatten();
    environments
        .map(|environment| environment.join(scripts))
        .find_map(|folder| program(&folder, TOOL))
        .or_else(|| on_path(TOOL))
}

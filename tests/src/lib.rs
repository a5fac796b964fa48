//! What the tests share: the real binary, and where the checkout lies.
//!
//! A test package gets no `CARGO_BIN_EXE_…` for the binary of another package, so [`binary`] asks
//! Cargo for it.

#![allow(
    clippy::panic,
    reason = "a test that cannot have its binary fails, and says why"
)]

pub mod server;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

/// The checkout.
pub fn root() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| {
        let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
        tests.parent().unwrap_or(tests).to_owned()
    })
}

/// Copies the shipped plugins into a folder: the shipped workflows ask all of them.
///
/// # Panics
/// They cannot be read, or the folder takes no files.
pub fn copy_shipped_plugins(folder: &Path) {
    let copied = std::fs::read_dir(root().join("plugins/dist")).and_then(|entries| {
        let files = entries.collect::<Result<Vec<_>, _>>()?;
        let paths = files.into_iter().map(|file| file.path());
        for path in paths.filter(|path| path.extension().is_some_and(|kind| kind == "wasm")) {
            std::fs::copy(&path, folder.join(path.file_name().unwrap_or_default()))?;
        }
        Ok(())
    });
    if let Err(error) = copied {
        panic!("the shipped plugins cannot be copied: {error}");
    }
}

/// The `casewright` binary: the one that `CASEWRIGHT_BIN` names, or else one built now, in the
/// profile of the tests.
///
/// # Panics
/// It cannot be built.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| match std::env::var_os("CASEWRIGHT_BIN") {
        Some(path) => PathBuf::from(path),
        None => build(),
    })
}

/// A command of the binary. All of them share what is compiled of plugins, which takes longer than most tests.
pub fn program() -> Command {
    let mut program = Command::new(binary());
    share_plugin_cache(&mut program);
    program
}

/// Has a command of the binary, or one that leads to it, keep compiled plugins where all of them do.
pub fn share_plugin_cache(command: &mut Command) {
    let folder = binary().with_file_name("plugin-cache");
    command.env("CASEWRIGHT_PLUGIN_CACHE", folder);
}

/// A command of Cargo in the checkout, by the Cargo that runs the tests.
pub fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root());
    cargo
}

fn build() -> PathBuf {
    let mut cargo = cargo();
    // The whole workspace with its tests: without them, dependencies would be built anew with other features.
    cargo.args(["build", "--workspace", "--tests", "--bin=casewright"]);
    cargo.arg("--message-format=json-render-diagnostics");
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    let output = match cargo.stderr(Stdio::inherit()).output() {
        Ok(output) if output.status.success() => output,
        Ok(output) => panic!("building the binary failed: {}", output.status),
        Err(error) => panic!("cannot run `cargo build`: {error}"),
    };
    let messages = String::from_utf8_lossy(&output.stdout);
    let Some(binary) = messages.lines().filter_map(executable).next_back() else {
        panic!("`cargo build` names no executable:\n{messages}");
    };
    binary
}

/// The path of the binary, when a message of Cargo speaks of it.
fn executable(message: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(message).ok()?;
    let target = message.get("target")?;
    if target["name"] != "casewright"
        || target["kind"][0] != "bin"
        || message["profile"]["test"] == true
    {
        return None;
    }
    let path = message.get("executable")?.as_str()?;
    Some(PathBuf::from(path))
}

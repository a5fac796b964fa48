//! Building a plugin in Rust.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use super::Built;
use super::tool::run;
use crate::cli::Failure;
use crate::folder;

const TARGET: &str = "wasm32-unknown-unknown";
const NO_CARGO: &str = "install Rust, see https://rustup.rs";

/// A line that Cargo prints about what it made.
#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    filenames: Vec<PathBuf>,
    #[serde(default)]
    manifest_path: PathBuf,
}

/// Builds the crate in a folder, and gives its module.
pub(super) fn build(project: &Path) -> Built {
    let mut cargo = cargo()?;
    cargo.current_dir(project).args([
        "build",
        "--release",
        "--target",
        TARGET,
        "--message-format=json-render-diagnostics",
    ]);
    let Some(printed) = run(&mut cargo, NO_CARGO)? else {
        return Ok(None);
    };
    let manifest = project.join("Cargo.toml").canonicalize().ok();
    let messages = printed.lines();
    let messages = messages.filter_map(|line| serde_json::from_str::<Message>(line).ok());
    let ours = messages.filter(|message| message.manifest_path.canonicalize().ok() == manifest);
    let is_module = |path: &PathBuf| {
        path.extension()
            .is_some_and(|extension| extension == "wasm")
    };
    match ours.flat_map(|message| message.filenames).find(is_module) {
        Some(path) => folder::read(&path).map(Some),
        None => Err(Failure(
            "the crate makes no WebAssembly module\n\nhint: `crate-type = [\"cdylib\", \"rlib\"]` in `[lib]` of `Cargo.toml`"
                .to_owned(),
        )),
    }
}

/// Cargo, set up for the target: with its standard library when that is there, else with a
/// distribution's compiler, which makes it from its sources.
fn cargo() -> Result<Command, Failure> {
    if library("rustc").is_some_and(|folder| folder.is_dir()) {
        return Ok(Command::new("cargo"));
    }
    let bin = Path::new("/usr/bin");
    let (Some(linker), Some(sysroot)) = (linker(bin), sysroot(bin)) else {
        return Err(no_target());
    };
    if !sysroot.join("lib/rustlib/src/rust/library/std").is_dir() || !bin.join("cargo").is_file() {
        return Err(no_target());
    }
    let mut cargo = Command::new(bin.join("cargo"));
    cargo
        .arg("-Zbuild-std=std,panic_abort")
        .env("RUSTC", bin.join("rustc"))
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
    Ok(cargo)
}

fn no_target() -> Failure {
    let found = match library("rustc") {
        Some(_) => "the compiler cannot make WebAssembly",
        None => "`rustc` is not there",
    };
    let hint = match library("rustc") {
        Some(_) => "rustup target add wasm32-unknown-unknown",
        None => NO_CARGO,
    };
    Failure(format!("{found}\n\nhint: {hint}"))
}

/// Where a compiler looks for the standard library of the target.
fn library(rustc: &str) -> Option<PathBuf> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| rustc.into());
    ask(Command::new(rustc).args(["--print", "target-libdir", "--target", TARGET]))
}

fn sysroot(bin: &Path) -> Option<PathBuf> {
    ask(Command::new(bin.join("rustc")).args(["--print", "sysroot"]))
}

fn ask(command: &mut Command) -> Option<PathBuf> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    let printed = String::from_utf8(output.stdout).ok()?;
    output
        .status
        .success()
        .then(|| PathBuf::from(printed.trim()))
}

/// `wasm-ld`, or the highest of the versioned ones that distributions install side by side.
fn linker(bin: &Path) -> Option<PathBuf> {
    let plain = bin.join("wasm-ld");
    if plain.is_file() {
        return Some(plain);
    }
    let versions = fs::read_dir(bin).ok()?.filter_map(|entry| {
        let name = entry.ok()?.file_name().into_string().ok()?;
        name.strip_prefix("wasm-ld-")?.parse::<u32>().ok()
    });
    let highest = versions.max()?;
    Some(bin.join(format!("wasm-ld-{highest}")))
}

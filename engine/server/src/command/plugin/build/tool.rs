//! Programs that build plugins: found, run, and what to do without them.

use std::env;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::cli::Failure;

/// Runs a program whose messages go to stderr. What it printed; none when it failed.
///
/// `missing` says how to get it.
pub(super) fn run(command: &mut Command, missing: &str) -> Result<Option<String>, Failure> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| match error.kind() {
            ErrorKind::NotFound => missed(&name, missing),
            _ => Failure::new(format!("cannot run `{name}`"), error),
        })?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(output.status.success().then_some(printed))
}

/// A program that is not there.
pub(super) fn missed(name: &str, hint: &str) -> Failure {
    Failure(format!("`{name}` is not there\n\nhint: {hint}"))
}

/// A program in a folder of programs, on Windows as well.
pub(super) fn program(folder: &Path, name: &str) -> Option<PathBuf> {
    let file = folder.join(format!("{name}{}", env::consts::EXE_SUFFIX));
    file.is_file().then_some(file)
}

/// A program on the path.
pub(super) fn on_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).find_map(|folder| program(&folder, name))
}

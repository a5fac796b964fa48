//! `cargo xtask generate`: what is written from the code into `schemas/`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use clap::Args;

use crate::error::TaskError;
use crate::toolchain::output;

/// Write the JSON Schemas and `openapi.json` into `schemas/`.
#[derive(Debug, Args)]
pub(crate) struct Generate {
    /// Write nothing; fail when a file is not current.
    #[arg(long)]
    check: bool,
}

/// Runs the task in the checkout at `root`.
pub(crate) fn run(root: &Path, generate: &Generate) -> Result<(), TaskError> {
    let root = root.canonicalize().map_err(TaskError::file(root))?;
    let schemas = root.join("schemas");
    if !generate.check {
        return write(&root, &schemas);
    }
    let fresh = tempfile::tempdir().map_err(TaskError::file(&std::env::temp_dir()))?;
    write(&root, fresh.path())?;
    let differences = differences(&schemas, fresh.path())?;
    match differences.is_empty() {
        true => Ok(()),
        false => Err(TaskError::NotCurrent { differences }),
    }
}

/// Lets the binary write its schemas into a folder.
fn write(root: &Path, folder: &Path) -> Result<(), TaskError> {
    let mut command = match std::env::var_os("CASEWRIGHT_BIN") {
        Some(binary) => Command::new(binary),
        None => {
            let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
            let mut run = Command::new(cargo);
            run.args(["run", "--quiet", "--package=casewright", "--"]);
            run
        }
    };
    command
        .args(["schema", "--out"])
        .arg(folder)
        .current_dir(root);
    output(&mut command).map(|_| ())
}

/// One line for each file that is missing, out of date, or no longer made.
fn differences(schemas: &Path, fresh: &Path) -> Result<Vec<String>, TaskError> {
    let committed = generated(schemas)?;
    let current = generated(fresh)?;
    let mut differences = Vec::new();
    for name in committed.union(&current) {
        let reason = match (committed.contains(name), current.contains(name)) {
            (false, _) => "is missing",
            (_, false) => "is no longer made",
            _ if read(&schemas.join(name))? != read(&fresh.join(name))? => "is not current",
            _ => continue,
        };
        differences.push(format!("  schemas/{name} {reason}"));
    }
    Ok(differences)
}

/// The names of the files in a folder that look generated. Those of packs lie in folders below it.
fn generated(folder: &Path) -> Result<BTreeSet<String>, TaskError> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(folder).map_err(TaskError::file(folder))? {
        let entry = entry.map_err(TaskError::file(folder))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".json") {
            names.insert(name);
        }
    }
    Ok(names)
}

fn read(path: &Path) -> Result<Vec<u8>, TaskError> {
    fs::read(path).map_err(TaskError::file(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_differ_is_named() {
        let committed = tempfile::tempdir().unwrap();
        let fresh = tempfile::tempdir().unwrap();
        for (folder, name, text) in [
            (&committed, "same.json", "1"),
            (&fresh, "same.json", "1"),
            (&committed, "changed.json", "1"),
            (&fresh, "changed.json", "2"),
            (&committed, "old.json", "1"),
            (&fresh, "new.json", "1"),
            (&committed, "README.md", "by hand"),
        ] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        assert_eq!(
            differences(committed.path(), fresh.path()).unwrap(),
            [
                "  schemas/changed.json is not current",
                "  schemas/new.json is missing",
                "  schemas/old.json is no longer made",
            ]
        );
    }
}

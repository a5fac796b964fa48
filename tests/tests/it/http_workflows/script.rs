//! The scenarios of the shipped pack, as scripts for a client.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

/// One scenario.
pub(super) struct Script {
    /// The workflow.
    pub(super) workflow: String,
    /// The name of the file, without its extension.
    pub(super) name: String,
    /// Its lines, the opening first.
    pub(super) lines: Vec<Json>,
}

/// The shipped pack.
pub(super) fn pack() -> PathBuf {
    casewright_tests::root().join("schemas/packs/key-account")
}

/// Every scenario, in the order of their paths.
pub(super) fn shipped() -> Vec<Script> {
    let folders = entries(&pack().join("scenarios"));
    let files = folders.iter().flat_map(|folder| entries(folder));
    files.map(|file| read(&file)).collect()
}

fn read(file: &Path) -> Script {
    let text = fs::read_to_string(file).unwrap();
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let name = |path: Option<&Path>| {
        let stem = path.and_then(Path::file_stem).unwrap();
        stem.to_str().unwrap().to_owned()
    };
    Script {
        workflow: name(file.parent()),
        name: name(Some(file)),
        lines: lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect(),
    }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

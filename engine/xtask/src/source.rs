//! One hash over everything that a plugin is built from.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::error::TaskError;

/// What every plugin is built from, in the folder `plugins`. Tests and cases are left out: they do not
/// change what is built.
const SHARED: [&str; 5] = [
    "Cargo.lock",
    "Cargo.toml",
    "sdk/rust/Cargo.toml",
    "sdk/rust/src",
    "wit",
];

/// The hash of the sources of the plugin in the folder `name`.
///
/// It covers the path and the content of each file, in the order of the paths, so that it does not
/// depend on the file system.
pub(crate) fn hash(plugins: &Path, name: &str) -> Result<String, TaskError> {
    let mut files = BTreeSet::new();
    for part in SHARED {
        collect(plugins, Path::new(part), &mut files)?;
    }
    for part in ["Cargo.toml", "src"] {
        collect(plugins, &Path::new(name).join(part), &mut files)?;
    }
    // One that has an interface of its own.
    let own = Path::new(name).join("wit");
    if plugins.join(&own).is_dir() {
        collect(plugins, &own, &mut files)?;
    }
    let mut hasher = Sha256::new();
    for file in files {
        let path = plugins.join(&file);
        let bytes = fs::read(&path).map_err(TaskError::file(&path))?;
        hasher.update(format!("{file}\0{}\0", bytes.len()));
        hasher.update(&bytes);
    }
    Ok(hexadecimal(&hasher.finalize()))
}

/// SHA-256 of `bytes`, as the host computes it for a loaded plugin.
pub(crate) fn digest(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

/// Adds the file `part`, or all files in the folder `part`, as paths with `/` from `plugins` on.
fn collect(plugins: &Path, part: &Path, files: &mut BTreeSet<String>) -> Result<(), TaskError> {
    let path = plugins.join(part);
    if !path.is_dir() {
        let names: Vec<_> = part.iter().map(|name| name.to_string_lossy()).collect();
        files.insert(names.join("/"));
        return Ok(());
    }
    for entry in fs::read_dir(&path).map_err(TaskError::file(&path))? {
        let name = entry.map_err(TaskError::file(&path))?.file_name();
        let below: PathBuf = part.join(name);
        collect(plugins, &below, files)?;
    }
    Ok(())
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A `plugins` folder with the least that can be hashed.
    fn plugins() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in [
            "Cargo.lock",
            "Cargo.toml",
            "sdk/rust/Cargo.toml",
            "sdk/rust/src/lib.rs",
            "wit/v0.1.0/plugin.wit",
            "one/Cargo.toml",
            "one/src/lib.rs",
            "one/cases/a.json",
        ] {
            write(folder.path(), file, file);
        }
        folder
    }

    fn write(folder: &Path, file: &str, content: &str) {
        let path = folder.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    #[test]
    fn changes_with_every_source() {
        let folder = plugins();
        let before = hash(folder.path(), "one").unwrap();
        for file in [
            "one/src/lib.rs",
            "one/src/new.rs",
            "sdk/rust/src/lib.rs",
            "wit/v0.1.0/plugin.wit",
        ] {
            write(folder.path(), file, "changed");
            let after = hash(folder.path(), "one").unwrap();
            assert_ne!(before, after, "{file}");
            write(folder.path(), file, file);
        }
    }

    #[test]
    fn stays_with_other_files() {
        let folder = plugins();
        let before = hash(folder.path(), "one").unwrap();
        write(folder.path(), "one/cases/a.json", "changed");
        write(folder.path(), "two/src/lib.rs", "changed");
        assert_eq!(before, hash(folder.path(), "one").unwrap());
    }

    #[test]
    fn missing_source_is_an_error_that_names_it() {
        let folder = plugins();
        let error = hash(folder.path(), "two").unwrap_err();
        assert!(error.to_string().contains("two"), "{error}");
    }
}

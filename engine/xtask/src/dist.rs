//! The folder of built plugins: components and their lock file.

use std::fs;
use std::path::Path;

use wit_component::ComponentEncoder;

use crate::error::TaskError;
use crate::guest::Guest;
use crate::lock::{Lock, LockedPlugin};
use crate::source;

/// Wraps `modules`, one for each of `guests`, into components and writes them with their lock file.
pub(crate) fn write(
    plugins: &Path,
    dist: &Path,
    guests: &[Guest],
    modules: &[Vec<u8>],
) -> Result<(), TaskError> {
    let mut locked = Vec::with_capacity(guests.len());
    for (guest, module) in guests.iter().zip(modules) {
        let component = wrap(guest, module)?;
        let path = dist.join(guest.component_file());
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(TaskError::file(folder))?;
        }
        fs::write(&path, &component).map_err(TaskError::file(&path))?;
        locked.push(LockedPlugin {
            name: guest.name.clone(),
            version: guest.version.clone(),
            file: guest.component_file(),
            sha256: source::digest(&component),
            source_sha256: source::hash(plugins, &guest.name)?,
        });
    }
    Lock::new(locked).write(dist)
}

fn wrap(guest: &Guest, module: &[u8]) -> Result<Vec<u8>, TaskError> {
    ComponentEncoder::default()
        .module(module)
        .and_then(|mut encoder| encoder.encode())
        .map_err(|error| {
            TaskError::unexpected(format!("`{}`", guest.module_file()), format!("{error:#}"))
        })
}

/// Where `dist`, `lock` and the sources of `guests` disagree: a line each, none when all is well.
pub(crate) fn differences(
    plugins: &Path,
    dist: &Path,
    guests: &[Guest],
    lock: &Lock,
) -> Result<Vec<String>, TaskError> {
    let mut differences = Vec::new();
    for locked in &lock.plugins {
        if !guests.iter().any(|guest| guest.name == locked.name) {
            differences.push(format!("`{}` is locked but has no sources", locked.name));
        }
    }
    for guest in guests {
        let name = &guest.name;
        let Some(locked) = lock.plugins.iter().find(|locked| locked.name == *name) else {
            differences.push(format!("`{name}` has sources but is not locked"));
            continue;
        };
        if locked.version != guest.version {
            let (locked, now) = (&locked.version, &guest.version);
            differences.push(format!(
                "`{name}` is locked at version {locked}, the source is {now}"
            ));
        }
        if locked.source_sha256 != source::hash(plugins, name)? {
            differences.push(format!("the sources of `{name}` have changed"));
        }
        match fs::read(dist.join(&locked.file)) {
            Ok(component) if source::digest(&component) == locked.sha256 => {}
            Ok(_) => differences.push(format!("`{}` is not the one locked", locked.file)),
            Err(error) => differences.push(format!("`{}`: {error}", locked.file)),
        }
    }
    Ok(differences)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The shipped plugins of this checkout, whose lock file is taken as it stands.
    fn shipped() -> (std::path::PathBuf, Vec<Guest>, Lock) {
        let plugins = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins");
        let guests = crate::guest::list(&plugins).unwrap();
        let lock = Lock::read(&plugins.join("dist")).unwrap();
        (plugins, guests, lock)
    }

    fn check(plugins: &Path, guests: &[Guest], lock: &Lock) -> Vec<String> {
        differences(plugins, &plugins.join("dist"), guests, lock).unwrap()
    }

    #[test]
    fn shipped_plugins_match_their_sources() {
        let (plugins, guests, lock) = shipped();
        assert_eq!(check(&plugins, &guests, &lock), [""; 0]);
        assert!(!guests.is_empty());
    }

    #[test]
    fn every_disagreement_is_told() {
        let (plugins, guests, mut lock) = shipped();
        let gone = LockedPlugin {
            name: "gone".to_owned(),
            ..lock.plugins[0].clone()
        };
        let [first, second] = [0, 1].map(|number| lock.plugins[number].clone());
        let changed = &mut lock.plugins[0];
        changed.version = "9.9.9".to_owned();
        changed.sha256.clear();
        changed.source_sha256.clear();
        lock.plugins[1].name = "other".to_owned();
        lock.plugins.push(gone);
        let (name, version) = (&first.name, &first.version);
        let expected = [
            "`other` is locked but has no sources".to_owned(),
            "`gone` is locked but has no sources".to_owned(),
            format!("`{name}` is locked at version 9.9.9, the source is {version}"),
            format!("the sources of `{name}` have changed"),
            format!("`{name}.wasm` is not the one locked"),
            format!("`{}` has sources but is not locked", second.name),
        ];
        assert_eq!(check(&plugins, &guests, &lock), expected);
    }
}

//! A plugin's file, and the plugin that a host makes of it.

use std::path::{Path, PathBuf};

use casewright_definition::Digest;
use casewright_host::{Host, LoadError, Plugin};

use super::inside::Inside;
use super::project::{Project, shown};
use crate::cli::Failure;
use crate::{folder, shipped};

/// The file of a plugin.
pub(super) struct File {
    /// As people know it: a path, or what stands for one.
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

impl File {
    /// Reads it.
    pub(super) fn read(path: &Path) -> Result<File, Failure> {
        Ok(File {
            name: shown(path).to_string(),
            bytes: folder::read(path)?,
        })
    }

    /// SHA-256 of its bytes, in lower-case hexadecimal.
    pub(super) fn digest(&self) -> String {
        Digest::of(&self.bytes).to_string()
    }

    /// What it asks for and offers; none when it cannot be read as WebAssembly.
    pub(super) fn inside(&self) -> Option<Inside> {
        Inside::read(&self.bytes)
    }

    /// What the host makes of it.
    pub(super) fn load(&self, host: &Host) -> Result<Plugin, LoadError> {
        host.load(&self.name, &self.bytes)
    }

    /// As [`File::load`], where it goes no further without.
    pub(super) fn require(&self, host: &Host) -> Result<Plugin, Failure> {
        self.load(host).map_err(|error| {
            let hint = match error.to_string().contains("hint:") {
                true => "",
                false => "\n\nhint: `casewright plugin check` says more",
            };
            Failure(format!("{error}{hint}"))
        })
    }
}

/// What was built of the project in a folder.
pub(super) fn built(folder: &Path) -> Result<File, Failure> {
    File::read(&Project::at(folder)?.built()?)
}

/// The file that is named, or else what was built in the current folder, or else the shipped ones.
pub(super) fn candidates(named: Option<&PathBuf>) -> Result<Vec<File>, Failure> {
    match named {
        Some(path) => Ok(vec![File::read(path)?]),
        None if Project::is_at(Path::new(".")) => Ok(vec![built(Path::new("."))?]),
        None => {
            let shipped = shipped::plugins().into_iter();
            Ok(shipped.map(|(name, bytes)| File { name, bytes }).collect())
        }
    }
}

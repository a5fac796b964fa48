//! The lock file beside the built plugins.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::TaskError;

/// What was built from what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lock {
    /// For whoever opens the file.
    pub(crate) comment: String,
    /// Sorted by name.
    pub(crate) plugins: Vec<LockedPlugin>,
}

/// One built plugin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LockedPlugin {
    /// The plugin's name.
    pub(crate) name: String,
    /// The plugin's version.
    pub(crate) version: String,
    /// The component's file, beside the lock file.
    pub(crate) file: String,
    /// SHA-256 of the component.
    pub(crate) sha256: String,
    /// SHA-256 over the sources that it was built from.
    pub(crate) source_sha256: String,
}

impl Lock {
    /// A lock of `plugins`.
    pub(crate) fn new(plugins: Vec<LockedPlugin>) -> Self {
        Lock {
            comment: "written by `cargo xtask plugins build`".to_owned(),
            plugins,
        }
    }

    /// Reads the lock file of the folder `dist`.
    pub(crate) fn read(dist: &Path) -> Result<Lock, TaskError> {
        let path = path(dist);
        let text = fs::read_to_string(&path).map_err(TaskError::file(&path))?;
        serde_json::from_str(&text)
            .map_err(|error| TaskError::unexpected(format!("`{}`", path.display()), error))
    }

    /// Writes the lock file of the folder `dist`.
    pub(crate) fn write(&self, dist: &Path) -> Result<(), TaskError> {
        let path = path(dist);
        let text = serde_json::to_string_pretty(self)
            .map_err(|error| TaskError::unexpected(format!("`{}`", path.display()), error))?;
        fs::write(&path, text + "\n").map_err(TaskError::file(&path))
    }
}

fn path(dist: &Path) -> PathBuf {
    dist.join("plugins.lock.json")
}

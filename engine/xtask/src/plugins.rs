//! `cargo xtask plugins`: from the sources in `plugins/` to the components in `plugins/dist/`.

use std::path::{Path, PathBuf};

use clap::Subcommand;

use crate::dist;
use crate::error::TaskError;
use crate::guest;
use crate::lock::Lock;
use crate::toolchain::Toolchain;

/// What to do with the shipped plugins.
#[derive(Debug, Subcommand)]
pub(crate) enum Task {
    /// Build all plugins from source and write components and lock file.
    ///
    /// To test freshly built components, build them with `--out DIR` and run
    /// `CASEWRIGHT_PLUGINS_DIST=DIR cargo test -p casewright-host`.
    Build {
        /// Where to write to [default: plugins/dist].
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// Check that `plugins/dist` matches the lock file, and the lock file the sources.
    Check,
}

/// Runs one task in the checkout at `root`.
pub(crate) fn run(root: &Path, task: Task) -> Result<(), TaskError> {
    let root = root.canonicalize().map_err(TaskError::file(root))?;
    let plugins = root.join("plugins");
    let dist = plugins.join("dist");
    match task {
        Task::Build { out } => build(&plugins, out.as_deref().unwrap_or(&dist)),
        Task::Check => check(&plugins, &dist),
    }
}

fn build(plugins: &Path, out: &Path) -> Result<(), TaskError> {
    let guests = guest::list(plugins)?;
    let toolchain = Toolchain::find(plugins)?;
    let modules = toolchain.build(plugins, &guests)?;
    dist::write(plugins, out, &guests, &modules)
}

fn check(plugins: &Path, dist: &Path) -> Result<(), TaskError> {
    let guests = guest::list(plugins)?;
    let differences = dist::differences(plugins, dist, &guests, &Lock::read(dist)?)?;
    if differences.is_empty() {
        return Ok(());
    }
    Err(TaskError::Stale { differences })
}

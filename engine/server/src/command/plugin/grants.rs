//! What a plugin of services is granted while it is tried out.

use std::path::PathBuf;
use std::sync::Arc;

use casewright_host::{MemorySpace, Plugin};
use clap::Args;

use crate::cli::Failure;
use crate::grants::{Given, judged};

/// What plugins may reach and use.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct GrantsFile {
    /// A file that says what plugins may reach and use; what services remember is forgotten afterwards [default:
    /// nothing is granted]
    #[arg(long, value_name = "FILE")]
    grants: Option<PathBuf>,
}

impl GrantsFile {
    /// What the file says.
    pub(super) fn read(&self) -> Result<Given, Failure> {
        Given::read(self.grants.as_deref())
    }
}

/// The plugin with what it is granted.
pub(super) fn grant(plugin: Plugin, given: &Given) -> Result<Plugin, Failure> {
    let space = |_: &str| Arc::new(MemorySpace::default()) as _;
    judged(plugin, given, space).map_err(|refused| Failure(refused.to_string()))
}

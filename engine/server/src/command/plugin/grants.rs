//! What a plugin of services is granted while it is tried out.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use casewright_definition::read;
use casewright_definition::source::Source;
use casewright_host::grants::Grant;
use casewright_host::{Granted, Grants, MemorySpace, Plugin, SERVICE};
use clap::Args;

use crate::cli::{Failure, tell};
use crate::folder;

/// What services may reach.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct GrantsFile {
    /// A file that says what services may reach; what they remember is forgotten afterwards [default: nothing
    /// is granted]
    #[arg(long, value_name = "FILE")]
    grants: Option<PathBuf>,
}

impl GrantsFile {
    /// The plugin with what it is granted, if it has services.
    pub(super) fn grant(&self, plugin: Plugin) -> Result<Plugin, Failure> {
        let mut functions = plugin.functions().iter();
        if !functions.any(|function| function.kind == SERVICE) {
            return Ok(plugin);
        }
        let grant = match &self.grants {
            Some(path) => read_grants(path)?.plugins.remove(plugin.name()),
            None => None,
        };
        let granted = Granted::read(&grant.unwrap_or_else(Grant::default));
        let name = plugin.name().to_owned();
        let granted =
            granted.map_err(|error| Failure(format!("what is granted to `{name}`: {error}")))?;
        let space = Arc::new(MemorySpace::default());
        let granted = plugin.granted(&granted, space);
        granted.map_err(|missing| Failure(missing.to_string()))
    }
}

fn read_grants(path: &Path) -> Result<Grants, Failure> {
    let name = path.display().to_string();
    let text = String::from_utf8(folder::read(path)?);
    let text = text.map_err(|error| Failure::new(format_args!("`{name}`"), error))?;
    let (grants, findings) = read::read(Source::new(name.clone(), text));
    if findings.has_errors() {
        tell(findings.report());
    }
    grants.ok_or_else(|| Failure(format!("`{name}` does not say what is granted")))
}

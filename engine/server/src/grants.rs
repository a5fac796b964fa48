//! What the operator grants to plugins, as the file of `--grants` says.

use std::path::Path;
use std::sync::Arc;

use casewright_definition::read::{Findings, read};
use casewright_definition::source::Source;
use casewright_host::grants::{Capability, GrantError};
use casewright_host::{Granted, Grants, KeyValueSpace, Missing, Plugin};

use crate::cli::Failure;
use crate::folder;

/// Reads a file of grants.
///
/// # Errors
/// It cannot be read, or is none: with what is wrong, and where.
pub(crate) fn read_grants(path: &Path) -> Result<Grants, Failure> {
    let name = path.display().to_string();
    let told = |findings: Findings| Failure(findings.report().to_string());
    let source = Source::from_bytes(name.as_str(), folder::read(path)?)
        .map_err(|error| told(Findings::unreadable(name, error)))?;
    let (grants, findings) = read::<Grants>(source);
    match grants {
        Some(grants) if !findings.has_errors() => Ok(grants),
        _ => Err(told(findings)),
    }
}

/// Why a plugin cannot be used.
#[derive(Debug)]
pub(crate) enum NotGranted {
    /// It asks for what is not granted.
    Missing(Missing),
    /// What is granted cannot be used.
    Unusable(String, GrantError),
}

impl NotGranted {
    /// What it asks for in vain.
    pub(crate) fn capabilities(&self) -> &[Capability] {
        match self {
            NotGranted::Missing(missing) => &missing.capabilities,
            NotGranted::Unusable(..) => &[],
        }
    }
}

impl std::fmt::Display for NotGranted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            NotGranted::Missing(missing) => missing.fmt(f),
            NotGranted::Unusable(plugin, error) => {
                write!(
                    f,
                    "what is granted to the plugin `{plugin}` cannot be used: {error}"
                )
            }
        }
    }
}

/// A plugin with what it may reach and use.
///
/// # Errors
/// It asks for more than is granted, or a secret is not to be had.
pub(crate) fn judged(
    plugin: Plugin,
    grants: &Grants,
    space: impl FnOnce(&str) -> Arc<dyn KeyValueSpace>,
) -> Result<Plugin, NotGranted> {
    let name = plugin.name().to_owned();
    let grant = grants.plugins.get(&name).cloned().unwrap_or_default();
    let granted = Granted::read(&grant);
    let granted = granted.map_err(|error| NotGranted::Unusable(name.clone(), error))?;
    plugin
        .granted(&granted, space(&name))
        .map_err(NotGranted::Missing)
}

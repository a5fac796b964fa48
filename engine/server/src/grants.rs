//! What the operator grants to plugins, as the file of `--grants` says.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use casewright_definition::read::{Findings, read};
use casewright_definition::source::Source;
use casewright_host::grants::{Capability, GrantError, Trust};
use casewright_host::{Granted, Grants, KeyValueSpace, Limits, Missing, Plugin};

use crate::cli::Failure;
use crate::folder;

/// What plugins are granted, and whom their services believe. By default nothing, and the public authorities.
#[derive(Debug, Default)]
pub(crate) struct Given {
    grants: Grants,
    trust: Trust,
}

impl Given {
    /// Reads a file of grants, and what it refers to but for secrets. Without a file nothing is granted.
    ///
    /// # Errors
    /// It cannot be read, or is none: with what is wrong, and where.
    pub(crate) fn read(path: Option<&Path>) -> Result<Given, Failure> {
        let Some(path) = path else {
            return Ok(Given::default());
        };
        let folder = path.parent().unwrap_or(Path::new(""));
        let grants = read_grants(path)?.in_folder(folder);
        let trust = grants
            .trust()
            .map_err(|error| Failure::new(format_args!("`{}`", path.display()), error))?;
        Ok(Given { grants, trust })
    }

    /// What calls may use: those of any plugin, and those of the plugins that have limits of their own.
    pub(crate) fn limits(&self, usual: &Limits) -> (Limits, BTreeMap<String, Limits>) {
        self.grants.limits(usual)
    }

    /// What the plugin of this name is granted.
    fn to(&self, plugin: &str) -> Result<Granted, GrantError> {
        let grant = self.grants.plugins.get(plugin).cloned();
        let granted = Granted::read(&grant.unwrap_or_default())?;
        Ok(granted.trusting(self.trust.clone()))
    }
}

fn read_grants(path: &Path) -> Result<Grants, Failure> {
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
    given: &Given,
    space: impl FnOnce(&str) -> Arc<dyn KeyValueSpace>,
) -> Result<Plugin, NotGranted> {
    let name = plugin.name().to_owned();
    let granted = given.to(&name);
    let granted = granted.map_err(|error| NotGranted::Unusable(name.clone(), error))?;
    plugin
        .granted(&granted, space(&name))
        .map_err(NotGranted::Missing)
}

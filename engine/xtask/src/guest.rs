//! The plugins that the workspace in `plugins/` has.

use std::path::Path;
use std::process::Command;

use serde::Deserialize;

use crate::error::TaskError;
use crate::toolchain::output;

/// One plugin: a package of the nested workspace that makes a WebAssembly module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Guest {
    /// The package's name, which is the plugin's name and the name of its folder.
    pub(crate) name: String,
    /// The package's version, which is the plugin's.
    pub(crate) version: String,
    /// Where it goes.
    pub(crate) place: Place,
}

/// Where a component goes in the folder for built plugins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// The server carries it.
    Shipped,
    /// An example, for whoever takes it.
    Example,
    /// No plugin, but a part of those that are built in other languages.
    Part,
}

impl Place {
    /// As the package says it in its own table `metadata`.
    fn of(metadata: &serde_json::Value) -> Place {
        let said = &metadata["casewright"];
        match () {
            () if said["part"] == true => Place::Part,
            () if said["shipped"] == false => Place::Example,
            () => Place::Shipped,
        }
    }
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    targets: Vec<Target>,
    /// The package's own table `metadata`; null when it has none.
    metadata: serde_json::Value,
}

#[derive(Deserialize)]
struct Target {
    crate_types: Vec<String>,
}

/// All plugins of the workspace in the folder `plugins`, sorted by name.
pub(crate) fn list(plugins: &Path) -> Result<Vec<Guest>, TaskError> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(plugins);
    let text = output(&mut cargo)?;
    let metadata: Metadata = serde_json::from_str(&text)
        .map_err(|error| TaskError::unexpected("the output of `cargo metadata`", error))?;
    let mut guests: Vec<Guest> = metadata
        .packages
        .into_iter()
        .filter(|package| package.targets.iter().any(is_module))
        .map(|package| Guest {
            place: Place::of(&package.metadata),
            name: package.name,
            version: package.version,
        })
        .collect();
    guests.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(guests)
}

fn is_module(target: &Target) -> bool {
    target.crate_types.iter().any(|kind| kind == "cdylib")
}

impl Guest {
    /// The file name of the module that the compiler makes.
    pub(crate) fn module_file(&self) -> String {
        format!("{}.wasm", self.name.replace('-', "_"))
    }

    /// The file of the component in the folder for built plugins.
    pub(crate) fn component_file(&self) -> String {
        match self.place {
            Place::Shipped => format!("{}.wasm", self.name),
            Place::Example => format!("examples/{}.wasm", self.name),
            Place::Part => format!("parts/{}.wasm", self.name),
        }
    }
}

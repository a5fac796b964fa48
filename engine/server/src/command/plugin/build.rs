//! `casewright plugin build`.

mod js;
mod outside;
mod python;
mod rust;
mod tool;

use std::fs;
use std::path::PathBuf;

use clap::Args;

use super::limits::CallLimits;
use super::loaded::File;
use super::project::{Language, Project, shown};
use crate::cli::{Failure, Verdict, print, tell};
use crate::command::check::counted;

/// Build the project in a folder with the tools of its language, and check what comes of it
///
/// It is written to `dist/NAME.wasm` when a server would take it as a plugin. Rust is built with `cargo`,
/// JavaScript with `node` and what `npm ci` brought in, Python with `componentize-py`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 it is built, 1 it does not build or is no plugin, 2 could not run, such as without a tool."
)]
pub(super) struct Build {
    /// The folder of the project.
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
}

/// What came of a build; none when the tools, which have told why, were not content.
type Built = Result<Option<Vec<u8>>, Failure>;

impl Build {
    pub(super) fn run(self) -> Result<Verdict, Failure> {
        let project = Project::at(&self.folder)?;
        let built = match project.language {
            Language::Rust => rust::build(&project.folder),
            Language::Js => js::build(&project.folder, project.kind()?),
            Language::Python => python::build(&project.folder, project.kind()?),
        };
        let Some(bytes) = built? else {
            return Ok(Verdict::No);
        };
        let file = File {
            name: "what was built".to_owned(),
            bytes,
        };
        let plugin = match file.load(&CallLimits::default().host()?) {
            Ok(plugin) => plugin,
            Err(error) => {
                tell(error);
                return Ok(Verdict::No);
            }
        };
        let path = project.dist().join(format!("{}.wasm", plugin.name()));
        fs::create_dir_all(project.dist())
            .and_then(|()| fs::write(&path, &file.bytes))
            .map_err(|error| Failure::new(format!("cannot write `{}`", path.display()), error))?;
        print(format_args!(
            "{}: `{}` {}, {}, {} bytes",
            shown(&path),
            plugin.name(),
            plugin.version(),
            counted(plugin.functions().len(), "function"),
            file.bytes.len(),
        ));
        Ok(Verdict::Yes)
    }
}

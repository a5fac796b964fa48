//! `casewright export`.

use std::path::PathBuf;

use casewright_definition::diagram::{dot, mermaid};
use casewright_definition::export::{Exported, scxml, xstate};
use clap::{Args, ValueEnum};

use super::check::definition;
use super::import::write;
use crate::cli::{Failure, Verdict, tell};
use crate::folder;

/// Write a workflow file in another format
///
/// What the format cannot say is told on stderr; `casewright import` reads SCXML and XState back.
#[derive(Debug, Args)]
pub struct Export {
    /// The format.
    #[arg(value_enum, value_name = "FORMAT")]
    format: Format,
    /// The workflow file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where to write it; to stdout when left away.
    #[arg(short, long, value_name = "OUT")]
    out: Option<PathBuf>,
    /// The folder with the plugins (`.wasm`), in place of the shipped ones.
    #[arg(long, value_name = "DIR")]
    plugins: Option<PathBuf>,
}

/// A format.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// W3C SCXML 1.0, with `datamodel="cel"`.
    Scxml,
    /// A machine of XState v5, in JSON.
    Xstate,
    /// A Mermaid state diagram.
    Mermaid,
    /// A graph in Graphviz's DOT.
    Dot,
}

impl Export {
    /// Writes the workflow. The answer is no when it is not sound.
    ///
    /// # Errors
    /// The file cannot be read, or the other one not written.
    pub fn run(self) -> Result<Verdict, Failure> {
        let plugins = folder::load_plugins(self.plugins.as_deref())?;
        let Some(definition) = definition(&self.file, &plugins)? else {
            return Ok(Verdict::No);
        };
        let picture = |text| Exported {
            text,
            lost: vec![
                "data, guards, actions and roles: a diagram shows states and events".to_owned(),
            ],
        };
        let exported = match self.format {
            Format::Scxml => scxml(&definition),
            Format::Xstate => xstate(&definition),
            Format::Mermaid => picture(mermaid(&definition, "en", &[])),
            Format::Dot => picture(dot(&definition, "en", &[])),
        };
        write(self.out.as_deref(), exported.text.trim_end().to_owned())?;
        for what in exported.lost {
            tell(format_args!("lost: {what}"));
        }
        Ok(Verdict::Yes)
    }
}

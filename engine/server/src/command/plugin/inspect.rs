//! `casewright plugin inspect`.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::limits::CallLimits;
use super::loaded::File;
use super::shown::{self, Declared};
use crate::cli::{Failure, Output, Verdict, print, tell};

/// What is in a plugin's file: what it declares, its digest, size, imports and exports
///
/// A file that is no plugin is looked into as far as it goes, and the answer is no.
#[derive(Debug, Args)]
pub(super) struct Inspect {
    /// The `.wasm` file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// How it is printed; JSON has the whole schemas.
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

impl Inspect {
    pub(super) fn run(self) -> Result<Verdict, Failure> {
        let file = File::read(&self.file)?;
        let loaded = file.load(&CallLimits::default().host()?);
        match self.output {
            Output::Text => {
                print(outside(&file));
                if let Ok(plugin) = &loaded {
                    print(format_args!(
                        "plugin   {} {}",
                        plugin.name(),
                        plugin.version()
                    ));
                    print(shown::functions(plugin).trim_end());
                }
            }
            Output::Json => {
                let declares = loaded.as_ref().ok().map(Declared::by);
                print(json!({
                    "file": file.name,
                    "sha256": file.digest(),
                    "bytes": file.bytes.len(),
                    "inside": file.inside(),
                    "declares": declares,
                }));
            }
        }
        match loaded {
            Ok(_) => Ok(Verdict::Yes),
            Err(error) => {
                tell(error);
                Ok(Verdict::No)
            }
        }
    }
}

fn outside(file: &File) -> String {
    let File { name, bytes } = file;
    let mut text = format!(
        "file     {name}\nsha256   {}\nsize     {} bytes",
        file.digest(),
        bytes.len()
    );
    if let Some(inside) = file.inside() {
        let list = |names: &[String]| match names {
            [] => "nothing".to_owned(),
            names => names.join("\n         "),
        };
        text.push_str(&format!(
            "\nkind     {}\nimports  {}\nexports  {}",
            inside.kind,
            list(&inside.imports),
            list(&inside.exports)
        ));
    }
    text
}

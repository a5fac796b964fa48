//! `casewright plugin test`.

use std::path::{Path, PathBuf};

use casewright_host::Host;
use clap::Args;
use serde_json::json;

use super::cases::{self, Tried};
use super::grants::{GrantsFile, grant};
use super::limits::CallLimits;
use super::loaded::{File, built};
use super::project::shown;
use crate::cli::{Failure, Output, Verdict, print};
use crate::command::check::counted;

/// Ask a plugin what the cases of its project ask, and compare the answers
///
/// A case is a JSON file in the folder `cases`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub(super) struct Test {
    /// The folder of the project, or one with cases.
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
    /// The plugin's file [default: what was built of the project]
    #[arg(long, value_name = "FILE")]
    plugin: Option<PathBuf>,
    /// For people, or one JSON object a line.
    #[arg(long, value_enum, default_value_t)]
    output: Output,
    #[command(flatten)]
    limits: CallLimits,
    #[command(flatten)]
    grants: GrantsFile,
}

const EXAMPLE: &str = r#"A case:
  {
    "function": "propose-discount",
    "input": { "amount": 250000, "tier": "core", "margin_percent": 20 },
    "output": { "percent": 4, "approver": "ka-director" },
    "fuel": 1000000
  }

`function` may be left away when the plugin has only one. In place of `output` stands `error` where the
plugin must fail: its code, or the whole message. `fuel` is the most that the call may compute.

Exit codes: 0 every case holds, 1 one does not, 2 could not run."#;

impl Test {
    pub(super) fn run(self) -> Result<Verdict, Failure> {
        let (folder, files) = self.cases()?;
        let file = match &self.plugin {
            Some(path) => File::read(path)?,
            None => built(&self.folder)?,
        };
        let grants = self.grants.read()?;
        let host: Host = self.limits.host_with(&grants)?;
        let plugin = grant(file.require(&host)?, &grants)?;
        let mut failed = 0;
        for path in &files {
            let tried = cases::try_file(path, &plugin)?;
            failed += usize::from(tried.reason.is_some());
            let name = path.strip_prefix(&folder).unwrap_or(path);
            match self.output {
                Output::Text => show(name, &tried),
                Output::Json => print(json!({
                    "case": name.display().to_string(),
                    "holds": tried.reason.is_none(),
                    "fuel": tried.fuel,
                    "reason": tried.reason,
                })),
            }
        }
        if self.output == Output::Text {
            let all = counted(files.len(), "case");
            let of = format!("of `{}` {}", plugin.name(), plugin.version());
            print(match failed {
                0 => format!("\n{all} {of}, all as expected"),
                1 => format!("\n{all} {of}, 1 is not as expected"),
                _ => format!("\n{all} {of}, {failed} are not as expected"),
            });
        }
        match failed {
            0 => Ok(Verdict::Yes),
            _ => Ok(Verdict::No),
        }
    }

    /// The folder with the cases, and their files.
    fn cases(&self) -> Result<(PathBuf, Vec<PathBuf>), Failure> {
        let inner = self.folder.join("cases");
        let folder = match inner.is_dir() {
            true => inner,
            false => self.folder.clone(),
        };
        let files = cases::files(&folder)?;
        if files.is_empty() {
            return Err(Failure(format!(
                "there is no case in `{}`\n\nhint: `casewright plugin test --help` shows one",
                shown(&folder)
            )));
        }
        Ok((folder, files))
    }
}

fn show(name: &Path, tried: &Tried) {
    let name = name.display();
    match (&tried.reason, tried.fuel) {
        (None, Some(fuel)) => print(format_args!("ok    {name}  {fuel} fuel")),
        (None, None) => print(format_args!("ok    {name}")),
        (Some(reason), _) => {
            print(format_args!("FAIL  {name}"));
            for line in reason.lines() {
                print(format!("      {line}").trim_end());
            }
        }
    }
}

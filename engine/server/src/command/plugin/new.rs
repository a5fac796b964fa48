//! `casewright plugin new`.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use super::project::{Kind, Language};
use super::template::Files;
use crate::cli::{Failure, Verdict, print};

/// Make a project: a function that works, cases, a pack whose workflow asks it
///
/// The project holds the SDK of its language and the contract, and needs no checkout of Casewright.
#[derive(Debug, Args)]
pub(super) struct New {
    /// The language.
    #[arg(long, value_enum)]
    lang: Language,
    /// What its functions are.
    #[arg(long, value_enum, default_value_t)]
    kind: Kind,
    /// The name of the plugin, in kebab case: workflows name it by that.
    #[arg(value_name = "NAME", value_parser = parse_name)]
    name: String,
    /// The folder to make [default: the name]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

impl New {
    pub(super) fn run(self) -> Result<Verdict, Failure> {
        let folder = self.dir.unwrap_or_else(|| PathBuf::from(&self.name));
        if fs::read_dir(&folder).is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(Failure(format!(
                "there is something in `{}` already\n\nhint: `--dir` names another folder",
                folder.display()
            )));
        }
        for (path, text) in Files::of(self.lang, self.kind, &self.name).iter() {
            write(&folder.join(path), text)?;
        }
        print(format_args!(
            "made `{}` in {}\n\nnext:\n  cd {}\n{}  casewright plugin build\n{}",
            self.name,
            folder.display(),
            folder.display(),
            install(self.lang),
            then(self.kind),
        ));
        Ok(Verdict::Yes)
    }
}

/// What to do with a plugin that was built.
fn then(kind: Kind) -> &'static str {
    match kind {
        Kind::Decision => "  casewright plugin test\n  casewright serve --plugins dist --pack pack",
        Kind::Service => "  casewright serve --plugins dist --pack pack --grants grants.yaml",
    }
}

/// What brings in the tools of a project.
fn install(language: Language) -> &'static str {
    match language {
        Language::Rust => "",
        Language::Js => "  npm ci\n",
        Language::Python => {
            "  python3 -m venv .venv\n  .venv/bin/pip install -r requirements.txt\n"
        }
    }
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, text))
        .map_err(|error| Failure::new(format_args!("cannot write `{}`", path.display()), error))
}

/// What the contract takes for a name.
fn parse_name(text: &str) -> Result<String, String> {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let good = text.len() <= 64
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && !text.ends_with('-')
        && text.bytes().all(allowed);
    match good {
        true => Ok(text.to_owned()),
        false => {
            Err("expected kebab case of at most 64 letters, such as `credit-rating`".to_owned())
        }
    }
}

//! The folder in which somebody writes a plugin.

use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde::Deserialize;

use crate::cli::Failure;

/// A language in which plugins are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Language {
    /// With `cargo`.
    Rust,
    /// With `node` and `npm`; TypeScript types come along.
    Js,
    /// With `componentize-py`.
    Python,
}

impl Language {
    const ALL: [Language; 3] = [Language::Rust, Language::Js, Language::Python];

    /// The file by which a project of the language is known.
    fn manifest(self) -> &'static str {
        match self {
            Language::Rust => "Cargo.toml",
            Language::Js => "package.json",
            Language::Python => "pyproject.toml",
        }
    }
}

/// What the functions of a plugin are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Kind {
    /// Pure functions, asked inside a step.
    #[default]
    Decision,
    /// Functions that reach the world, called after a step.
    Service,
}

/// What the file of a project says to Casewright: `package.json` as a member, `pyproject.toml` as the table
/// `[tool.casewright]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    #[serde(default)]
    kind: Kind,
}

/// The file of a project in JavaScript.
#[derive(Debug, Deserialize)]
struct PackageJson {
    #[serde(default)]
    casewright: Said,
}

/// The file of a project in Python.
#[derive(Debug, Deserialize)]
struct PyprojectToml {
    #[serde(default)]
    tool: Tools,
}

#[derive(Debug, Default, Deserialize)]
struct Tools {
    #[serde(default)]
    casewright: Said,
}

/// A folder with a project in it.
#[derive(Debug)]
pub(super) struct Project {
    pub(super) folder: PathBuf,
    pub(super) language: Language,
}

impl Project {
    /// The project in a folder.
    pub(super) fn at(folder: &Path) -> Result<Project, Failure> {
        let has = |language: &Language| folder.join(language.manifest()).is_file();
        match Language::ALL.into_iter().find(has) {
            Some(language) => Ok(Project {
                folder: folder.to_owned(),
                language,
            }),
            None => Err(Failure(format!(
                "expected a project in `{}`: there is no `{}`\n\nhint: `casewright plugin new` makes one",
                folder.display(),
                Language::ALL.map(Language::manifest).join("`, `"),
            ))),
        }
    }

    /// Whether a folder has a project in it.
    pub(super) fn is_at(folder: &Path) -> bool {
        Project::at(folder).is_ok()
    }

    /// What its functions are, as its file says it; a crate says it to the SDK alone, by the feature `service`.
    pub(super) fn kind(&self) -> Result<Kind, Failure> {
        let path = self.folder.join(self.language.manifest());
        let wrong = |error: &dyn Display| {
            Failure(format!(
                "`{}`: {error}\n\nhint: `kind` is `decision` or `service`",
                shown(&path)
            ))
        };
        let text = fs::read_to_string(&path).map_err(|error| wrong(&error))?;
        let said = match self.language {
            Language::Rust => Ok(Said::default()),
            Language::Js => serde_json::from_str::<PackageJson>(&text)
                .map(|file| file.casewright)
                .map_err(|error| wrong(&error)),
            Language::Python => toml::from_str::<PyprojectToml>(&text)
                .map(|file| file.tool.casewright)
                .map_err(|error| wrong(&error.message())),
        };
        said.map(|said| said.kind)
    }

    /// Where the built plugin goes: a folder for `casewright serve --plugins`.
    pub(super) fn dist(&self) -> PathBuf {
        self.folder.join("dist")
    }

    /// The plugin that was built.
    pub(super) fn built(&self) -> Result<PathBuf, Failure> {
        let mut found = Vec::new();
        for entry in fs::read_dir(self.dist()).into_iter().flatten() {
            let entry =
                entry.map_err(|error| Failure::new("cannot read the folder `dist`", error))?;
            let path = entry.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "wasm")
            {
                found.push(path);
            }
        }
        found.sort();
        match found.as_slice() {
            [path] => Ok(path.clone()),
            [] => Err(Failure(format!(
                "there is no plugin in `{}`\n\nhint: `casewright plugin build{}` makes it, or `--plugin` names another",
                shown(&self.dist()),
                match self.folder == Path::new(".") {
                    true => String::new(),
                    false => format!(" {}", self.folder.display()),
                },
            ))),
            several => Err(Failure(format!(
                "there are {} plugins in `{}`\n\nhint: `--plugin` names one",
                several.len(),
                shown(&self.dist()),
            ))),
        }
    }
}

/// A path as people would write it: not from the current folder on.
pub(super) fn shown(path: &Path) -> impl Display {
    path.strip_prefix(".").unwrap_or(path).display()
}

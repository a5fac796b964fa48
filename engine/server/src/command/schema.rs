//! `casewright schema`.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use schemars::generate::SchemaSettings;
use serde_json::Value as Json;

use crate::cli::{Failure, Verdict, print, tell};
use crate::{http, scenario};

/// Print a JSON Schema: of a file of a pack, or OpenAPI of the HTTP API
///
/// With the schema an editor completes keys, explains them, and marks mistakes while you type. The YAML
/// extensions of editors find it by a comment in the first line of the file:
///
///   # yaml-language-server: $schema=workflow.schema.json
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Schema {
    /// What to describe.
    #[arg(value_enum, value_name = "NAME", default_value_t)]
    name: Name,
    /// Write all of them into this folder instead, as `workflow.schema.json` and so on, with
    /// `openapi.json`.
    #[arg(long, value_name = "DIR", conflicts_with = "name")]
    out: Option<PathBuf>,
}

/// What has a schema.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Name {
    /// A workflow file.
    #[default]
    Workflow,
    /// `pack.yaml`.
    Pack,
    /// `roles.yaml`.
    Roles,
    /// `parameters.yaml`.
    Parameters,
    /// `types.yaml`.
    Types,
    /// `calendar.yaml`.
    Calendar,
    /// A scenario of `casewright test`.
    Scenario,
    /// One line of a script of `casewright simulate` (`.jsonl`).
    ScriptLine,
    /// What plugins are granted (`serve --grants`).
    Grants,
    /// The HTTP API, as OpenAPI 3.1.
    Openapi,
}

impl Name {
    fn file(self) -> &'static str {
        match self {
            Name::Workflow => "workflow.schema.json",
            Name::Pack => "pack.schema.json",
            Name::Roles => "roles.schema.json",
            Name::Parameters => "parameters.schema.json",
            Name::Types => "types.schema.json",
            Name::Calendar => "calendar.schema.json",
            Name::Scenario => SCENARIO,
            Name::ScriptLine => SCRIPT_LINE,
            Name::Grants => GRANTS,
            Name::Openapi => OPENAPI,
        }
    }
}

const SCENARIO: &str = "scenario.schema.json";
const SCRIPT_LINE: &str = "script-line.schema.json";
const GRANTS: &str = "grants.schema.json";
const OPENAPI: &str = "openapi.json";

impl Schema {
    /// Prints one schema, or writes all of them.
    ///
    /// # Errors
    /// The folder cannot be written to.
    pub fn run(self) -> Result<Verdict, Failure> {
        let files = files();
        if let Some(out) = &self.out {
            return write(out, &files);
        }
        let name = self.name.file();
        let schema = files.iter().find(|(file, _)| *file == name);
        let Some((_, schema)) = schema else {
            return Err(Failure(format!("there is no schema `{name}`")));
        };
        print(pretty(schema).trim_end());
        Ok(Verdict::Yes)
    }
}

/// Every schema with the name of its file.
fn files() -> Vec<(&'static str, Json)> {
    let mut files = casewright_definition::schema::files();
    files.push((
        SCENARIO,
        casewright_definition::schema::schema::<scenario::file::File>(
            "Scenario",
            "One case of a workflow from its opening to where it shall stand.",
        ),
    ));
    files.push((SCRIPT_LINE, script_line()));
    files.push((
        GRANTS,
        casewright_definition::schema::schema::<casewright_host::Grants>(
            "Grants",
            "What plugins with services may reach, as the operator says.",
        ),
    ));
    files.push((OPENAPI, http::openapi()));
    files
}

fn script_line() -> Json {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let schema = generator.into_root_schema_for::<scenario::script::Form>();
    schema.to_value()
}

fn write(out: &Path, files: &[(&str, Json)]) -> Result<Verdict, Failure> {
    let failed =
        |path: &Path, error| Failure::new(format_args!("cannot write `{}`", path.display()), error);
    fs::create_dir_all(out).map_err(|error| failed(out, error))?;
    for (name, schema) in files {
        let path = out.join(name);
        fs::write(&path, pretty(schema)).map_err(|error| failed(&path, error))?;
    }
    tell(format_args!(
        "wrote {} files into `{}`",
        files.len(),
        out.display()
    ));
    Ok(Verdict::Yes)
}

/// Indented, with a final newline.
fn pretty(json: &Json) -> String {
    format!("{json:#}\n")
}

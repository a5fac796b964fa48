//! The pack and the plugins that travel inside the binary.

use std::collections::BTreeMap;

use casewright_definition::{Files, FunctionKind, FunctionSchemas, Functions};
use casewright_host::{DECISION, Function, Plugin, SERVICE};
use include_dir::{Dir, include_dir};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cli::Failure;

static PACK: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../schemas/packs/key-account");
static PLUGINS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../plugins/dist");

/// The name of the shipped pack, in messages.
pub const PACK_NAME: &str = "key-account";

/// The file beside the shipped plugins that says what each of them can do.
const DESCRIPTIONS: &str = "descriptions.json";

/// What a plugin answered when it was asked what it can do.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    /// By this name workflows call it.
    pub name: String,
    functions: BTreeMap<String, Schemas>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Schemas {
    kind: Kind,
    input: Value,
    output: Value,
}

/// How a function is called.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Decision,
    Service,
}

impl Kind {
    /// None for a kind that this version does not know: nothing calls such a function.
    fn of(function: &Function) -> Option<Self> {
        match function.kind.as_str() {
            DECISION => Some(Kind::Decision),
            SERVICE => Some(Kind::Service),
            _ => None,
        }
    }
}

impl Description {
    /// What a loaded plugin says.
    pub fn of(plugin: &Plugin) -> Self {
        let schemas = plugin.functions().iter().filter_map(|function| {
            let schemas = Schemas {
                kind: Kind::of(function)?,
                input: function.input_schema.clone(),
                output: function.output_schema.clone(),
            };
            Some((function.name.clone(), schemas))
        });
        Description {
            name: plugin.name().to_owned(),
            functions: schemas.collect(),
        }
    }

    /// Its functions, for checking workflows.
    pub fn functions(&self) -> Functions {
        let functions = self.functions.iter().map(|(function, schemas)| {
            let schemas = FunctionSchemas {
                kind: match schemas.kind {
                    Kind::Decision => FunctionKind::Decision,
                    Kind::Service => FunctionKind::Service,
                },
                input: schemas.input.clone(),
                output: schemas.output.clone(),
            };
            (format!("{}.{function}", self.name), schemas)
        });
        functions.collect()
    }
}

/// What the shipped plugins can do, by the SHA-256 of their bytes. It is written down so that `check`
/// need not compile them.
///
/// # Errors
/// The file is damaged.
pub fn descriptions() -> Result<BTreeMap<String, Description>, Failure> {
    let file = PLUGINS.get_file(DESCRIPTIONS);
    let bytes = file.map_or(b"{}".as_slice(), include_dir::File::contents);
    serde_json::from_slice(bytes)
        .map_err(|error| Failure::new(format_args!("cannot read `{DESCRIPTIONS}`"), error))
}

/// The file of descriptions as it should stand beside these plugins.
///
/// # Errors
/// A description cannot be written as JSON.
pub fn write_descriptions<'a>(
    plugins: impl IntoIterator<Item = &'a Plugin>,
) -> Result<String, Failure> {
    let described = plugins.into_iter();
    let described: BTreeMap<&str, Description> = described
        .map(|plugin| (plugin.digest(), Description::of(plugin)))
        .collect();
    let text = serde_json::to_string_pretty(&described)
        .map_err(|error| Failure::new(format_args!("cannot write `{DESCRIPTIONS}`"), error))?;
    Ok(text + "\n")
}

/// The files of the shipped pack.
pub fn pack() -> Files {
    let mut files = Files::new();
    collect(&PACK, &mut files);
    files
}

/// The shipped plugins: names of files, and what they hold.
pub fn plugins() -> Vec<(String, Vec<u8>)> {
    let wasm = PLUGINS.files().filter(|file| {
        file.path()
            .extension()
            .is_some_and(|extension| extension == "wasm")
    });
    wasm.map(|file| {
        let name = file.path().to_string_lossy().into_owned();
        (name, file.contents().to_vec())
    })
    .collect()
}

fn collect(dir: &Dir<'_>, files: &mut Files) {
    for file in dir.files() {
        let path = file.path().to_string_lossy().replace('\\', "/");
        files.insert(path, file.contents().to_vec());
    }
    dir.dirs().for_each(|dir| collect(dir, files));
}

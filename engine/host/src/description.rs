//! What a plugin says about itself, checked.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::bindings::service::exports::casewright::plugin::catalogue;
use crate::grants::{Capability, HTTP, HostPattern, KEY_VALUE, SECRET, Wanted};
use crate::load_error::LoadFailure;
use crate::schema::{Schema, kind};
use crate::world::World;

/// The kind of function that [`Plugin::decide`](crate::Plugin::decide) calls.
pub const DECISION: &str = "decision";

/// The kind of function that [`Plugin::serve`](crate::Plugin::serve) calls.
pub const SERVICE: &str = "service";

/// Names go into file names, URLs and log lines.
const MAX_NAME_BYTES: usize = 64;
/// A plugin is one concern, not a library.
const MAX_FUNCTIONS: usize = 64;
/// What people are asked to decide about has to be surveyable.
const MAX_CAPABILITIES: usize = 32;
/// A reason is a sentence.
const MAX_REASON_CHARS: usize = 240;

/// One function of a plugin, as the plugin declares it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Function {
    /// Kebab case, unique in the plugin.
    pub name: String,
    /// How it may be called: [`DECISION`], [`SERVICE`], or a kind that this host does not know and does not call.
    pub kind: String,
    /// A short title for people, in English; may be empty.
    pub title: String,
    /// What it does, in a sentence or two; may be empty.
    pub description: String,
    /// JSON Schema of the input: an object that compiles.
    pub input_schema: Value,
    /// JSON Schema of the output: an object that compiles.
    pub output_schema: Value,
    /// What this version of the contract has no field for: an object.
    pub extensions: Value,
    pub(crate) input: Schema,
    pub(crate) output: Schema,
}

/// A plugin's description, checked.
#[derive(Debug)]
pub(crate) struct Description {
    pub(crate) name: Arc<str>,
    pub(crate) version: Arc<str>,
    pub(crate) functions: Vec<Function>,
    pub(crate) wanted: Wanted,
    pub(crate) extensions: Value,
}

impl Description {
    /// Checks what a plugin of `world` says.
    pub(crate) fn check(
        said: catalogue::Description,
        world: World,
    ) -> Result<Description, LoadFailure> {
        check_name(&said.name).map_err(|message| failure("`name`", message))?;
        check_version(&said.version).map_err(|message| failure("`version`", message))?;
        let extensions =
            extensions(&said.extensions).map_err(|message| failure("`extensions`", message))?;
        if said.functions.is_empty() || said.functions.len() > MAX_FUNCTIONS {
            let found = said.functions.len();
            let message = format!("expected 1 to {MAX_FUNCTIONS} functions, found {found}");
            return Err(failure("`functions`", message));
        }
        let mut functions: Vec<Function> = Vec::with_capacity(said.functions.len());
        for function in said.functions {
            let function = Function::check(function)?;
            // Version 0.1.0 knew decisions alone, and let be whatever else there was.
            let known = [DECISION, SERVICE].contains(&function.kind.as_str());
            if world != World::PreviousDecision && known && function.kind != world.kind() {
                let (name, found) = (&function.name, &function.kind);
                let message = format!(
                    "found `{found}` in a plugin of the world `{}`",
                    world.kind()
                );
                return Err(failure(&format!("function `{name}`, `kind`"), message));
            }
            if functions.iter().any(|other| other.name == function.name) {
                let message = format!("`{}` is there twice", function.name);
                return Err(failure("`functions`", message));
            }
            functions.push(function);
        }
        let wanted = wanted(said.capabilities, world.kind())
            .map_err(|message| failure("`capabilities`", message))?;
        Ok(Description {
            name: said.name.into(),
            version: said.version.into(),
            functions,
            wanted,
            extensions,
        })
    }
}

impl Function {
    fn check(said: catalogue::Function) -> Result<Function, LoadFailure> {
        check_name(&said.name).map_err(|message| failure("name of a function", message))?;
        let at = |field: &str, message| {
            failure(&format!("function `{}`, `{field}`", said.name), message)
        };
        check_name(&said.kind).map_err(|message| at("kind", message))?;
        let (input_schema, input) =
            schema(&said.input_schema).map_err(|message| at("input-schema", message))?;
        let (output_schema, output) =
            schema(&said.output_schema).map_err(|message| at("output-schema", message))?;
        let extensions =
            extensions(&said.extensions).map_err(|message| at("extensions", message))?;
        Ok(Function {
            name: said.name,
            kind: said.kind,
            title: said.title,
            description: said.description,
            input_schema,
            output_schema,
            extensions,
            input,
            output,
        })
    }
}

/// What the plugin wants to reach, each thing once.
fn wanted(said: Vec<catalogue::Capability>, kind: &str) -> Result<Wanted, String> {
    if kind == DECISION && !said.is_empty() {
        return Err("expected none, since a decision reaches nothing outside of itself".to_owned());
    }
    if said.len() > MAX_CAPABILITIES {
        let found = said.len();
        return Err(format!(
            "expected at most {MAX_CAPABILITIES}, found {found}"
        ));
    }
    let mut capabilities: Vec<Capability> = Vec::with_capacity(said.len());
    for said in said {
        check_name(&said.kind)?;
        extensions(&said.extensions)?;
        match said.kind.as_str() {
            HTTP => said.name.parse::<HostPattern>().map(drop)?,
            SECRET => check_name(&said.name)?,
            KEY_VALUE if said.name.is_empty() => {}
            _ if said.name.len() <= MAX_NAME_BYTES => {}
            _ => return Err(format!("`{}`: the name is too long", said.kind)),
        }
        let capability = Capability {
            kind: said.kind,
            name: shown(&said.name),
            reason: shown(&said.reason),
        };
        let same =
            |other: &Capability| (&other.kind, &other.name) == (&capability.kind, &capability.name);
        if capabilities.iter().any(same) {
            return Err(format!("{capability} is there twice"));
        }
        capabilities.push(capability);
    }
    Ok(Wanted { capabilities })
}

/// A text of the plugin's that people read: on one line, and cut when it is long.
fn shown(text: &str) -> String {
    let characters = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let characters = characters.take(MAX_REASON_CHARS).collect::<String>();
    characters.trim().to_owned()
}

fn failure(place: &str, message: String) -> LoadFailure {
    LoadFailure::Description {
        place: place.to_owned(),
        message,
    }
}

fn schema(text: &str) -> Result<(Value, Schema), String> {
    let value: Value = serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))?;
    let schema = Schema::compile(&value)?;
    Ok((value, schema))
}

fn extensions(text: &str) -> Result<Value, String> {
    if text.is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    match serde_json::from_str(text) {
        Ok(value @ Value::Object(_)) => Ok(value),
        Ok(other) => Err(format!("expected a JSON object, found {}", kind(&other))),
        Err(error) => Err(format!("not JSON: {error}")),
    }
}

fn check_name(name: &str) -> Result<(), String> {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let good = name.len() <= MAX_NAME_BYTES
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.ends_with('-')
        && name.bytes().all(allowed);
    if good {
        return Ok(());
    }
    Err(format!(
        "expected kebab case of at most {MAX_NAME_BYTES} bytes, found {}",
        quoted(name)
    ))
}

fn check_version(version: &str) -> Result<(), String> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b".-+".contains(&b);
    let good = version.len() <= MAX_NAME_BYTES
        && version.starts_with(|c: char| c.is_ascii_digit())
        && version.bytes().all(allowed);
    if good {
        return Ok(());
    }
    Err(format!(
        "expected a version such as `1.4.0`, found {}",
        quoted(version)
    ))
}

/// A plugin's text in an error: escaped, and cut when it is long.
fn quoted(text: &str) -> String {
    let shown: String = text
        .chars()
        .take(MAX_NAME_BYTES)
        .flat_map(char::escape_debug)
        .collect();
    let more = if text.chars().count() > MAX_NAME_BYTES {
        "…"
    } else {
        ""
    };
    format!("`{shown}{more}`")
}

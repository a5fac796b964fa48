//! The folder that holds one company's workflows: what every workflow of it shares.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::calendar::Calendar;
use crate::data::{Schema, SchemaError, of_schema, of_type};
use crate::definition::Definition;
use crate::diagnostic::{Code, Diagnostic};
use crate::file;
use crate::lower::{Functions, names};
use crate::read::{Findings, escape, read};
use crate::source::Source;

/// A file of the pack is missing.
pub const PACK_FILE: Code = Code("pack-file");
/// The calendar names what is no time zone or date.
pub const PACK_CALENDAR: Code = Code("pack-calendar");
/// A parameter's schema is none, or its value does not match it.
pub const PACK_PARAMETER: Code = Code("pack-parameter");
/// A shared type is no JSON Schema.
pub const PACK_TYPE: Code = Code("pack-type");

/// The id of the pack is not in kebab-case.
pub const PACK_ID: Code = Code("pack-id");
/// The version of the pack is no semantic version.
pub const PACK_VERSION: Code = Code("pack-version");
/// Two files hold workflows of one id.
pub const PACK_WORKFLOW: Code = Code("pack-workflow");

/// Every code that checking a pack can give, besides those of its files.
pub const CODES: &[Code] = &[
    PACK_FILE,
    PACK_CALENDAR,
    PACK_PARAMETER,
    PACK_TYPE,
    PACK_ID,
    PACK_VERSION,
    PACK_WORKFLOW,
];

/// The file that says what the pack is.
const PACK: &str = "pack.yaml";
/// The folder of the workflows.
const WORKFLOWS: &str = "workflows/";

/// The files of a pack: paths inside its folder, with `/`, and what they hold.
pub type Files = BTreeMap<String, Vec<u8>>;

/// What the workflows of a pack share. Part of every definition, so that a case that started with
/// a parameter goes on with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pack {
    /// Its name.
    pub id: String,
    /// Its version.
    pub version: String,
    /// What people call it.
    pub title: file::Text,
    /// Who takes part.
    pub roles: file::Roles,
    /// The company's own figures.
    pub parameters: IndexMap<String, Parameter>,
    /// JSON Schemas that workflows refer to as `types#/name`.
    pub types: file::Types,
    /// Which days are worked.
    pub calendar: file::Calendar,
}

/// One parameter with its value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Parameter {
    /// What its value must match.
    pub schema: serde_json::Value,
    /// Its value.
    pub value: serde_json::Value,
}

/// A pack that has been read, with its workflows.
#[derive(Debug)]
pub struct Checked {
    /// What the workflows share; none when it cannot be used.
    pub pack: Option<Pack>,
    /// The plugins that the pack names.
    pub plugins: Vec<String>,
    /// The workflows that can be used, by id.
    pub workflows: BTreeMap<String, Definition>,
    /// What was found, file by file.
    pub findings: Vec<Findings>,
}

impl Checked {
    /// Whether nothing stands in the way of using the pack.
    pub fn is_sound(&self) -> bool {
        self.pack.is_some() && self.findings.iter().all(|findings| !findings.has_errors())
    }
}

impl Pack {
    /// Reads a pack and every workflow in it. `display` says how a path is shown to people;
    /// `functions` are those of the plugins at hand, against which calls are checked.
    pub fn check(
        files: &Files,
        display: impl Fn(&str) -> String,
        functions: Option<&Functions>,
    ) -> Checked {
        let mut reader = Reader {
            files,
            display: &display,
            findings: Vec::new(),
        };
        let (pack, plugins) = match reader.pack() {
            Some((pack, plugins)) => (Some(pack), plugins),
            None => (None, Vec::new()),
        };
        let mut workflows = BTreeMap::new();
        if let Some(pack) = &pack {
            for path in files.keys().filter(|path| is_workflow(path)) {
                let bytes = files[path].clone();
                let (definition, mut findings) =
                    Definition::check_bytes(display(path), bytes, pack, functions);
                if let Some(definition) = definition {
                    let id = definition.id.to_string();
                    if workflows.contains_key(&id) {
                        let message = format!("another file has a workflow called `{id}`");
                        let error = Diagnostic::error(PACK_WORKFLOW, message);
                        findings.push(error.with_pointer("/id"));
                    }
                    workflows.entry(id).or_insert(definition);
                }
                reader.findings.push(findings);
            }
        }
        Checked {
            pack,
            plugins,
            workflows,
            findings: reader.findings,
        }
    }

    /// The calendar that counts.
    ///
    /// # Errors
    /// A time zone or date in it is none.
    pub fn calendar(&self) -> Result<Calendar, crate::calendar::CalendarError> {
        Calendar::new(&self.calendar)
    }
}

fn is_workflow(path: &str) -> bool {
    let extension = |path: &str| {
        [".yaml", ".yml", ".json"]
            .iter()
            .any(|extension| path.ends_with(extension))
    };
    path.starts_with(WORKFLOWS) && extension(path)
}

struct Reader<'a> {
    files: &'a Files,
    display: &'a dyn Fn(&str) -> String,
    findings: Vec<Findings>,
}

impl Reader<'_> {
    fn pack(&mut self) -> Option<(Pack, Vec<String>)> {
        let manifest: Option<file::Pack> = self.required(PACK);
        let roles: Option<file::Roles> = self.optional("roles.yaml");
        let parameters: Option<file::Parameters> = self.optional("parameters.yaml");
        let types: Option<file::Types> = self.optional("types.yaml");
        let calendar: Option<file::Calendar> = self.required("calendar.yaml");
        // Each has said by now what is wrong with it.
        let (manifest, roles, parameters) = (manifest?, roles?, parameters?);
        let (types, calendar) = (types?, calendar?);
        self.check_head(&manifest);
        self.check_types(&types);
        self.check_calendar(&calendar);
        let parameters = self.parameters(&parameters, &manifest, &types);
        let pack = Pack {
            id: manifest.id,
            version: manifest.version,
            title: manifest.title,
            roles,
            parameters,
            types,
            calendar,
        };
        let errors = self.findings.iter().any(Findings::has_errors);
        (!errors).then_some((pack, manifest.plugins))
    }

    /// A file that must be there.
    fn required<T: serde::de::DeserializeOwned>(&mut self, path: &str) -> Option<T> {
        if !self.files.contains_key(path) {
            let error = Diagnostic::error(PACK_FILE, format!("there is no `{path}` in the pack"))
                .with_hint("a pack is a folder with `pack.yaml`, `calendar.yaml` and `workflows/`");
            let findings = Findings::unreadable((self.display)(path), error);
            self.findings.push(findings);
            return None;
        }
        self.read(path)
    }

    /// A file that may be missing; none when it is there and cannot be read.
    fn optional<T>(&mut self, path: &str) -> Option<T>
    where
        T: serde::de::DeserializeOwned + Default,
    {
        match self.files.contains_key(path) {
            true => self.read(path),
            false => Some(T::default()),
        }
    }

    fn read<T: serde::de::DeserializeOwned>(&mut self, path: &str) -> Option<T> {
        let bytes = self.files.get(path)?.clone();
        let (value, findings) = match Source::from_bytes((self.display)(path), bytes) {
            Ok(source) => read(source),
            Err(error) => (None, Findings::unreadable((self.display)(path), error)),
        };
        self.findings.push(findings);
        value
    }

    /// Notes a finding about a file that has been read.
    fn report(&mut self, path: &str, diagnostic: Diagnostic) {
        let name = (self.display)(path);
        if let Some(findings) = self.findings.iter_mut().find(|f| *f.source.name == name) {
            findings.push(diagnostic);
        }
    }

    /// Notes a finding about a key of a file that has been read.
    fn report_key(&mut self, path: &str, diagnostic: Diagnostic, pointer: &str) {
        let name = (self.display)(path);
        if let Some(findings) = self.findings.iter_mut().find(|f| *f.source.name == name) {
            findings.push_key(diagnostic, pointer);
        }
    }

    fn check_head(&mut self, manifest: &file::Pack) {
        if let Err(message) = names::check_id(&manifest.id) {
            let error = Diagnostic::error(PACK_ID, message).with_pointer("/id");
            self.report(PACK, error);
        }
        if let Err(message) = names::check_version(&manifest.version) {
            let error = Diagnostic::error(PACK_VERSION, message).with_pointer("/version");
            self.report(PACK, error);
        }
    }

    fn check_types(&mut self, types: &file::Types) {
        for (name, schema) in types {
            for mistake in of_type(schema, types) {
                let pointer = format!("/{}{}", escape(name), mistake.pointer);
                self.report("types.yaml", of_mistake(PACK_TYPE, mistake, pointer));
            }
        }
    }

    fn check_calendar(&mut self, calendar: &file::Calendar) {
        if let Err(error) = Calendar::new(calendar) {
            let error = Diagnostic::error(PACK_CALENDAR, error.message).with_pointer(error.pointer);
            self.report("calendar.yaml", error);
        }
    }

    /// Every parameter with the value that the company sets, or its default.
    fn parameters(
        &mut self,
        parameters: &file::Parameters,
        manifest: &file::Pack,
        types: &file::Types,
    ) -> IndexMap<String, Parameter> {
        for name in manifest
            .values
            .keys()
            .filter(|name| !parameters.contains_key(*name))
        {
            let error =
                Diagnostic::error(PACK_PARAMETER, format!("no parameter is called `{name}`"))
                    .with_suggestion(name, parameters.keys().map(String::as_str));
            self.report_key(PACK, error, &format!("/values/{}", escape(name)));
        }
        let mut resolved = IndexMap::new();
        for (name, parameter) in parameters {
            let set = manifest.values.get(name);
            let value = set.unwrap_or(&parameter.default);
            let escaped = escape(name);
            let (path, place) = match set {
                Some(_) => (PACK, format!("/values/{escaped}")),
                None => ("parameters.yaml", format!("/{escaped}/default")),
            };
            for mistake in of_schema(&parameter.schema, types) {
                let pointer = format!("/{escaped}/schema{}", mistake.pointer);
                let error = of_mistake(PACK_PARAMETER, mistake, pointer);
                self.report("parameters.yaml", error);
            }
            if let Ok(schema) = Schema::compile(&parameter.schema, types) {
                for violation in schema.violations(value) {
                    let error = Diagnostic::error(PACK_PARAMETER, violation.message)
                        .with_pointer(format!("{place}{}", violation.pointer));
                    self.report(path, error);
                }
            }
            let parameter = Parameter {
                schema: parameter.schema.clone(),
                value: value.clone(),
            };
            resolved.insert(name.clone(), parameter);
        }
        resolved
    }
}

fn of_mistake(code: Code, mistake: SchemaError, pointer: String) -> Diagnostic {
    let error = Diagnostic::error(code, mistake.message).with_pointer(pointer);
    match mistake.hint {
        Some(hint) => error.with_hint(hint),
        None => error,
    }
}

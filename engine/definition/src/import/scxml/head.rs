//! The `<scxml>` element, and the workflow and pack around its states (SCXML 3.2).

use indexmap::IndexMap;

use super::states::blocks;
use super::xml::tag;
use super::{Importer, SCXML_SHAPE, SCXML_SYNTAX};
use crate::definition::{BUNDLE_FORMAT, Bundle};
use crate::diagnostic::{Diagnostic, quoted};
use crate::file::{Calendar, Event, On, OneOrMany, Role, Start, Text, Weekday, Workflow};
use crate::import::{IMPORT_REFUSED, Imported};
use crate::lower::lower;
use crate::pack::Pack;

/// The only role: everybody.
pub(in crate::import) const ANYONE: &str = "anyone";

/// The version of what is imported.
pub(in crate::import) const VERSION: &str = "1.0.0";

/// The attributes of `<scxml>`; `profile` and `exmode` are those of drafts.
const ATTRIBUTES: [&str; 7] = [
    "initial",
    "name",
    "version",
    "datamodel",
    "binding",
    "profile",
    "exmode",
];

impl Importer<'_> {
    /// The workflow of the document, if it is one.
    pub(super) fn workflow(&mut self) -> Option<Workflow> {
        let root = self.root;
        if tag(root) != "scxml" {
            let found = quoted(root.tag_name().name());
            let message = format!("expected `<scxml>`, found {found}");
            self.error(SCXML_SYNTAX, self.head(root), message);
            return None;
        }
        self.check_head();
        self.collect_names();
        self.collect_variables();
        for child in self.elements(root) {
            match tag(child) {
                "state" | "parallel" | "final" => {}
                "datamodel" => self.datamodel(child),
                _ => self.misplaced(child),
            }
        }
        let initial = self.filled(root, "initial").is_some();
        let initial = initial.then(|| self.initial(root)).flatten();
        let states = self.states(root, "");
        if states.is_empty() {
            self.error(SCXML_SHAPE, self.head(root), "expected at least one state");
        }
        let title = match self.name.is_empty() {
            true => "Imported chart".to_owned(),
            false => self.name.clone(),
        };
        Some(Workflow {
            id: self.workflow_id(),
            version: VERSION.to_owned(),
            title: Text::Plain(title),
            description: None,
            source: None,
            start: Start {
                roles: vec![ANYONE.to_owned()],
                requires: Vec::new(),
                accepts: self.givable(),
            },
            data: self.data_schema(),
            events: self.events.iter().map(|name| event(name)).collect(),
            open_events: true,
            delays: IndexMap::new(),
            initial,
            states,
            on: On::default(),
            invoke: OneOrMany::default(),
            entry: blocks(self.early_values()),
            exit: OneOrMany::default(),
        })
    }

    fn check_head(&mut self) {
        let root = self.root;
        self.check_attributes(root, &ATTRIBUTES);
        if let Some(name) = self.attribute(root, "name") {
            self.name = name.value.to_owned();
        }
        if let Some(version) = self.attribute(root, "version").filter(|v| v.value != "1.0") {
            let message = format!("expected version `1.0`, found {}", quoted(version.value));
            self.error(SCXML_SHAPE, version.span, message);
        }
        self.check_model();
        if let Some(binding) = self.attribute(root, "binding") {
            match binding.value {
                "early" => {}
                "late" => self.is_late = true,
                other => {
                    let message = format!("expected `early` or `late`, found {}", quoted(other));
                    self.error(SCXML_SHAPE, binding.span, message);
                }
            }
        }
    }

    /// The data model, which drafts of SCXML called `profile`.
    fn check_model(&mut self) {
        let root = self.root;
        let profile = self.filled(root, "profile");
        if let Some(model) = self.filled(root, "datamodel") {
            if let Some(profile) = profile.filter(|profile| profile.value != model.value) {
                let message = format!(
                    "expected the `profile` to be the data model, {}",
                    quoted(model.value)
                );
                self.doubtful(
                    profile.span,
                    message,
                    "`datamodel` counts; leave `profile` away",
                );
            }
            if !self.model(model.value) {
                let message = format!("the data model {} cannot be imported", quoted(model.value));
                let hint = "`null` and `cel` can, and what ECMAScript has in common with CEL";
                self.unsupported(model.span, message, hint);
            }
        } else if let Some(profile) = profile
            && !self.model(profile.value)
        {
            let message = format!(
                "the profile {} is not known, so it is left away",
                quoted(profile.value)
            );
            self.doubtful(profile.span, message, "say the data model with `datamodel`");
        }
        if let Some(mode) = self
            .filled(root, "exmode")
            .filter(|mode| !["lax", "strict"].contains(&mode.value))
        {
            let message = format!("expected `lax` or `strict`, found {}", quoted(mode.value));
            self.doubtful(
                mode.span,
                message,
                "`exmode` has no part in a workflow; leave it away",
            );
        }
    }

    /// Takes a data model; false when it is none that can be imported.
    fn model(&mut self, name: &str) -> bool {
        match name {
            "null" => self.is_null = true,
            "ecmascript" => self.is_ecmascript = true,
            other => return other == "cel",
        }
        true
    }

    /// The name in kebab-case, which must not be that of a state.
    fn workflow_id(&self) -> String {
        let words = self.name.split(|c: char| !c.is_ascii_alphanumeric());
        let words: Vec<String> = words
            .filter(|word| !word.is_empty())
            .map(str::to_ascii_lowercase)
            .collect();
        let mut id = match words.is_empty() {
            true => "imported".to_owned(),
            false => words.join("-"),
        };
        while self.names.node(&id).is_some() {
            id.push_str("-workflow");
        }
        id
    }
}

pub(in crate::import) fn event(name: &str) -> (String, Event) {
    let event = Event {
        title: Text::Plain(name.to_owned()),
        description: None,
        source: None,
        roles: vec![ANYONE.to_owned()],
        requires: Vec::new(),
        accepts: Vec::new(),
        input: IndexMap::new(),
        required: Vec::new(),
    };
    (name.to_owned(), event)
}

/// A pack with nothing of its own.
pub(in crate::import) fn pack() -> Pack {
    let anyone = Role {
        title: Text::Plain("Anyone".to_owned()),
        description: None,
        source: None,
    };
    Pack {
        id: "imported".to_owned(),
        version: VERSION.to_owned(),
        title: Text::Plain("Imported charts".to_owned()),
        roles: std::iter::once((ANYONE.to_owned(), anyone)).collect(),
        parameters: IndexMap::new(),
        types: IndexMap::new(),
        calendar: Calendar {
            title: Text::Plain("UTC".to_owned()),
            time_zone: "UTC".to_owned(),
            working_days: vec![
                Weekday::Monday,
                Weekday::Tuesday,
                Weekday::Wednesday,
                Weekday::Thursday,
                Weekday::Friday,
            ],
            holidays: Vec::new(),
            make_up_days: Vec::new(),
        },
    }
}

/// A workflow that can be lowered, with its pack. What is still wrong with it is said of the workflow,
/// because nothing that SCXML says in one place has caused it.
pub(in crate::import) fn imported(
    workflow: Workflow,
    findings: Vec<Diagnostic>,
) -> Result<Imported, Vec<Diagnostic>> {
    imported_with(workflow, pack(), findings)
}

/// As [`imported`], in a pack that is at hand.
pub(in crate::import) fn imported_with(
    workflow: Workflow,
    pack: Pack,
    findings: Vec<Diagnostic>,
) -> Result<Imported, Vec<Diagnostic>> {
    let bundle = Bundle {
        format: BUNDLE_FORMAT,
        workflow: workflow.clone(),
        pack: pack.clone(),
    };
    let (definition, wrong) = lower(bundle, None, None, None);
    if definition.is_some() {
        return Ok(Imported {
            workflow,
            pack,
            findings,
        });
    }
    let wrong = wrong.into_iter().filter(Diagnostic::is_error);
    let wrong = wrong.map(|mut error| {
        error.code = IMPORT_REFUSED;
        error
    });
    Err(findings.into_iter().chain(wrong).collect())
}

//! The names of states: paths of keys, and ids.

use std::sync::Arc;

use indexmap::IndexMap;

use super::codes::{STATE_DUPLICATE, STATE_KEY};
use crate::diagnostic::{Diagnostic, quoted};
use crate::file;
use crate::read::escape;

/// Every state of a workflow by its path (`retaining.executive.talks-due`).
#[derive(Debug, Default)]
pub(super) struct Names {
    by_path: IndexMap<String, Name>,
}

#[derive(Debug)]
struct Name {
    id: Arc<str>,
    pointer: String,
}

impl Names {
    pub(super) fn of(workflow: &file::Workflow, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let mut names = Names::default();
        names.collect(&workflow.states, "", "", diagnostics);
        let mut seen: IndexMap<&str, &str> = IndexMap::new();
        seen.insert(&workflow.id, "/id");
        for name in names.by_path.values() {
            if let Some(first) = seen.insert(&name.id, &name.pointer) {
                let message = format!("two states have the id `{}`", name.id);
                let hint = match first {
                    "/id" => "the workflow itself has this id".to_owned(),
                    first => format!("the other one is at `{first}`"),
                };
                let error = Diagnostic::error(STATE_DUPLICATE, message)
                    .with_pointer(&*name.pointer)
                    .with_hint(hint);
                diagnostics.push(error);
            }
        }
        names
    }

    fn collect(
        &mut self,
        states: &IndexMap<String, file::State>,
        parent: &str,
        pointer: &str,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        for (key, state) in states {
            let path = join(parent, key);
            let pointer = format!("{pointer}/states/{}", escape(key));
            if !is_name(key) {
                let message = format!("expected letters, digits, `-` and `_`, found `{key}`");
                let error = Diagnostic::error(STATE_KEY, message).with_pointer(&*pointer);
                diagnostics.push(error);
            }
            let id = state.id.as_deref().unwrap_or(&path).into();
            self.collect(&state.states, &path, &pointer, diagnostics);
            self.by_path.insert(path, Name { id, pointer });
        }
    }

    /// The id of the state at a path.
    pub(super) fn id(&self, path: &str) -> Option<&Arc<str>> {
        self.by_path.get(path).map(|name| &name.id)
    }

    /// Whether a state has this id.
    pub(super) fn has_id(&self, id: &str) -> bool {
        self.by_path.values().any(|name| &*name.id == id)
    }

    /// Where the state with this id stands in the file; the whole file when it is none.
    pub(super) fn pointer(&self, id: &str) -> &str {
        let mut names = self.by_path.values();
        names
            .find(|name| &*name.id == id)
            .map_or("", |name| &name.pointer)
    }

    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.by_path.keys().map(String::as_str)
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = &str> {
        self.by_path.values().map(|name| &*name.id)
    }
}

/// A path one key longer.
pub(super) fn join(parent: &str, key: &str) -> String {
    match parent {
        "" => key.to_owned(),
        parent => format!("{parent}.{key}"),
    }
}

/// Whether a workflow or a pack may be called this.
pub(crate) fn check_id(id: &str) -> Result<(), String> {
    match is_kebab_case(id) {
        true => Ok(()),
        false => Err(format!(
            "expected a name in kebab-case such as `complaint-handling`, found {}",
            quoted(id)
        )),
    }
}

/// Whether a workflow or a pack may have this version.
pub(crate) fn check_version(version: &str) -> Result<(), String> {
    match semver::Version::parse(version) {
        Ok(_) => Ok(()),
        Err(_) => Err(format!(
            "expected a semantic version such as `1.0.0`, found {}",
            quoted(version)
        )),
    }
}

/// Lower-case letters, digits and single hyphens between them.
fn is_kebab_case(text: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    };
    text.split('-').all(part)
}

/// Letters of any script, digits, `-` and `_`.
pub(super) fn is_name(text: &str) -> bool {
    let allowed = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    !text.is_empty() && text.chars().all(allowed)
}

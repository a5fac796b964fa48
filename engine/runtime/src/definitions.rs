//! The definitions in use: the current one of each workflow, and those that open cases are pinned to.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use casewright_definition::diagnostic::Diagnostic;
use casewright_definition::{Definition, Digest};
use casewright_store::tables::Table;
use casewright_store::{Store, StoreError};

use crate::plugins::Plugins;

/// Compiled definitions.
#[derive(Default)]
pub struct Definitions {
    inner: RwLock<Inner>,
}

#[derive(Default)]
struct Inner {
    current: BTreeMap<Arc<str>, Arc<Definition>>,
    by_digest: HashMap<Digest, Arc<Definition>>,
}

impl Definitions {
    /// Definitions that were compiled before, and need not be again.
    pub fn knowing(known: &[Arc<Definition>]) -> Self {
        let definitions = Definitions::default();
        {
            let mut inner = definitions
                .inner
                .write()
                .unwrap_or_else(PoisonError::into_inner);
            let known = known.iter().cloned();
            inner.by_digest = known
                .map(|definition| (definition.digest, definition))
                .collect();
        }
        definitions
    }

    /// Makes those current that are in a store.
    pub(crate) fn of(self, store: &Store) -> Result<Self, StoreError> {
        for stored in store.definitions()? {
            let known = self.read(|inner| inner.by_digest.get(&stored.digest).cloned());
            let definition = match known {
                Some(definition) => definition,
                None => Arc::new(compile(stored.digest, stored.bundle)?),
            };
            self.make_current(definition);
        }
        Ok(self)
    }

    /// The definition that new cases of a workflow start with.
    pub fn current(&self, workflow: &str) -> Option<Arc<Definition>> {
        self.read(|inner| inner.current.get(workflow).cloned())
    }

    /// Every workflow's current definition, by id.
    pub fn all(&self) -> Vec<Arc<Definition>> {
        self.read(|inner| inner.current.values().cloned().collect())
    }

    /// What is wrong with the current definitions when they ask other plugins than before: an id and what
    /// `check` says, for each.
    pub(crate) fn misfits(&self, before: &Plugins, after: &Plugins) -> Vec<(Arc<str>, Diagnostic)> {
        let (before, after) = (before.functions(), after.functions());
        let of = |definition: Arc<Definition>| {
            let mut found = definition.against(&after);
            if !found.is_empty() {
                // What was wrong before is no reason.
                let known = definition.against(&before);
                found.retain(|diagnostic| !known.contains(diagnostic));
            }
            let id = definition.id.clone();
            found
                .into_iter()
                .map(move |diagnostic| (id.clone(), diagnostic))
        };
        self.all().into_iter().flat_map(of).collect()
    }

    /// The definition with this digest, compiled now if it has not been needed since the start.
    ///
    /// # Errors
    /// The store failed or has no such definition.
    pub fn get(&self, digest: Digest, store: &Store) -> Result<Arc<Definition>, StoreError> {
        if let Some(definition) = self.read(|inner| inner.by_digest.get(&digest).cloned()) {
            return Ok(definition);
        }
        let bundle = store
            .definition(digest)?
            .ok_or_else(|| StoreError::Corrupt {
                table: Table::Definitions,
                message: format!("definition {digest} is missing"),
            })?;
        let definition = Arc::new(compile(digest, bundle)?);
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        inner.by_digest.insert(digest, definition.clone());
        Ok(definition)
    }

    pub(crate) fn make_current(&self, definition: Arc<Definition>) {
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        inner
            .by_digest
            .insert(definition.digest, definition.clone());
        inner.current.insert(definition.id.clone(), definition);
    }

    /// Nothing that panics runs under the lock, so a poisoned one still holds what it held.
    fn read<T>(&self, look: impl FnOnce(&Inner) -> T) -> T {
        look(&self.inner.read().unwrap_or_else(PoisonError::into_inner))
    }
}

pub(crate) fn compile(
    digest: Digest,
    bundle: casewright_definition::Bundle,
) -> Result<Definition, StoreError> {
    Definition::compile(digest, bundle).map_err(|diagnostics| {
        let told: Vec<String> = diagnostics
            .iter()
            .map(|diagnostic| diagnostic.message.to_string())
            .collect();
        StoreError::Corrupt {
            table: Table::Definitions,
            message: format!(
                "definition {digest} cannot be compiled: {}",
                told.join("; ")
            ),
        }
    })
}

//! Many steps at a time: cases that come from elsewhere, into a store that nobody else uses.
//!
//! Each step is a real one, with its record, timers and index entries. What a running server does for
//! each command alone - lanes, waiting for others, answering - is not needed here.

use std::path::Path;
use std::sync::Arc;

use casewright_case::{Actor, Outcome, Refusal, Setting};
use casewright_chart::Limits;
use casewright_definition::{Definition, Digest};
use casewright_store::tables::Table;
use casewright_store::{StepWrite, Store, StoreError, StoredCase, WriteAhead};
use serde_json::Value as Json;

use crate::clock::Clock;
use crate::error::CommandError;
use crate::jobs::of_step;
use crate::plugins::Plugins;
use crate::runtime::{case_of, corrupt};

/// A store that is filled, with the workflow of the cases.
pub struct Bulk {
    store: Store,
    definition: Arc<Definition>,
    plugins: Plugins,
    clock: Arc<dyn Clock>,
    limits: Limits,
}

impl Bulk {
    /// Opens the store in a folder, and makes a definition the current one of its workflow.
    ///
    /// # Errors
    /// The folder cannot be used, or is in use.
    pub fn open_folder(
        folder: &Path,
        definition: Definition,
        plugins: Plugins,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StoreError> {
        let store = Store::open(Box::new(WriteAhead::open(folder)?))?;
        store.apply(&[(definition.digest, &definition.bundle)])?;
        Ok(Bulk {
            store,
            definition: Arc::new(definition),
            plugins,
            clock,
            limits: Limits::default(),
        })
    }

    /// Opens cases in one commit.
    ///
    /// # Errors
    /// One cannot be opened, or is there already. None is opened then.
    pub fn open(&self, cases: &[(String, Json)], actor: &Actor) -> Result<(), CommandError> {
        let steps = cases.iter().map(|(id, data)| {
            let outcome = casewright_case::open(self.setting(), id, data, actor);
            self.step(None, outcome)
        });
        self.commit(steps.collect::<Result<_, _>>()?)
    }

    /// Sends each of some cases an event, in one commit.
    ///
    /// # Errors
    /// A case is not there or does not take it. None takes it then.
    pub fn send(
        &self,
        cases: &[(String, Json)],
        event: &str,
        actor: &Actor,
    ) -> Result<(), CommandError> {
        let steps = cases.iter().map(|(id, data)| {
            let stored = self.store.case(id)?;
            let stored = stored.ok_or_else(|| CommandError::UnknownCase(id.clone()))?;
            if Digest(stored.record.definition) != self.definition.digest {
                let message = format!("case `{id}` runs by another definition");
                return Err(corrupt(Table::Cases, message).into());
            }
            let case = case_of(id, &stored, &self.definition)?;
            let outcome = casewright_case::send(self.setting(), &case, event, data, actor);
            self.step(Some(stored), outcome)
        });
        self.commit(steps.collect::<Result<_, _>>()?)
    }

    fn setting(&self) -> Setting<'_> {
        Setting {
            definition: &self.definition,
            decide: &self.plugins,
            now: self.clock.now(),
            limits: &self.limits,
        }
    }

    fn step(
        &self,
        before: Option<StoredCase>,
        outcome: Result<Outcome, Refusal>,
    ) -> Result<StepWrite, CommandError> {
        let outcome = outcome.map_err(|refusal| CommandError::Refused {
            refusal,
            case: None,
        })?;
        let Outcome {
            case,
            record,
            effects,
        } = outcome;
        let (started, ended) = of_step(&self.store, before.as_ref(), &case, record.at, effects)?;
        Ok(StepWrite {
            before,
            case,
            definition: self.definition.clone(),
            record,
            fired: None,
            started,
            ended,
            answer: None,
        })
    }

    fn commit(&self, steps: Vec<StepWrite>) -> Result<(), CommandError> {
        self.store.commit(&steps)?;
        Ok(())
    }
}

//! Looking at cases.

use casewright_case::{Actor, Case, Possible, Record, Setting};
use casewright_store::CaseFilter;
use casewright_store::tables::Table;

use crate::error::CommandError;
use crate::plugins::Nobody;
use crate::runtime::{Runtime, View, corrupt};

impl Runtime {
    /// Whether the store takes steps, as far as the last one tells.
    pub fn is_well(&self) -> bool {
        !self.store().has_failed()
    }

    /// How many steps were written since the start, and in how many commits.
    pub fn written(&self) -> (u64, u64) {
        self.store().written()
    }

    /// A case.
    ///
    /// # Errors
    /// There is none with this id, or the store failed.
    pub fn case(&self, id: &str) -> Result<View, CommandError> {
        self.load(id).map(|(_, view)| view)
    }

    /// What an actor may do next with a case.
    pub fn possible<'a>(&'a self, view: &'a View, actor: &Actor) -> Vec<Possible<'a>> {
        let setting = self.setting(&view.definition, &Nobody, self.now());
        casewright_case::possible(setting, &view.case, actor)
    }

    /// Explains a case with what a step would be taken with now. What may take long goes to a thread
    /// that may be slow.
    ///
    /// # Errors
    /// It panicked.
    pub async fn explained<T: Send + 'static>(
        &self,
        view: &View,
        explain: impl FnOnce(Setting<'_>, &Case) -> T + Send + 'static,
    ) -> Result<T, CommandError> {
        let View { case, definition } = view.clone();
        let (decide, now) = (self.decider(), self.now());
        if !definition.may_take_long {
            return Ok(explain(self.setting(&definition, &*decide, now), &case));
        }
        let runtime = self.clone();
        let workflow = definition.bundle.workflow.id.clone();
        self.compute(&workflow, move || {
            explain(runtime.setting(&definition, &*decide, now), &case)
        })
        .await
    }

    /// A case, and up to `limit` of its records that follow the revision `after`: the oldest first, each
    /// with its place in the journal.
    ///
    /// # Errors
    /// There is no case with this id, or the store failed.
    pub fn history(
        &self,
        id: &str,
        after: u64,
        limit: usize,
    ) -> Result<(View, Vec<(u64, Record)>), CommandError> {
        let (stored, view) = self.load(id)?;
        let chart = &view.definition.chart;
        let records = self.store().history(&stored.record, after, limit)?;
        let mut history = Vec::with_capacity(records.len());
        for (sequence, record) in records {
            let record = record.into_record(chart);
            let record = record.map_err(|message| corrupt(Table::Journal, message))?;
            history.push((sequence, record));
        }
        Ok((view, history))
    }

    /// Cases in the order of their ids, after `after` if it is given, each as `show` puts it: a page of
    /// whole cases may be large. One that is damaged is left out, and the log says so.
    ///
    /// # Errors
    /// The store failed.
    pub fn cases<T>(
        &self,
        filter: &CaseFilter,
        after: Option<&str>,
        limit: usize,
        show: impl Fn(&View) -> T,
    ) -> Result<Vec<T>, CommandError> {
        let ids = self.store().case_ids(filter, after, limit)?;
        let mut shown = Vec::with_capacity(ids.len());
        for id in ids {
            match self.case(&id) {
                Ok(view) => shown.push(show(&view)),
                Err(error) => tracing::error!(case = id, %error, "a case cannot be listed"),
            }
        }
        Ok(shown)
    }
}

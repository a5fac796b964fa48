//! One run of a workflow.

use std::sync::Arc;

use casewright_chart::{Chart, Event, Scope, Snapshot, StateIndex, Status, Timestamp};
use casewright_definition::{Circumstances, Definition, Digest, Subject};

use crate::actor::Actor;

/// The longest id of a case, in bytes.
pub const MAX_CASE_ID_BYTES: usize = 128;

/// One run of a workflow for one account, project or complaint.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// Its id, unique in the store.
    pub id: Arc<str>,
    /// The workflow that it runs.
    pub workflow: Arc<str>,
    /// The definition of the workflow that it started with, and keeps.
    pub definition: Digest,
    /// How many steps it has taken; the first one, which opened it, is 1.
    pub revision: u64,
    /// When it was opened.
    pub created_at: Timestamp,
    /// Who opened it.
    pub created_by: Arc<str>,
    /// When its last step was taken.
    pub updated_at: Timestamp,
    /// Where it stands.
    pub snapshot: Snapshot,
}

impl Case {
    /// Whether it has ended.
    pub fn is_done(&self) -> bool {
        matches!(self.snapshot.status, Status::Done(_))
    }

    /// The ids of its active atomic states, in document order.
    pub fn active<'a>(&'a self, chart: &'a Chart) -> impl Iterator<Item = &'a Arc<str>> {
        let atomic = chart.atomic_states(&self.snapshot.configuration);
        atomic.map(|state: StateIndex| &chart.state(state).id)
    }

    /// What guards see when an event comes.
    pub(crate) fn scope<'a>(
        &'a self,
        definition: &'a Definition,
        event: Option<&'a Event>,
        now: Timestamp,
    ) -> Scope<'a> {
        Scope {
            chart: &definition.chart,
            configuration: &self.snapshot.configuration,
            data: &self.snapshot.data,
            event,
            now,
            locals: &[],
        }
    }

    /// What expressions see of the case and of who acts on it.
    pub fn circumstances(&self, actor: &Actor) -> Circumstances {
        circumstances(
            &self.id,
            &self.workflow,
            self.created_at,
            &self.created_by,
            actor,
        )
    }
}

pub(crate) fn circumstances(
    id: &Arc<str>,
    workflow: &Arc<str>,
    created_at: Timestamp,
    created_by: &Arc<str>,
    actor: &Actor,
) -> Circumstances {
    Circumstances {
        actor: actor.to_value(),
        case: Subject {
            id: id.clone(),
            workflow: workflow.clone(),
            created_at,
            created_by: created_by.clone(),
        },
    }
}

/// What is wrong with an id for a case; none when nothing is. Ids stand in addresses and in files of
/// other systems, so they are letters, digits and `-`, `_`, `.`, `:`, `~`; and `.` and `..`, which
/// addresses leave out (RFC 3986, 5.2.4), are none.
pub fn check_id(id: &str) -> Option<String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.:~".contains(c);
    if id.is_empty() || id.len() > MAX_CASE_ID_BYTES {
        let found = id.len();
        return Some(format!(
            "expected an id of 1 to {MAX_CASE_ID_BYTES} bytes, found {found}"
        ));
    }
    if [".", ".."].contains(&id) {
        return Some(format!(
            "expected an id that an address can hold, found `{id}`, which addresses leave out"
        ));
    }
    let wrong = id.chars().find(|c| !allowed(*c))?;
    Some(format!(
        "expected an id of letters, digits and `-`, `_`, `.`, `:`, `~`, found `{}` in it",
        wrong.escape_default()
    ))
}

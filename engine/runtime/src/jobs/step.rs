//! The jobs that a step starts and ends.

use casewright_case::Case;
use casewright_chart::{Effect, Timestamp};
use casewright_store::{JobKey, JobRecord, StartedJob, Store, StoreError, StoredCase, StoredJob};

/// The jobs that a step starts, and those that it ends: of services that ran before it, and do not after it.
///
/// # Errors
/// The store failed.
pub(crate) fn of_step(
    store: &Store,
    before: Option<&StoredCase>,
    case: &Case,
    at: Timestamp,
    effects: Vec<Effect>,
) -> Result<(Vec<StartedJob>, Vec<StoredJob>), StoreError> {
    let runs = |number: u64| {
        let mut running = case.snapshot.invocations.iter();
        running.any(|invocation| invocation.sequence == number)
    };
    let started = effects.into_iter().filter_map(|effect| match effect {
        Effect::Start {
            sequence,
            id,
            source,
            input,
        } if runs(sequence) => Some(StartedJob {
            sequence,
            record: JobRecord::new(&id, &source, input, at),
        }),
        _ => None,
    });
    let ran = before.map_or(&[][..], |before| &before.record.invocations);
    let mut ended = Vec::new();
    for invocation in ran.iter().filter(|of| !runs(of.sequence)) {
        ended.extend(store.job(&JobKey::new(&case.id, invocation.sequence))?);
    }
    Ok((started.collect(), ended))
}

//! One attempt at a job, and what comes of it.

use std::fmt::Write as _;
use std::sync::atomic::Ordering;

use casewright_case::{Actor, Refusal, Served, takes_failure};
use casewright_chart::{Returned, Value};
use casewright_store::{FailureRecord, JobKey, Queued, StoredJob};
use sha2::{Digest, Sha256};

use crate::error::CommandError;
use crate::lane::Turn;
use crate::runtime::Runtime;
use crate::services::{Retry, ServiceAnswer, ServiceCall, ServiceError};

use super::backoff::{ATTEMPTS, rest};

/// What an attempt tells of the plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// It answers, even if it declines.
    Answered,
    /// It does not, for now.
    Failed,
    /// Nothing.
    Nothing,
}

/// Makes one attempt at a job, and writes what came of it.
///
/// # Errors
/// What came of it could not be written; the job is as it was.
pub(super) async fn attempt(runtime: &Runtime, queued: Queued) -> Result<Told, CommandError> {
    let Some(job) = waiting(runtime, &queued).await? else {
        return Ok(Told::Nothing);
    };
    let call = call(&job);
    let key = call.idempotency_key.clone();
    let services = runtime.services();
    let answered = runtime.aside(move || services.serve(&call)).await;
    let answered = answered.unwrap_or_else(|error| {
        Err(ServiceError {
            digest: "".into(),
            code: "internal".into(),
            message: error.to_string().into(),
            details: Value::Null,
            retry: Retry::Later,
        })
    });
    let counters = runtime.counters();
    counters.attempts.fetch_add(1, Ordering::Relaxed);
    if answered.is_err() {
        counters.failures.fetch_add(1, Ordering::Relaxed);
    }
    let told = match &answered {
        Err(error) if error.retry != Retry::Never => Told::Failed,
        _ => Told::Answered,
    };
    let turn = runtime.lanes().place(&job.key.case).turn().await;
    // It may have been ended, or tried anew, in the meantime.
    let Some(job) = runtime.store().job(&job.key)? else {
        return Ok(told);
    };
    match answered {
        Ok(answer) => done(runtime, job, answer, &key, turn).await?,
        Err(error) => failed(runtime, job, error, &key, turn).await?,
    }
    Ok(told)
}

/// The job that waits at a place of the queue, if one does.
async fn waiting(runtime: &Runtime, queued: &Queued) -> Result<Option<StoredJob>, CommandError> {
    let found = |runtime: &Runtime| {
        let job = runtime.store().job(&queued.key)?;
        Ok::<_, CommandError>(job.filter(|job| job.queue_key() == queued.bytes()))
    };
    if let Some(job) = found(runtime)? {
        return Ok(Some(job));
    }
    // Whoever changes it now is done once it is our turn.
    let _turn = runtime.lanes().place(&queued.key.case).turn().await;
    let job = found(runtime)?;
    if job.is_none() {
        let queued = queued.clone();
        runtime
            .on_store(move |store| store.drop_queued(&queued))
            .await?;
    }
    Ok(job)
}

fn call(job: &StoredJob) -> ServiceCall {
    let record = &job.record;
    ServiceCall {
        plugin: record.plugin().to_owned(),
        function: record.function_name().to_owned(),
        input: record.input.clone(),
        idempotency_key: idempotency_key(&job.key),
        attempt: record.attempts.saturating_add(1),
        case: job.key.case.clone(),
    }
}

/// The same for every attempt at a job: the SHA-256 of its case and its number there, of which 128 bits, in
/// hexadecimal.
fn idempotency_key(key: &JobKey) -> String {
    let hash = Sha256::digest(key.bytes());
    let mut text = String::new();
    for byte in hash.iter().take(16) {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

async fn done(
    runtime: &Runtime,
    job: StoredJob,
    answer: ServiceAnswer,
    idempotency_key: &str,
    turn: Turn,
) -> Result<(), CommandError> {
    let served = Served {
        function: job.record.function.as_str().into(),
        digest: answer.digest,
        returned: Returned::Done(answer.output),
    };
    settle(runtime, job, served, idempotency_key, turn).await
}

async fn failed(
    runtime: &Runtime,
    job: StoredJob,
    error: ServiceError,
    idempotency_key: &str,
    turn: Turn,
) -> Result<(), CommandError> {
    let attempts = job.record.attempts.saturating_add(1);
    let asked = match error.retry {
        Retry::After(asked) => Some(asked),
        Retry::Never | Retry::Later => None,
    };
    let failure = FailureRecord::new(runtime.now(), &error.code, &error.message);
    if error.retry != Retry::Never && attempts < ATTEMPTS {
        let due = rest(idempotency_key, attempts, asked);
        let due = u64::try_from(due.as_millis()).unwrap_or(u64::MAX);
        return keep(runtime, job, failure, Some(due)).await;
    }
    let view = runtime.case(&job.key.case)?;
    if !takes_failure(&view.definition, &view.case, job.key.sequence) {
        return keep(runtime, job, failure, None).await;
    }
    let served = Served {
        function: job.record.function.as_str().into(),
        digest: error.digest.clone(),
        returned: Returned::Failed(error.to_value()),
    };
    settle(runtime, job, served, idempotency_key, turn).await
}

/// Gives the case what the service came to. What the case cannot take is kept, and tried again like an attempt that
/// failed: the answer itself is not kept, the idempotency key is the same.
async fn settle(
    runtime: &Runtime,
    job: StoredJob,
    served: Served,
    idempotency_key: &str,
    turn: Turn,
) -> Result<(), CommandError> {
    let actor = Actor::service(&served.function);
    match runtime.settle(&job.key, served, actor, turn).await {
        Err(CommandError::Refused { refusal, .. }) if refusal != Refusal::NotPending => {
            let _turn = runtime.lanes().place(&job.key.case).turn().await;
            let Some(job) = runtime.store().job(&job.key)? else {
                return Ok(());
            };
            let message = format!("the case does not take what it came to: {refusal}");
            let failure = FailureRecord::new(runtime.now(), "step-refused", &message);
            let attempts = job.record.attempts.saturating_add(1);
            let due = (attempts < ATTEMPTS).then(|| rest(idempotency_key, attempts, None));
            let due = due.map(|due| u64::try_from(due.as_millis()).unwrap_or(u64::MAX));
            keep(runtime, job, failure, due).await
        }
        Ok(_) | Err(CommandError::Refused { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Keeps a job for another attempt in so many milliseconds, or for an operator. Whoever calls this holds the lane
/// of its case.
async fn keep(
    runtime: &Runtime,
    job: StoredJob,
    failure: FailureRecord,
    in_ms: Option<u64>,
) -> Result<(), CommandError> {
    let due = in_ms.map(|ms| runtime.now().after_ms(ms));
    let (case, sequence) = (&job.key.case, job.key.sequence);
    let FailureRecord { code, message, .. } = &failure;
    let function = &job.record.function;
    match due {
        Some(due) => {
            tracing::info!(case, sequence, function, code, message, %due, "a service is tried again");
        }
        None => {
            runtime.counters().given_up.fetch_add(1, Ordering::Relaxed);
            tracing::error!(
                case,
                sequence,
                function,
                code,
                message,
                "a service is given up"
            );
        }
    }
    let record = job.record.clone().failed(failure, due);
    runtime
        .on_store(move |store| store.change_job(&job, &record))
        .await
}

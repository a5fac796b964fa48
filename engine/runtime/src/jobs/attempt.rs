//! One attempt at a job, and what comes of it.

use std::fmt::Write as _;
use std::sync::atomic::Ordering;
use std::time::Duration;

use casewright_case::{Actor, Refusal, Served};
use casewright_chart::{Returned, Value};
use casewright_store::{FailureRecord, Queued, StoreError, StoredJob};
use sha2::{Digest, Sha256};
use tokio::time::timeout;

use crate::error::CommandError;
use crate::lane::Turn;
use crate::runtime::Runtime;
use crate::services::{Retry, ServiceAnswer, ServiceCall, ServiceError};

use super::backoff::{ATTEMPTS, rest};

/// How long to rest before something is written once more that could not be.
const WRITE_RETRY: Duration = Duration::from_secs(1);

/// What an attempt tells of the plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// It answers, even if it declines.
    Answered,
    /// It does not, for now.
    Failed,
    /// Nothing.
    Nothing,
    /// Nothing: the job or its case cannot be read, or what came of it cannot be written for a reason that will
    /// not pass.
    Unreadable,
}

/// Makes one attempt at a job, and writes what came of it. While that cannot be written, the answer is kept.
pub(super) async fn attempt(runtime: Runtime, queued: Queued) -> Told {
    let attempted = try_out(&runtime, &queued).await;
    attempted.unwrap_or_else(|error| {
        let (case, sequence) = (&queued.key.case, queued.key.sequence);
        tracing::error!(case, sequence, %error, "a service cannot be run");
        Told::Unreadable
    })
}

async fn try_out(runtime: &Runtime, queued: &Queued) -> Result<Told, CommandError> {
    let Some(job) = waiting(runtime, queued).await? else {
        return Ok(Told::Nothing);
    };
    // Nothing is done in the world for a case that could not hear of it.
    runtime.case(&job.key.case)?;
    let call = call(&job);
    let answered = ask(runtime, call.clone()).await;
    let told = match &answered {
        Err(error) if error.retry != Retry::Never => Told::Failed,
        _ => Told::Answered,
    };
    loop {
        match write(runtime, &call, &job, answered.clone()).await {
            Ok(()) => return Ok(told),
            Err(CommandError::Stopped) => return Ok(Told::Nothing),
            Err(error) if will_pass(&error) => {
                let (case, sequence) = (&job.key.case, job.key.sequence);
                tracing::warn!(case, sequence, %error, "what came of a service cannot be written yet");
                if timeout(WRITE_RETRY, runtime.stopping()).await.is_ok() {
                    return Ok(Told::Nothing);
                }
            }
            Err(error) => return Err(error),
        }
    }
}

async fn ask(runtime: &Runtime, call: ServiceCall) -> Result<ServiceAnswer, ServiceError> {
    let services = runtime.services();
    let answered = runtime.aside(move || services.serve(&call)).await;
    let answered = answered.unwrap_or_else(|error| {
        Err(ServiceError {
            digest: "".into(),
            code: INTERNAL.into(),
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
    answered
}

/// The code of a failure of the engine itself.
const INTERNAL: &str = "internal";

/// Whether the same may well succeed a moment later.
fn will_pass(error: &CommandError) -> bool {
    match error {
        CommandError::Busy => true,
        CommandError::Store(error) => {
            matches!(**error, StoreError::Io(_) | StoreError::Conflict { .. })
        }
        _ => false,
    }
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
        idempotency_key: idempotency_key(job),
        attempt: record.attempts.saturating_add(1),
        case: job.key.case.clone(),
    }
}

/// The same for every attempt at a job: the SHA-256 of its case, its number there and when it was started, of
/// which 128 bits, in hexadecimal.
fn idempotency_key(job: &StoredJob) -> String {
    let hash = Sha256::new()
        .chain_update(job.key.bytes())
        .chain_update(job.record.started().unix_ms().to_be_bytes())
        .finalize();
    let mut text = String::new();
    for byte in hash.iter().take(16) {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Writes what came of an attempt: a step of the case, or the job for a later attempt.
async fn write(
    runtime: &Runtime,
    call: &ServiceCall,
    job: &StoredJob,
    answered: Result<ServiceAnswer, ServiceError>,
) -> Result<(), CommandError> {
    let turn = runtime.lanes().place(&job.key.case).turn().await;
    // It may have been ended in the meantime, or been told to be tried anew.
    let Some(job) = runtime.store().job(&job.key)? else {
        return Ok(());
    };
    let attempts = job.record.attempts.saturating_add(1);
    let function = job.record.function.as_str().into();
    let (served, failure) = match answered {
        Ok(answer) => {
            let served = Served {
                function,
                digest: answer.digest,
                returned: Returned::Done(answer.output),
            };
            (served, None)
        }
        Err(error) => {
            let failure = FailureRecord::new(runtime.now(), &error.code, &error.message);
            let asked = match error.retry {
                Retry::After(asked) => Some(asked),
                Retry::Never | Retry::Later => None,
            };
            if error.retry != Retry::Never && attempts < ATTEMPTS {
                let rest = rest(&call.idempotency_key, attempts, asked);
                return keep(runtime, job, failure, Some(rest), turn).await;
            }
            let served = Served {
                function,
                digest: error.digest.clone(),
                returned: Returned::Failed(error.to_value()),
            };
            (served, Some(failure))
        }
    };
    let actor = Actor::service(&served.function);
    let why = match runtime.settle(&job.key, served, actor, turn).await {
        Ok(_) => return Ok(()),
        Err(CommandError::Refused { refusal, .. }) => match (refusal, failure) {
            (Refusal::NotNow { .. }, Some(failure)) => {
                // Its workflow does not take the failure: it is for an operator.
                let turn = runtime.lanes().place(&job.key.case).turn().await;
                return keep(runtime, job, failure, None, turn).await;
            }
            (Refusal::NotPending, _) => {
                // The case does not know it, which no step leaves behind.
                let _turn = runtime.lanes().place(&job.key.case).turn().await;
                return runtime.on_store(move |store| store.drop_job(&job)).await;
            }
            (refusal, _) => {
                let why = format!("the case does not take what it came to: {refusal}");
                FailureRecord::new(runtime.now(), "step-refused", &why)
            }
        },
        Err(error @ CommandError::Panicked) => {
            FailureRecord::new(runtime.now(), INTERNAL, &error.to_string())
        }
        Err(error) => return Err(error),
    };
    // The answer is not kept for longer; whoever is asked again knows the key.
    let rest = (attempts < ATTEMPTS).then(|| rest(&call.idempotency_key, attempts, None));
    let turn = runtime.lanes().place(&job.key.case).turn().await;
    keep(runtime, job, why, rest, turn).await
}

/// Keeps a job for another attempt after a rest, or for an operator.
async fn keep(
    runtime: &Runtime,
    job: StoredJob,
    failure: FailureRecord,
    rest: Option<Duration>,
    _turn: Turn,
) -> Result<(), CommandError> {
    // In between it may have been ended.
    let Some(job) = runtime.store().job(&job.key)? else {
        return Ok(());
    };
    let rest_ms = rest.map(|rest| u64::try_from(rest.as_millis()).unwrap_or(u64::MAX));
    let due = rest_ms.map(|ms| runtime.now().after_ms(ms));
    let record = job.record.clone().failed(failure.clone(), due);
    let key = job.key.clone();
    let function = record.function.clone();
    runtime
        .on_store(move |store| store.change_job(&job, &record))
        .await?;
    let (case, sequence) = (&key.case, key.sequence);
    let FailureRecord { code, message, .. } = &failure;
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
    Ok(())
}

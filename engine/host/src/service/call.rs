//! One call of a service from start to end: a thread, an event loop, a fresh instance, and a deadline over all of it.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::runtime;
use wasmtime::Store;

use crate::bindings::service::exports::casewright::plugin::catalogue::Description;
use crate::bindings::service::exports::casewright::plugin::services as contract;
use crate::bindings::service::{Service as Instance, ServicePre};
use crate::call;
use crate::call_error::Reason;
use crate::component::chain;
use crate::limits::Limits;
use crate::logbook::LogLine;
use crate::service::state::ServiceState;
use crate::service::{Attempt, Reach, Refusal, Services};
use crate::slots::Share;

/// What a call left behind, whether it gave an answer or not.
pub(crate) struct Answered<T> {
    pub(crate) answer: Result<T, Reason>,
    pub(crate) logs: Vec<LogLine>,
    pub(crate) refusals: Vec<Refusal>,
    pub(crate) memory_bytes: u64,
    pub(crate) http_requests: u32,
}

/// Asks a plugin to describe itself. Nothing is granted to it meanwhile.
pub(crate) fn describe(
    services: &Services,
    plugin: &ServicePre<ServiceState>,
    limits: &Limits,
) -> Answered<Description> {
    let reach = Arc::new(Reach::default());
    let state = ServiceState::new(limits, &reach, None);
    let services = (services, &Share::default());
    run(services, plugin, limits, state, async |instance, store| {
        let catalogue = instance.casewright_plugin_catalogue();
        catalogue.call_describe(store).await
    })
}

/// Calls a function with an input that was checked, in one of the places of which the plugin has its share.
pub(crate) fn serve(
    services: (&Services, &Share),
    plugin: &ServicePre<ServiceState>,
    limits: &Limits,
    reach: &Arc<Reach>,
    (function, input, attempt): (&str, &str, &Attempt),
) -> Answered<Result<String, contract::Failure>> {
    let state = ServiceState::new(limits, reach, Some(&attempt.key));
    let attempt = contract::Attempt {
        key: attempt.key.clone(),
        number: attempt.number,
        case_id: attempt.case.clone(),
        extensions: String::new(),
    };
    run(services, plugin, limits, state, async |instance, store| {
        let functions = instance.casewright_plugin_services();
        functions.call_serve(store, function, input, &attempt).await
    })
}

/// Runs `body` on a fresh instance of `plugin`, and waits for it.
///
/// On a thread of its own, so that it may be called from wherever: an event loop does not run inside another one.
fn run<T: Send>(
    (services, share): (&Services, &Share),
    plugin: &ServicePre<ServiceState>,
    limits: &Limits,
    state: ServiceState,
    body: impl AsyncFnOnce(&Instance, &mut Store<ServiceState>) -> wasmtime::Result<T> + Send,
) -> Answered<T> {
    let notes = state.notes.clone();
    let slot = services.slots.take(share);
    let running = services.ticker.run();
    let (answer, memory_bytes) = thread::scope(|scope| {
        let call = || {
            let events = runtime::Builder::new_current_thread().enable_all().build();
            let events = match events {
                Ok(events) => events,
                Err(error) => return (Err(internal(&error)), 0),
            };
            let answer = events.block_on(within(plugin, limits, state, body));
            // A name that is still being looked up is not waited for.
            events.shutdown_background();
            answer
        };
        let thread = thread::Builder::new().name("plugin-service".to_owned());
        match thread.spawn_scoped(scope, call) {
            Ok(thread) => thread.join().unwrap_or_else(|_| {
                let message = "the host panicked".to_owned();
                (Err(Reason::Internal { message }), 0)
            }),
            Err(error) => (Err(internal(&error)), 0),
        }
    });
    drop(running);
    drop(slot);
    let http_requests = notes.requests();
    let (logs, refusals) = notes.take();
    Answered {
        answer: answer.map_err(|reason| refused(reason, &refusals)),
        logs,
        refusals,
        memory_bytes,
        http_requests,
    }
}

/// The answer before the deadline, and the memory that the call had, in bytes.
async fn within<T>(
    plugin: &ServicePre<ServiceState>,
    limits: &Limits,
    state: ServiceState,
    body: impl AsyncFnOnce(&Instance, &mut Store<ServiceState>) -> wasmtime::Result<T>,
) -> (Result<T, Reason>, u64) {
    let mut store = match Store::try_new(plugin.engine(), state) {
        Ok(store) => store,
        Err(error) => {
            let message = chain(error.chain());
            return (Err(Reason::Internal { message }), 0);
        }
    };
    store.limiter(|state| &mut state.meter);
    store.set_hostcall_fuel(limits.output_bytes);
    store.set_epoch_deadline(1);
    store.epoch_deadline_async_yield_and_update(1);
    let deadline = Duration::from_millis(limits.deadline_ms);
    let answer = tokio::time::timeout(deadline, async {
        let instance = plugin.instantiate_async(&mut store).await?;
        body(&instance, &mut store).await
    });
    let answer = match answer.await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(call::reason(&error, &store.data().meter, limits)),
        Err(_) => Err(Reason::DeadlineExceeded {
            limit: limits.deadline_ms,
        }),
    };
    (answer, store.data().meter.memory_bytes())
}

/// A plugin that was refused something and then breaks down mostly does so because of that.
fn refused(reason: Reason, refusals: &[Refusal]) -> Reason {
    match (reason, refusals.last()) {
        (Reason::Trap { .. }, Some(last)) => Reason::Refused {
            refusal: last.clone(),
        },
        (reason, _) => reason,
    }
}

fn internal(error: &dyn std::error::Error) -> Reason {
    Reason::Internal {
        message: error.to_string(),
    }
}

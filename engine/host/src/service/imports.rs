//! What a service imports: logging, its key-value space, its secrets, and WASI as far as it is let in.

use wasmtime::Engine;
use wasmtime::component::{HasSelf, Linker};

use crate::bindings::service::casewright::plugin::problems::Problem;
use crate::bindings::service::casewright::plugin::{key_value, logging, problems, secrets};
use crate::key_value::KeyValueError;
use crate::service::Refusal;
use crate::service::reach::Space;
use crate::service::state::ServiceState;

/// Longer keys are values.
const MAX_KEY_BYTES: usize = 256;
/// The keys that one call of `keys` gives.
const MAX_KEYS: usize = 1000;

/// Everything that a service may import. What is not asked for or not granted is there, and says no.
pub(crate) fn linker(engine: &Engine) -> wasmtime::Result<Linker<ServiceState>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
    logging::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)?;
    problems::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)?;
    key_value::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)?;
    secrets::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)?;
    Ok(linker)
}

/// Whether a service may import the interface `name`.
pub(crate) fn is_allowed(name: &str) -> bool {
    const ALLOWED: [&str; 9] = [
        "casewright:plugin/logging@0.2.0",
        "casewright:plugin/problems@0.2.0",
        "casewright:plugin/key-value@0.2.0",
        "casewright:plugin/secrets@0.2.0",
        "wasi:cli/",
        "wasi:clocks/",
        "wasi:filesystem/",
        "wasi:io/",
        "wasi:random/",
    ];
    let http = ["wasi:http/types@", "wasi:http/outgoing-handler@"];
    ALLOWED
        .iter()
        .chain(&http)
        .any(|allowed| name.starts_with(allowed))
}

impl problems::Host for ServiceState {}

impl logging::Host for ServiceState {
    fn log(&mut self, level: String, message: String) -> wasmtime::Result<()> {
        self.notes.log(level, message);
        Ok(())
    }
}

impl secrets::Host for ServiceState {
    fn get(&mut self, name: String) -> wasmtime::Result<Result<String, Problem>> {
        let reach = self.reach.clone();
        let secret = reach.secret(&name).map(str::to_owned);
        Ok(secret.map_err(|refusal| self.refused("not-granted", refusal)))
    }
}

impl key_value::Host for ServiceState {
    fn get(&mut self, key: String) -> wasmtime::Result<Result<Option<Vec<u8>>, Problem>> {
        Ok(self.at_key(&key, |space| space.space.get(&key)))
    }

    fn set(&mut self, key: String, value: Vec<u8>) -> wasmtime::Result<Result<(), Problem>> {
        let redaction = self.notes.redaction();
        if redaction.finds_in(key.as_bytes()) || redaction.finds_in(&value) {
            let message = "what holds a secret is not kept".to_owned();
            let refusal = Refusal::KeyValueEntry { message };
            return Ok(Err(self.refused("holds-secret", refusal)));
        }
        Ok(self.at_key(&key, |space| {
            space.space.set(&key, &value, space.limit_bytes)
        }))
    }

    fn delete(&mut self, key: String) -> wasmtime::Result<Result<(), Problem>> {
        Ok(self.at_key(&key, |space| space.space.delete(&key)))
    }

    fn keys(
        &mut self,
        prefix: String,
        after: Option<String>,
    ) -> wasmtime::Result<Result<Vec<String>, Problem>> {
        Ok(self.in_space(|space| space.space.keys(&prefix, after.as_deref(), MAX_KEYS)))
    }
}

impl ServiceState {
    /// Does something with what is under `key`.
    fn at_key<T>(
        &self,
        key: &str,
        operation: impl FnOnce(&Space) -> Result<T, KeyValueError>,
    ) -> Result<T, Problem> {
        if key.is_empty() || key.len() > MAX_KEY_BYTES {
            let found = key.len();
            let message = format!("expected a key of 1 to {MAX_KEY_BYTES} bytes, found {found}");
            return Err(self.refused("too-large", Refusal::KeyValueEntry { message }));
        }
        self.in_space(operation)
    }

    /// Does something in the key-value space.
    fn in_space<T>(
        &self,
        operation: impl FnOnce(&Space) -> Result<T, KeyValueError>,
    ) -> Result<T, Problem> {
        let reach = self.reach.clone();
        let space = reach
            .key_value()
            .map_err(|refusal| self.refused("not-granted", refusal))?;
        operation(space).map_err(|error| match error {
            KeyValueError::Full { limit, .. } => {
                self.refused("full", Refusal::KeyValueFull { limit })
            }
            KeyValueError::Unavailable { .. } => {
                self.notes.log("error".to_owned(), error.to_string());
                // Why is the operator's business.
                problem(
                    "unavailable",
                    "the key-value space is not available".to_owned(),
                )
            }
        })
    }

    fn refused(&self, code: &str, refusal: Refusal) -> Problem {
        let message = refusal.to_string();
        self.notes.refuse(refusal);
        problem(code, message)
    }
}

fn problem(code: &str, message: String) -> Problem {
    Problem {
        code: code.to_owned(),
        message,
        extensions: String::new(),
    }
}

//! What a service can reach.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::failure::Failure;
use crate::http::{Request, Response};

/// Which call of a service this is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The same for all attempts of one job and for no other. Requests carry it as `Idempotency-Key`, unless they have
    /// one.
    pub key: String,
    /// 1 for the first attempt, 2 for the second, and so on.
    pub number: u32,
    /// The id of the case.
    pub case_id: String,
}

/// What is outside: the host, or a test's [`Desk`](crate::Desk).
pub(crate) trait World {
    fn send(&self, request: &Request) -> Result<Response, Failure>;
    fn secret(&self, name: &str) -> Result<String, Failure>;
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Failure>;
    fn set(&self, key: &str, value: &[u8]) -> Result<(), Failure>;
    fn delete(&self, key: &str) -> Result<(), Failure>;
    fn keys(&self, prefix: &str, after: Option<&str>) -> Result<Vec<String>, Failure>;
}

/// What a service can reach, as far as the plugin asks for it and the operator grants it.
pub struct Context<'a> {
    attempt: Attempt,
    world: &'a dyn World,
}

#[cfg_attr(
    all(target_arch = "wasm32", not(feature = "service")),
    allow(dead_code, reason = "a plugin of decisions has no services")
)]
impl<'a> Context<'a> {
    pub(crate) fn new(attempt: Attempt, world: &'a dyn World) -> Self {
        Context { attempt, world }
    }

    /// Which call this is.
    pub fn attempt(&self) -> &Attempt {
        &self.attempt
    }

    /// Sends a request and waits for the response, whatever its status; [`Response::success`] judges that. Redirects are
    /// not followed.
    ///
    /// # Errors
    ///
    /// A [`Failure`] when there is no response: `http-not-granted`, `http-too-many-requests`, `http-too-large`,
    /// `http-invalid`, or `http-unreachable`, which is worth trying again.
    pub fn http(&self, request: &Request) -> Result<Response, Failure> {
        self.world.send(request)
    }

    /// The secret of this name.
    ///
    /// # Errors
    ///
    /// A [`Failure`] `not-granted`.
    pub fn secret(&self, name: &str) -> Result<String, Failure> {
        self.world.secret(name)
    }

    /// What the plugin remembers.
    pub fn key_value(&self) -> KeyValue<'a> {
        KeyValue { world: self.world }
    }
}

/// What the plugin remembers from call to call: keys of up to 256 bytes, and values.
///
/// Every operation can fail with `not-granted`, `too-large`, or `unavailable`, which is worth trying again.
pub struct KeyValue<'a> {
    world: &'a dyn World,
}

impl KeyValue<'_> {
    /// The bytes under `key`, if there are some.
    ///
    /// # Errors
    ///
    /// See [`KeyValue`].
    pub fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Failure> {
        self.world.get(key)
    }

    /// Puts bytes under `key`, over what is there.
    ///
    /// # Errors
    ///
    /// See [`KeyValue`]; `full` when there is no room, `holds-secret` when there is one in them.
    pub fn set(&self, key: &str, value: &[u8]) -> Result<(), Failure> {
        self.world.set(key, value)
    }

    /// The value under `key`, as [`KeyValue::set_json`] put it there.
    ///
    /// # Errors
    ///
    /// See [`KeyValue`]; `value-not-readable` when it is of another type.
    pub fn get_json<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Failure> {
        let Some(bytes) = self.get(key)? else {
            return Ok(None);
        };
        let value = serde_json::from_slice(&bytes);
        value
            .map(Some)
            .map_err(|error| Failure::new("value-not-readable", error.to_string()))
    }

    /// Puts a value under `key`, as JSON.
    ///
    /// # Errors
    ///
    /// As [`KeyValue::set`]; `value-not-writable` when it has no form in JSON.
    pub fn set_json<T: Serialize>(&self, key: &str, value: &T) -> Result<(), Failure> {
        let bytes = serde_json::to_vec(value)
            .map_err(|error| Failure::new("value-not-writable", error.to_string()))?;
        self.set(key, &bytes)
    }

    /// Removes what is under `key`, if something is.
    ///
    /// # Errors
    ///
    /// See [`KeyValue`].
    pub fn delete(&self, key: &str) -> Result<(), Failure> {
        self.world.delete(key)
    }

    /// The first thousand keys that begin with `prefix`, in order; `after` is the last of those that came before.
    ///
    /// # Errors
    ///
    /// See [`KeyValue`].
    pub fn keys(&self, prefix: &str, after: Option<&str>) -> Result<Vec<String>, Failure> {
        self.world.keys(prefix, after)
    }
}

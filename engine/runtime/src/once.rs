//! Requests that are carried out once, however often they are sent: `Idempotency-Key`.
//!
//! The first request takes its step, and what it is answered is written in the same commit. Until then
//! its key stands in memory; afterwards the store knows the answer, and gives it again until it expires.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use casewright_chart::Timestamp;
use casewright_store::{AnswerRecord, AnswerWrite, HeaderRecord, RequestKey};
use tokio::sync::OwnedSemaphorePermit;

use crate::error::CommandError;
use crate::runtime::{Committed, Runtime, View};

/// How many requests with a key may be under way. More commands than this are not taken on anyway.
const MAX_IN_FLIGHT: usize = 65_536;

/// The terms on which a command is carried out. By default there are none.
#[derive(Debug, Default)]
pub struct Terms {
    /// Held until the command has ended, even when nobody waits for it any more.
    pub permit: Option<OwnedSemaphorePermit>,
    /// What makes it one that may be sent again.
    pub once: Option<Once>,
}

/// What makes a request one that may be sent again.
pub struct Once {
    /// Who asks, and the key that they gave.
    pub request: RequestKey,
    /// The SHA-256 of all that makes the request the one that it is.
    pub fingerprint: [u8; 32],
    /// How long the answer is remembered, in milliseconds.
    pub expiry_ms: u64,
    /// What a step is answered with. Asked before the step is committed.
    pub answer: Box<dyn FnOnce(&View) -> Reply + Send>,
}

/// What a request is answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The headers, in order.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body.
    pub body: Vec<u8>,
}

/// What comes of a command that may be sent again.
#[derive(Clone, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "nearly every one is the large one, and is not kept"
)]
pub enum Done {
    /// It was carried out now.
    Now(Committed),
    /// It was carried out before, and this was answered then.
    Before(Reply),
}

/// Keys of requests that are under way, with the fingerprints of these.
#[derive(Debug, Default)]
pub(crate) struct InFlight {
    requests: Arc<Mutex<Requests>>,
}

type Requests = HashMap<RequestKey, [u8; 32]>;

/// Whether a request is carried out now.
pub(crate) enum Asked<T> {
    /// It was before.
    Before(Reply),
    /// It is; with what is to be done about its answer, if anything.
    Now(T),
}

/// What is to be done about the answer to a request. Its key is free again when this is dropped.
pub(crate) struct Remember {
    once: Once,
    /// When the answer expired that is still stored.
    replaced_ms: Option<i64>,
    requests: Arc<Mutex<Requests>>,
}

impl Runtime {
    /// Whether a request is to be carried out now.
    pub(crate) fn turn_of(
        &self,
        once: Option<Once>,
    ) -> Result<Asked<Option<Remember>>, CommandError> {
        let Some(once) = once else {
            return Ok(Asked::Now(None));
        };
        // In this order: what is no longer under way is stored.
        let mut remember = self.in_flight().begin(once)?;
        let Some(stored) = self.store().answer(&remember.once.request)? else {
            return Ok(Asked::Now(Some(remember)));
        };
        if stored.expires_at_ms <= self.now().unix_ms() {
            remember.replaced_ms = Some(stored.expires_at_ms);
            return Ok(Asked::Now(Some(remember)));
        }
        match stored.fingerprint == remember.once.fingerprint {
            true => Ok(Asked::Before(Reply::of(stored))),
            false => Err(CommandError::KeyReused),
        }
    }
}

impl InFlight {
    fn begin(&self, once: Once) -> Result<Remember, CommandError> {
        let mut requests = lock(&self.requests);
        let is_full = requests.len() >= MAX_IN_FLIGHT;
        match requests.entry(once.request.clone()) {
            Entry::Occupied(first) if *first.get() == once.fingerprint => {
                return Err(CommandError::RequestInFlight);
            }
            Entry::Occupied(_) => return Err(CommandError::KeyReused),
            Entry::Vacant(_) if is_full => return Err(CommandError::Busy),
            Entry::Vacant(place) => place.insert(once.fingerprint),
        };
        Ok(Remember {
            once,
            replaced_ms: None,
            requests: self.requests.clone(),
        })
    }
}

impl Remember {
    /// What a step taken at a time is answered with, and what is written of that.
    pub(crate) fn answer(&mut self, view: &View, at: Timestamp) -> (Reply, AnswerWrite) {
        let answer = std::mem::replace(&mut self.once.answer, Box::new(|_| Reply::default()));
        let reply = answer(view);
        let write = AnswerWrite {
            request: self.once.request.clone(),
            answer: AnswerRecord {
                fingerprint: self.once.fingerprint,
                expires_at_ms: at.after_ms(self.once.expiry_ms).unix_ms(),
                status: reply.status,
                headers: reply.headers.iter().cloned().map(header).collect(),
                body: reply.body.clone(),
            },
            replaced_ms: self.replaced_ms,
        };
        (reply, write)
    }
}

impl Drop for Remember {
    fn drop(&mut self) {
        lock(&self.requests).remove(&self.once.request);
    }
}

impl Reply {
    fn of(stored: AnswerRecord) -> Self {
        let headers = stored.headers.into_iter();
        Reply {
            status: stored.status,
            headers: headers.map(|header| (header.name, header.value)).collect(),
            body: stored.body,
        }
    }
}

impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Once")
            .field("request", &self.request)
            .field("expiry_ms", &self.expiry_ms)
            .finish_non_exhaustive()
    }
}

fn header((name, value): (String, Vec<u8>)) -> HeaderRecord {
    HeaderRecord { name, value }
}

/// Nothing that panics runs under the lock, so a poisoned one still holds what it held.
fn lock(requests: &Mutex<Requests>) -> MutexGuard<'_, Requests> {
    requests.lock().unwrap_or_else(PoisonError::into_inner)
}

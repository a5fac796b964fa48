//! What a call leaves for the operator: its log, and what it was refused.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::logbook::{LogLine, Logbook};
use crate::service::{Redaction, Refusal};

/// Refusals that are kept. A plugin that goes on asking is told no each time all the same.
const MAX_REFUSALS: usize = 16;

/// The log and the refusals of a call, without the values of secrets. Shared with the requests that are under way.
#[derive(Clone)]
pub(crate) struct Notes(Arc<Shared>);

struct Shared {
    redaction: Redaction,
    content: Mutex<Content>,
}

struct Content {
    logbook: Logbook,
    refusals: Vec<Refusal>,
    requests: u32,
}

impl Notes {
    pub(crate) fn new(redaction: Redaction, log_bytes: usize) -> Notes {
        let content = Content {
            logbook: Logbook::new(log_bytes),
            refusals: Vec::new(),
            requests: 0,
        };
        Notes(Arc::new(Shared {
            redaction,
            content: Mutex::new(content),
        }))
    }

    pub(crate) fn redaction(&self) -> &Redaction {
        &self.0.redaction
    }

    /// A line that the plugin wrote, or one of the host's.
    pub(crate) fn log(&self, level: String, message: String) {
        let redaction = &self.0.redaction;
        let (level, message) = (redaction.text(level), redaction.text(message));
        self.content().logbook.push(level, message);
    }

    /// Keeps a refusal and tells it in the log.
    pub(crate) fn refuse(&self, refusal: Refusal) {
        let refusal = self.redacted(refusal);
        self.log("warn".to_owned(), format!("refused: {refusal}"));
        let mut content = self.content();
        if content.refusals.len() < MAX_REFUSALS {
            content.refusals.push(refusal);
        }
    }

    /// One more request that was sent.
    pub(crate) fn count_request(&self) {
        self.content().requests += 1;
    }

    pub(crate) fn requests(&self) -> u32 {
        self.content().requests
    }

    /// The log and the refusals, which are then empty.
    pub(crate) fn take(&self) -> (Vec<LogLine>, Vec<Refusal>) {
        let mut content = self.content();
        let logbook = std::mem::replace(&mut content.logbook, Logbook::new(0));
        (logbook.into_lines(), std::mem::take(&mut content.refusals))
    }

    /// Names in it are the plugin's own words.
    fn redacted(&self, refusal: Refusal) -> Refusal {
        let text = |text| self.0.redaction.text(text);
        match refusal {
            Refusal::HostNotGranted { host } => Refusal::HostNotGranted { host: text(host) },
            Refusal::HostNotWanted { host } => Refusal::HostNotWanted { host: text(host) },
            Refusal::PrivateAddress { host, address } => {
                let host = text(host);
                Refusal::PrivateAddress { host, address }
            }
            Refusal::Certificate { host, fault } => {
                let host = text(host);
                Refusal::Certificate { host, fault }
            }
            Refusal::Secret { name } => Refusal::Secret { name: text(name) },
            other => other,
        }
    }

    /// Lines and refusals are whole or not there.
    fn content(&self) -> MutexGuard<'_, Content> {
        self.0
            .content
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

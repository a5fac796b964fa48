//! What the calls of one plugin may reach: what it asks for and the operator grants.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::grants::{Granted, HostGrant, HostPattern, Scheme, Trust, Wanted};
use crate::key_value::KeyValueSpace;
use crate::service::{Redaction, Refusal};

/// What the calls of one plugin may reach. By default nothing.
#[derive(Default)]
pub(crate) struct Reach {
    wanted: Vec<HostPattern>,
    granted: Vec<HostGrant>,
    secrets: BTreeMap<String, String>,
    key_value: Option<Space>,
    trust: Trust,
    redaction: Redaction,
}

/// A key-value space and how much it may hold.
pub(crate) struct Space {
    pub(crate) space: Arc<dyn KeyValueSpace>,
    pub(crate) limit_bytes: u64,
}

impl Reach {
    /// What is in both, `wanted` and `granted`.
    pub(crate) fn new(wanted: &Wanted, granted: &Granted, space: Arc<dyn KeyValueSpace>) -> Reach {
        let secrets = wanted.secrets().filter_map(|name| {
            let value = granted.secrets.get(name)?;
            Some((name.to_owned(), value.clone()))
        });
        let secrets: BTreeMap<String, String> = secrets.collect();
        let limit_bytes = granted.key_value_bytes.filter(|_| wanted.key_value());
        Reach {
            wanted: wanted.hosts().collect(),
            granted: granted.hosts.clone(),
            trust: granted.trust.clone(),
            redaction: Redaction::new(&secrets),
            secrets,
            key_value: limit_bytes.map(|limit_bytes| Space { space, limit_bytes }),
        }
    }

    /// Whether requests may go to `host` at `port`, and whether it may then have an address that is not public.
    pub(crate) fn host(&self, scheme: Scheme, host: &str, port: u16) -> Result<bool, Refusal> {
        let shown = || {
            let scheme = match scheme {
                Scheme::Https => "https",
                Scheme::Http => "http",
            };
            let host: String = host
                .chars()
                .take(255)
                .flat_map(char::escape_debug)
                .collect();
            format!("{scheme}://{host}:{port}")
        };
        let covers = |grant: &&HostGrant| grant.covers(scheme, host, port);
        let mut granted = self.granted.iter().filter(covers).peekable();
        if granted.peek().is_none() {
            return Err(Refusal::HostNotGranted { host: shown() });
        }
        let wants = |pattern: &HostPattern| {
            pattern.port().is_none_or(|wanted| wanted == port) && pattern.matches_name(host)
        };
        if !self.wanted.iter().any(wants) {
            return Err(Refusal::HostNotWanted { host: shown() });
        }
        Ok(granted.any(|grant| grant.private))
    }

    pub(crate) fn secret(&self, name: &str) -> Result<&str, Refusal> {
        let value = self.secrets.get(name).map(String::as_str);
        value.ok_or_else(|| Refusal::Secret {
            name: name.to_owned(),
        })
    }

    pub(crate) fn key_value(&self) -> Result<&Space, Refusal> {
        self.key_value.as_ref().ok_or(Refusal::KeyValue)
    }

    /// Who is believed when it speaks TLS.
    pub(crate) fn trust(&self) -> &Trust {
        &self.trust
    }

    pub(crate) fn redaction(&self) -> &Redaction {
        &self.redaction
    }
}

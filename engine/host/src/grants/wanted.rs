//! What a plugin wants to reach, as it says itself.

use std::fmt;

use crate::grants::HostPattern;

/// The capability of sending HTTP requests to a host.
pub const HTTP: &str = "http";
/// The capability of knowing a secret.
pub const SECRET: &str = "secret";
/// The capability of remembering something.
pub const KEY_VALUE: &str = "key-value";

/// What a plugin wants to reach: in its own order, each once. Empty for a plugin of decisions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    pub(crate) capabilities: Vec<Capability>,
}

/// One thing that a plugin wants to reach.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Capability {
    /// [`HTTP`], [`SECRET`], [`KEY_VALUE`], or a kind that this host does not know and does not grant.
    pub kind: String,
    /// The host, or the name of the secret; empty for a key-value space.
    pub name: String,
    /// What for, in the plugin's words; may be empty.
    pub reason: String,
}

impl Wanted {
    /// All of it.
    pub fn capabilities(&self) -> &[Capability] {
        &self.capabilities
    }

    /// Whether it is nothing.
    pub fn is_empty(&self) -> bool {
        self.capabilities.is_empty()
    }

    /// The hosts. Descriptions were checked, so each name is one.
    pub(crate) fn hosts(&self) -> impl Iterator<Item = HostPattern> {
        self.of_kind(HTTP).filter_map(|name| name.parse().ok())
    }

    /// The names of the secrets.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &str> {
        self.of_kind(SECRET)
    }

    /// Whether there is a key-value space among it.
    pub(crate) fn key_value(&self) -> bool {
        self.of_kind(KEY_VALUE).next().is_some()
    }

    fn of_kind(&self, kind: &str) -> impl Iterator<Item = &str> {
        let of_kind = move |capability: &&Capability| capability.kind == kind;
        let capabilities = self.capabilities.iter().filter(of_kind);
        capabilities.map(|capability| capability.name.as_str())
    }

    /// What `newer` wants and this does not, and the other way round: what people are asked about a new version. The
    /// reasons may differ.
    pub fn difference(&self, newer: &Wanted) -> Difference {
        let missing_in = |there: &Wanted, capability: &&Capability| {
            let same = |other: &Capability| other.key() == capability.key();
            !there.capabilities.iter().any(same)
        };
        let only = |here: &Wanted, there: &Wanted| {
            let only = here.capabilities.iter();
            only.filter(|capability| missing_in(there, capability))
                .cloned()
                .collect()
        };
        Difference {
            added: only(newer, self),
            removed: only(self, newer),
        }
    }
}

impl Capability {
    fn key(&self) -> (&str, &str) {
        (&self.kind, &self.name)
    }
}

/// In words: `http to crm.example.com`.
impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.kind.as_str(), self.name.as_str()) {
            (HTTP, "*") => f.write_str("http to hosts that the operator names"),
            (HTTP, host) => write!(f, "http to {host}"),
            (SECRET, name) => write!(f, "the secret `{name}`"),
            (KEY_VALUE, _) => f.write_str("a key-value space"),
            (kind, "") => write!(f, "`{kind}`"),
            (kind, name) => write!(f, "`{kind}` {name}"),
        }
    }
}

/// What one version of a plugin wants and the other does not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// What only the newer one wants.
    pub added: Vec<Capability>,
    /// What only the older one wants.
    pub removed: Vec<Capability>,
}

/// A line for each: `+ http to crm.example.com: writes the tier`.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let signs = [("+", &self.added), ("-", &self.removed)];
        let lines = signs.iter().flat_map(|(sign, capabilities)| {
            capabilities
                .iter()
                .map(move |capability| (sign, capability))
        });
        for (at, (sign, capability)) in lines.enumerate() {
            let start = if at == 0 { "" } else { "\n" };
            write!(f, "{start}{sign} {capability}")?;
            if !capability.reason.is_empty() {
                write!(f, ": {}", capability.reason)?;
            }
        }
        Ok(())
    }
}

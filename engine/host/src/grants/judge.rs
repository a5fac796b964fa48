//! What a plugin wants, held against what it is granted.

use std::fmt;

use crate::grants::granted::Granted;
use crate::grants::wanted::{Capability, HTTP, KEY_VALUE, SECRET, Wanted};

/// What a plugin wants and is not granted; at least one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The plugin's name.
    pub plugin: String,
    /// In the plugin's own order.
    pub capabilities: Vec<Capability>,
}

/// What of `wanted` is not in `granted`, in the order in which the plugin asks for it; empty when nothing is missing.
///
/// A host, or all below one, counts as granted when the operator grants at least a part of it: that part is what the
/// plugin then gets.
pub fn missing(wanted: &Wanted, granted: &Granted) -> Vec<Capability> {
    let capabilities = wanted.capabilities().iter();
    let missing = capabilities.filter(|capability| !is_granted(capability, granted));
    missing.cloned().collect()
}

fn is_granted(capability: &Capability, granted: &Granted) -> bool {
    match capability.kind.as_str() {
        HTTP => match capability.name.parse() {
            Ok(pattern) => granted.hosts.iter().any(|host| host.gives(&pattern)),
            Err(_) => false,
        },
        SECRET => granted.secrets.contains_key(&capability.name),
        KEY_VALUE => granted.key_value_bytes.is_some(),
        _ => false,
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, capability) in self.capabilities.iter().enumerate() {
            let start = if at == 0 { "" } else { "\n" };
            let plugin = &self.plugin;
            write!(f, "{start}the plugin `{plugin}` asks for {capability}")?;
            if !capability.reason.is_empty() {
                write!(f, " ({})", capability.reason)?;
            }
            match capability.kind.as_str() {
                HTTP | SECRET | KEY_VALUE => f.write_str(", which is not granted")?,
                _ => f.write_str(", which this host does not know and cannot grant")?,
            }
        }
        let plugin = &self.plugin;
        write!(
            f,
            "\n\nhint: grant it under `plugins: {plugin}:` in the file of grants, if it is to have it"
        )
    }
}

impl std::error::Error for Missing {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::grants::file::{Grant, HttpGrant, KeyValueGrant, Scheme};

    fn wanted(capabilities: &[(&str, &str)]) -> Wanted {
        let capability = |(kind, name): &(&str, &str)| Capability {
            kind: (*kind).to_owned(),
            name: (*name).to_owned(),
            reason: String::new(),
        };
        Wanted {
            capabilities: capabilities.iter().map(capability).collect(),
        }
    }

    fn granted(hosts: &[&str]) -> Granted {
        let http = |host: &&str| HttpGrant {
            host: (*host).to_owned(),
            scheme: Scheme::Https,
            private: false,
        };
        let grant = Grant {
            http: hosts.iter().map(http).collect(),
            key_value: Some(KeyValueGrant { bytes: 10 }),
            ..Grant::default()
        };
        let secrets = BTreeMap::from([("token".to_owned(), "12345678".to_owned())]);
        Granted::with_secrets(&grant, secrets).unwrap()
    }

    #[test]
    fn what_is_granted_is_not_missing() {
        let wanted = wanted(&[
            (HTTP, "crm.example.com"),
            (HTTP, "*"),
            (HTTP, "*.example.com"),
            (HTTP, "crm.example.com:443"),
            (SECRET, "token"),
            (KEY_VALUE, ""),
        ]);
        assert_eq!(missing(&wanted, &granted(&["crm.example.com"])), []);
        assert_eq!(missing(&wanted, &granted(&["*.example.com"])), []);
    }

    #[test]
    fn what_is_not_granted_is_told_in_words() {
        let wanted = wanted(&[
            (HTTP, "crm.example.com"),
            (HTTP, "crm.example.org:8443"),
            (SECRET, "other"),
            ("files", "/etc"),
        ]);
        let capabilities = missing(&wanted, &granted(&["crm.example.org"]));
        let missing = Missing {
            plugin: "crm-sync".to_owned(),
            capabilities,
        };
        assert_eq!(
            missing.to_string(),
            "the plugin `crm-sync` asks for http to crm.example.com, which is not granted\n\
             the plugin `crm-sync` asks for http to crm.example.org:8443, which is not granted\n\
             the plugin `crm-sync` asks for the secret `other`, which is not granted\n\
             the plugin `crm-sync` asks for `files` /etc, which this host does not know and cannot grant\n\n\
             hint: grant it under `plugins: crm-sync:` in the file of grants, if it is to have it"
        );
    }

    #[test]
    fn nothing_is_granted_by_default() {
        let wanted = wanted(&[(HTTP, "*"), (SECRET, "token"), (KEY_VALUE, "")]);
        assert_eq!(missing(&wanted, &Granted::default()).len(), 3);
    }

    #[test]
    fn versions_differ_in_what_they_want() {
        let older = wanted(&[(HTTP, "crm.example.com"), (KEY_VALUE, "")]);
        let newer = wanted(&[(HTTP, "*.example.com"), (KEY_VALUE, "")]);
        assert_eq!(
            older.difference(&newer).to_string(),
            "+ http to *.example.com\n- http to crm.example.com"
        );
        assert_eq!(older.difference(&older).to_string(), "");
    }
}

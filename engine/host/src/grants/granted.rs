//! What one plugin is granted, with the values of its secrets.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::PathBuf;

use crate::grants::file::{Grant, LimitsGrant, Scheme, SecretSource};
use crate::grants::host_pattern::HostPattern;
use crate::grants::trust::Trust;

/// What is shorter turns up in ordinary text by chance, so that it could not be kept out of logs and journals.
const MIN_SECRET_BYTES: usize = 8;
/// More than keys and certificates take.
const MAX_SECRET_BYTES: usize = 64 << 10;

/// What one plugin is granted. Holds the values of secrets, which it does not show.
#[derive(Clone, Default)]
pub struct Granted {
    pub(crate) hosts: Vec<HostGrant>,
    pub(crate) secrets: BTreeMap<String, String>,
    pub(crate) key_value_bytes: Option<u64>,
    pub(crate) trust: Trust,
    pub(crate) limits: LimitsGrant,
    concurrency: u32,
}

/// A host that requests may go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HostGrant {
    pattern: HostPattern,
    pub(crate) scheme: Scheme,
    pub(crate) private: bool,
}

/// A grant that cannot be used as it stands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GrantError {
    /// A host that is none.
    #[error("`http`: {message}")]
    Host {
        /// What was expected and found.
        message: String,
    },
    /// A secret whose value is not there, or is of no use.
    #[error("the secret `{name}`: {message}")]
    Secret {
        /// Its name.
        name: String,
        /// Why; never the value.
        message: String,
    },
    /// A file of certificates that cannot be used.
    #[error("`tls.roots`: `{}`: {message}", .file.display())]
    Roots {
        /// Its path.
        file: PathBuf,
        /// What was expected and found.
        message: String,
    },
}

impl Granted {
    /// Reads what an operator grants, and the values of the secrets from where it says that they are.
    ///
    /// # Errors
    ///
    /// A [`GrantError`] for the first thing that cannot be used.
    pub fn read(grant: &Grant) -> Result<Granted, GrantError> {
        let mut secrets = BTreeMap::new();
        for (name, source) in &grant.secrets {
            let wrong = |message| GrantError::Secret {
                name: name.clone(),
                message,
            };
            let value = value(source).map_err(wrong)?;
            check_secret(&value).map_err(wrong)?;
            secrets.insert(name.clone(), value);
        }
        Granted::with_secrets(grant, secrets)
    }

    /// The same with the values of the secrets at hand, whatever the grant says of where they are.
    ///
    /// # Errors
    ///
    /// As [`Granted::read`], but for the secrets.
    pub fn with_secrets(
        grant: &Grant,
        secrets: BTreeMap<String, String>,
    ) -> Result<Granted, GrantError> {
        let hosts = grant.http.iter().map(|http| {
            let pattern = http.host.parse();
            let pattern = pattern.map_err(|message| GrantError::Host { message })?;
            Ok(HostGrant {
                pattern,
                scheme: http.scheme,
                private: http.private,
            })
        });
        Ok(Granted {
            hosts: hosts.collect::<Result<_, _>>()?,
            secrets,
            key_value_bytes: grant.key_value.as_ref().map(|grant| grant.bytes),
            trust: Trust::default(),
            limits: grant.limits.clone(),
            concurrency: grant.concurrency.get(),
        })
    }

    /// The same with others who are believed when its services speak TLS; the public authorities are what it begins with.
    #[must_use]
    pub fn trusting(self, trust: Trust) -> Granted {
        Granted { trust, ..self }
    }

    /// How many calls of the plugin are to run at a time: at least 1.
    pub fn concurrency(&self) -> u32 {
        self.concurrency.max(1)
    }
}

impl HostGrant {
    /// Whether requests by `scheme` to `host` at `port` are meant.
    pub(crate) fn covers(&self, scheme: Scheme, host: &str, port: u16) -> bool {
        self.scheme == scheme && self.port() == port && self.pattern.matches_name(host)
    }

    /// Whether it gives something of what `wanted` asks for.
    pub(crate) fn gives(&self, wanted: &HostPattern) -> bool {
        let port_fits = wanted.port().is_none_or(|port| port == self.port());
        port_fits && self.pattern.shares_names_with(wanted)
    }

    fn port(&self) -> u16 {
        self.pattern.port().unwrap_or(match self.scheme {
            Scheme::Https => 443,
            Scheme::Http => 80,
        })
    }
}

/// The value where `source` says that it is, or why it is not there.
fn value(source: &SecretSource) -> Result<String, String> {
    match source {
        SecretSource::Env(source) => std::env::var(&source.env)
            .map_err(|error| format!("the variable `{}`: {error}", source.env)),
        SecretSource::File(source) => {
            let text = fs::read_to_string(&source.file)
                .map_err(|error| format!("`{}`: {error}", source.file.display()))?;
            Ok(text.trim_end_matches(['\r', '\n']).to_owned())
        }
    }
}

fn check_secret(value: &str) -> Result<(), String> {
    let found = value.len();
    if (MIN_SECRET_BYTES..=MAX_SECRET_BYTES).contains(&found) {
        return Ok(());
    }
    Err(format!(
        "expected {MIN_SECRET_BYTES} to {MAX_SECRET_BYTES} bytes, found {found}"
    ))
}

impl fmt::Debug for Granted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Granted")
            .field("hosts", &self.hosts)
            .field("secrets", &self.secrets.keys())
            .field("key_value_bytes", &self.key_value_bytes)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grants::file::{EnvSource, FileSource, HttpGrant};

    fn secret(source: SecretSource) -> Result<Granted, GrantError> {
        Granted::read(&Grant {
            secrets: BTreeMap::from([("token".to_owned(), source)]),
            ..Grant::default()
        })
    }

    #[test]
    fn secrets_are_read_from_files_and_the_environment() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        fs::write(&file, "s3cr3t-value\n").unwrap();
        let granted = secret(SecretSource::File(FileSource { file })).unwrap();
        assert_eq!(granted.secrets["token"], "s3cr3t-value");
        assert!(!format!("{granted:?}").contains("s3cr3t"), "{granted:?}");
        // Set by cargo for every test.
        let env = "CARGO_MANIFEST_DIR".to_owned();
        let granted = secret(SecretSource::Env(EnvSource { env })).unwrap();
        assert!(granted.secrets["token"].ends_with("host"));
    }

    #[test]
    fn secrets_that_are_not_there_are_told() {
        let env = "CASEWRIGHT_NO_SUCH_VARIABLE".to_owned();
        let error = secret(SecretSource::Env(EnvSource { env })).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the secret `token`: the variable `CASEWRIGHT_NO_SUCH_VARIABLE`: environment variable not found"
        );
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        fs::write(&file, "short").unwrap();
        let error = secret(SecretSource::File(FileSource { file })).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the secret `token`: expected 8 to 65536 bytes, found 5"
        );
    }

    #[test]
    fn hosts_are_covered_by_scheme_and_port() {
        let grant = |host: &str, scheme| {
            let http = HttpGrant {
                host: host.to_owned(),
                scheme,
                private: false,
            };
            let grant = Grant {
                http: vec![http],
                ..Grant::default()
            };
            Granted::read(&grant).unwrap().hosts.remove(0)
        };
        let plain = grant("crm.example.com", Scheme::Https);
        assert!(plain.covers(Scheme::Https, "crm.example.com", 443));
        assert!(!plain.covers(Scheme::Https, "crm.example.com", 8443));
        assert!(!plain.covers(Scheme::Http, "crm.example.com", 443));
        assert!(!plain.covers(Scheme::Http, "crm.example.com", 80));
        let other = grant("crm.example.com:8443", Scheme::Https);
        assert!(other.covers(Scheme::Https, "crm.example.com", 8443));
        assert!(!other.covers(Scheme::Https, "crm.example.com", 443));
    }
}

//! What an operator grants to plugins, as it stands in a file.

use std::collections::BTreeMap;
use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::grants::granted::GrantError;
use crate::grants::trust::Trust;
use crate::limits::Limits;

/// How many calls of one plugin run at a time when its grant does not say.
const DEFAULT_CONCURRENCY: NonZeroU32 = NonZeroU32::new(4).unwrap();

/// What plugins may reach and use: nothing, but for what stands here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Grants {
    /// What each call of any plugin may use.
    #[serde(default, skip_serializing_if = "is_default")]
    pub limits: LimitsGrant,
    /// Whom services believe when they speak TLS. Without this, the public authorities alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsGrant>,
    /// By the name of the plugin, as workflows call it.
    #[serde(default)]
    pub plugins: BTreeMap<String, Grant>,
}

impl Grants {
    /// What calls may use: those of any plugin, and those of the plugins that have limits of their own.
    pub fn limits(&self, usual: &Limits) -> (Limits, BTreeMap<String, Limits>) {
        let any = self.limits.over(usual);
        let own = self.plugins.iter();
        let own = own.map(|(name, grant)| (name.clone(), grant.limits.over(&any)));
        let own = own.collect();
        (any, own)
    }

    /// Makes relative paths in it those of files in `folder`, where the file of grants itself is.
    #[must_use]
    pub fn in_folder(mut self, folder: &Path) -> Grants {
        for secret in self
            .plugins
            .values_mut()
            .flat_map(|grant| grant.secrets.values_mut())
        {
            if let SecretSource::File(source) = secret {
                source.file = folder.join(&source.file);
            }
        }
        if let Some(tls) = &mut self.tls {
            tls.roots = folder.join(&tls.roots);
        }
        self
    }

    /// Whom services believe when they speak TLS.
    ///
    /// # Errors
    /// [`GrantError::Roots`] when the file of the company's authorities cannot be used.
    pub fn trust(&self) -> Result<Trust, GrantError> {
        match &self.tls {
            Some(tls) => Trust::with_roots(&tls.roots),
            None => Ok(Trust::default()),
        }
    }
}

/// Whom services believe when they speak TLS: the public authorities, and these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TlsGrant {
    /// A PEM file with the certificates of the company's own authorities; a relative path is from the folder of the file of
    /// grants.
    pub roots: PathBuf,
}

/// What one plugin may reach and use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Grant {
    /// The hosts that it may send HTTP requests to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub http: Vec<HttpGrant>,
    /// The secrets that it is told, by name, and where their values are.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<String, SecretSource>,
    /// What it may remember. Without this, nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_value: Option<KeyValueGrant>,
    /// What each of its calls may use, where that differs from any other's.
    #[serde(default, skip_serializing_if = "is_default")]
    pub limits: LimitsGrant,
    /// How many calls of its services run at a time.
    #[serde(default = "default_concurrency")]
    pub concurrency: NonZeroU32,
}

/// A host that a plugin may send HTTP requests to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct HttpGrant {
    /// A host (`crm.example.com`), or all below one (`*.example.com`); with a port (`crm.example.com:8443`) when it is
    /// not the scheme's own.
    pub host: String,
    /// `https`, or `http` where nobody else can listen.
    #[serde(default)]
    pub scheme: Scheme,
    /// Whether it may have an address that is not public, such as `10.1.2.3` or `127.0.0.1`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub private: bool,
}

/// How a host is spoken to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Scheme {
    /// HTTP over TLS.
    #[default]
    Https,
    /// HTTP that everybody on the way can read and change.
    Http,
}

/// Where the value of a secret is: exactly one of the two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", untagged)]
pub enum SecretSource {
    /// In a variable of the server's environment.
    Env(EnvSource),
    /// In a file, without the line break at its end.
    File(FileSource),
}

/// A secret in the environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnvSource {
    /// The name of the variable.
    pub env: String,
}

/// A secret in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileSource {
    /// The path of the file; a relative one is from the folder of the file of grants.
    pub file: PathBuf,
}

/// What a plugin may remember.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct KeyValueGrant {
    /// All keys and values together, in bytes.
    pub bytes: u64,
}

/// What each call may use where that differs from the usual: the limits of [`Limits`], by their names. The stack is
/// the same for all, and not among them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitsGrant {
    /// What a call of a decision may compute, in units of fuel: about one for each WebAssembly instruction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fuel: Option<NonZeroU64>,
    /// The same, for the one call of `describe` when the plugin is loaded. Until then it goes by the name of its file,
    /// without the ending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub describe_fuel: Option<NonZeroU64>,
    /// How long a call of a service may take, waiting included, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline_ms: Option<NonZeroU64>,
    /// Memory, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<NonZeroUsize>,
    /// All tables together, in elements.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table_elements: Option<usize>,
    /// The input, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_bytes: Option<usize>,
    /// The output, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_bytes: Option<usize>,
    /// The log of a call, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_bytes: Option<usize>,
    /// The file of the plugin, in bytes. It goes by the name of the file, without the ending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component_bytes: Option<usize>,
    /// HTTP requests of one call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_requests: Option<u32>,
    /// The body of an HTTP request, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_request_bytes: Option<u64>,
    /// The body of the response to one, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_response_bytes: Option<u64>,
}

impl LimitsGrant {
    /// `usual`, but for what stands here.
    pub fn over(&self, usual: &Limits) -> Limits {
        Limits {
            fuel: self.fuel.map_or(usual.fuel, NonZeroU64::get),
            describe_fuel: self
                .describe_fuel
                .map_or(usual.describe_fuel, NonZeroU64::get),
            deadline_ms: self.deadline_ms.map_or(usual.deadline_ms, NonZeroU64::get),
            memory_bytes: self
                .memory_bytes
                .map_or(usual.memory_bytes, NonZeroUsize::get),
            table_elements: self.table_elements.unwrap_or(usual.table_elements),
            input_bytes: self.input_bytes.unwrap_or(usual.input_bytes),
            output_bytes: self.output_bytes.unwrap_or(usual.output_bytes),
            log_bytes: self.log_bytes.unwrap_or(usual.log_bytes),
            component_bytes: self.component_bytes.unwrap_or(usual.component_bytes),
            http_requests: self.http_requests.unwrap_or(usual.http_requests),
            http_request_bytes: self.http_request_bytes.unwrap_or(usual.http_request_bytes),
            http_response_bytes: self
                .http_response_bytes
                .unwrap_or(usual.http_response_bytes),
            stack_bytes: usual.stack_bytes,
        }
    }
}

impl Default for Grant {
    fn default() -> Self {
        Grant {
            http: Vec::new(),
            secrets: BTreeMap::new(),
            key_value: None,
            limits: LimitsGrant::default(),
            concurrency: DEFAULT_CONCURRENCY,
        }
    }
}

fn default_concurrency() -> NonZeroU32 {
    DEFAULT_CONCURRENCY
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_file_is_read_as_it_is_meant() {
        let grants: Grants = serde_json::from_value(json!({"plugins": {"crm-sync": {
            "http": [
                {"host": "crm.example.com"},
                {"host": "crm.internal:8080", "scheme": "http", "private": true},
            ],
            "secrets": {"crm-token": {"env": "CRM_TOKEN"}, "other": {"file": "/run/secrets/other"}},
            "key-value": {"bytes": 1_048_576},
            "limits": {"deadline_ms": 20_000},
        }}}))
        .unwrap();
        let grant = &grants.plugins["crm-sync"];
        assert_eq!(grant.http[0].scheme, Scheme::Https);
        assert!(grant.http[1].private);
        let file = FileSource {
            file: "/run/secrets/other".into(),
        };
        assert_eq!(grant.secrets["other"], SecretSource::File(file));
        assert_eq!(grant.concurrency.get(), 4);
        let limits = grant.limits.over(&Limits::default());
        let expected = Limits {
            deadline_ms: 20_000,
            ..Limits::default()
        };
        assert_eq!(limits, expected);
    }

    #[test]
    fn paths_are_from_the_folder_of_the_file() {
        let secrets = json!({"a": {"file": "a"}, "b": {"file": "/run/b"}, "c": {"env": "C"}});
        let grants: Grants = serde_json::from_value(json!({
            "tls": {"roots": "ca.pem"},
            "plugins": {"crm-sync": {"secrets": secrets}},
        }))
        .unwrap();
        let grants = grants.in_folder(Path::new("/etc/casewright"));
        let expected = json!({
            "a": {"file": "/etc/casewright/a"}, "b": {"file": "/run/b"}, "c": {"env": "C"},
        });
        assert_eq!(json!(grants.plugins["crm-sync"].secrets), expected);
        assert_eq!(
            json!(grants.tls),
            json!({"roots": "/etc/casewright/ca.pem"})
        );
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for grant in [
            json!({"htpp": []}),
            json!({"http": [{"host": "a.com", "privat": true}]}),
            json!({"secrets": {"a": {"value": "in the file"}}}),
            json!({"secrets": {"a": {"env": "A", "file": "a"}}}),
            json!({"limits": {"deadline": 3}}),
            json!({"limits": {"fuel": 0}}),
            json!({"concurrency": 0}),
        ] {
            let grants = json!({"plugins": {"p": grant}});
            assert!(
                serde_json::from_value::<Grants>(grants.clone()).is_err(),
                "{grants}"
            );
        }
    }
}

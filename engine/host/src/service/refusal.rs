//! What a service asked for and did not get.

use std::fmt;
use std::net::IpAddr;

use tokio_rustls::rustls::CertificateError;

/// A certificate may name hundreds of hosts; a few tell whose it is.
const MAX_NAMES: usize = 4;
/// A name of DNS has at most so many characters.
const MAX_NAME_CHARS: usize = 255;
/// What is told of a certificate is a sentence.
const MAX_MESSAGE_CHARS: usize = 240;

/// What a service asked for and the host did not let it have. The plugin sees an error that it may handle; the operator sees
/// this, and a line in the log of the call.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// A request to a host that the operator does not grant.
    HostNotGranted {
        /// Scheme, host and port.
        host: String,
    },
    /// A request to a host that is granted, but that the plugin does not ask for in its description.
    HostNotWanted {
        /// Scheme, host and port.
        host: String,
    },
    /// A request to a host that is granted but has an address that is not public, and is not granted as `private`.
    PrivateAddress {
        /// Scheme, host and port.
        host: String,
        /// The address.
        address: IpAddr,
    },
    /// A request to a host that is granted but does not prove that it is the one.
    Certificate {
        /// Scheme, host and port.
        host: String,
        /// What is wrong with its certificate.
        fault: CertificateFault,
    },
    /// A request that no plugin may send, such as one to open a tunnel.
    Request {
        /// What is wrong with it.
        message: String,
    },
    /// More requests than the limit `http_requests`.
    TooManyRequests {
        /// The limit.
        limit: u64,
    },
    /// The body of a request is longer than the limit `http_request_bytes`.
    RequestTooLarge {
        /// The limit, in bytes.
        limit: u64,
    },
    /// The body of a response is longer than the limit `http_response_bytes`.
    ResponseTooLarge {
        /// The limit, in bytes.
        limit: u64,
    },
    /// A secret that the plugin does not ask for, or the operator does not grant.
    Secret {
        /// Its name, as the plugin gave it.
        name: String,
    },
    /// The key-value space, which the plugin does not ask for, or the operator does not grant.
    KeyValue,
    /// The key-value space would hold more than granted.
    KeyValueFull {
        /// What is granted, in bytes.
        limit: u64,
    },
    /// A key or value that no key-value space takes: too long, or holding a secret.
    KeyValueEntry {
        /// What is wrong with it.
        message: String,
    },
}

/// Why a host's certificate is not believed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CertificateFault {
    /// Nobody who is trusted has issued it.
    UnknownIssuer,
    /// It is another host's.
    OtherHost {
        /// Whose it is, as it says itself; the first few names.
        names: Vec<String>,
    },
    /// Its time is over.
    Expired,
    /// Its time has not come.
    NotYetValid,
    /// Anything else.
    Other {
        /// What is wrong with it.
        message: String,
    },
}

impl CertificateFault {
    pub(crate) fn of(error: &CertificateError) -> CertificateFault {
        match error {
            // A bad signature is that of somebody else by the name of an authority, such as the one before it was renewed.
            CertificateError::UnknownIssuer | CertificateError::BadSignature => {
                CertificateFault::UnknownIssuer
            }
            CertificateError::NotValidForName => CertificateFault::OtherHost { names: Vec::new() },
            CertificateError::NotValidForNameContext { presented, .. } => {
                let names = presented.iter().take(MAX_NAMES);
                CertificateFault::OtherHost {
                    names: names.map(|name| shown(name)).collect(),
                }
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                CertificateFault::Expired
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                CertificateFault::NotYetValid
            }
            other => {
                let message = other.to_string().chars().take(MAX_MESSAGE_CHARS).collect();
                CertificateFault::Other { message }
            }
        }
    }
}

/// A name that came as `DnsName("crm.example.com")` or `IpAddress(10.1.2.3)`.
fn shown(name: &str) -> String {
    let inner = name
        .split_once('(')
        .and_then(|(_, rest)| rest.strip_suffix(')'));
    let name = inner.unwrap_or(name).trim_matches('"');
    let name = name.chars().take(MAX_NAME_CHARS);
    name.flat_map(char::escape_debug).collect()
}

impl fmt::Display for CertificateFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CertificateFault::UnknownIssuer => f.write_str(
                "its certificate is issued by nobody who is trusted, neither a public authority nor one of `tls.roots`",
            ),
            CertificateFault::OtherHost { names } if names.is_empty() => {
                f.write_str("its certificate names no host")
            }
            CertificateFault::OtherHost { names } => {
                write!(f, "its certificate is that of {}", names.join(", "))
            }
            CertificateFault::Expired => f.write_str("its certificate has expired"),
            CertificateFault::NotYetValid => f.write_str("its certificate is not valid yet"),
            CertificateFault::Other { message } => write!(f, "its certificate: {message}"),
        }
    }
}

impl Refusal {
    /// A stable name for the kind of refusal, in kebab case.
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::HostNotGranted { .. } => "host-not-granted",
            Refusal::HostNotWanted { .. } => "host-not-wanted",
            Refusal::PrivateAddress { .. } => "private-address",
            Refusal::Certificate { .. } => "certificate-not-trusted",
            Refusal::Request { .. } => "request-not-allowed",
            Refusal::TooManyRequests { .. } => "too-many-requests",
            Refusal::RequestTooLarge { .. } => "request-too-large",
            Refusal::ResponseTooLarge { .. } => "response-too-large",
            Refusal::Secret { .. } => "secret-not-granted",
            Refusal::KeyValue => "key-value-not-granted",
            Refusal::KeyValueFull { .. } => "key-value-full",
            Refusal::KeyValueEntry { .. } => "key-value-entry",
        }
    }

    /// The name and the figure of the limit that was met, if one was.
    pub fn limit(&self) -> Option<(&'static str, u64)> {
        match self {
            Refusal::TooManyRequests { limit } => Some(("http_requests", *limit)),
            Refusal::RequestTooLarge { limit } => Some(("http_request_bytes", *limit)),
            Refusal::ResponseTooLarge { limit } => Some(("http_response_bytes", *limit)),
            Refusal::KeyValueFull { limit } => Some(("key-value.bytes", *limit)),
            _ => None,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::HostNotGranted { host } => write!(f, "http to {host} is not granted"),
            Refusal::HostNotWanted { host } => {
                write!(
                    f,
                    "http to {host} is granted, but the plugin does not ask for it"
                )
            }
            Refusal::PrivateAddress { host, address } => {
                write!(
                    f,
                    "http to {host} is not granted at {address}, which is not a public address"
                )
            }
            Refusal::Certificate { host, fault } => {
                write!(f, "http to {host} is not safe: {fault}")
            }
            Refusal::Request { message } => write!(f, "http: {message}"),
            Refusal::TooManyRequests { limit } => {
                write!(
                    f,
                    "too many http requests, the limit `http_requests` is {limit}"
                )
            }
            Refusal::RequestTooLarge { limit } => {
                write!(
                    f,
                    "the body of an http request is too long, the limit `http_request_bytes` is {limit}"
                )
            }
            Refusal::ResponseTooLarge { limit } => {
                write!(
                    f,
                    "the body of an http response is too long, the limit `http_response_bytes` is {limit}"
                )
            }
            Refusal::Secret { name } => {
                let name: String = name.chars().take(64).flat_map(char::escape_debug).collect();
                write!(f, "the secret `{name}` is not granted")
            }
            Refusal::KeyValue => f.write_str("a key-value space is not granted"),
            Refusal::KeyValueFull { limit } => {
                write!(f, "the key-value space is full, {limit} bytes are granted")
            }
            Refusal::KeyValueEntry { message } => write!(f, "key-value: {message}"),
        }
    }
}

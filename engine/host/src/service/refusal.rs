//! What a service asked for and did not get.

use std::fmt;
use std::net::IpAddr;

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

impl Refusal {
    /// A stable name for the kind of refusal, in kebab case.
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::HostNotGranted { .. } => "host-not-granted",
            Refusal::HostNotWanted { .. } => "host-not-wanted",
            Refusal::PrivateAddress { .. } => "private-address",
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

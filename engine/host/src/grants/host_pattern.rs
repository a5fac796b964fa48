//! Which hosts are meant: one by its name, all below a name, or any.

use std::fmt;
use std::str::FromStr;

/// Longer than any name that DNS knows.
const MAX_BYTES: usize = 261;

/// A host by its name (`crm.example.com`, `10.1.2.3`, `[::1]`), all hosts below a name (`*.example.com`), or any
/// host (`*`); with a port, when one follows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostPattern {
    name: Name,
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Name {
    Any,
    /// All below: `.example.com`, with the dot.
    Below(String),
    One(String),
}

impl HostPattern {
    /// The port that was given.
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// Whether every host is meant.
    pub fn is_any(&self) -> bool {
        self.name == Name::Any
    }

    /// Whether `host`, in lower case and with brackets when it is an IPv6 address, is meant.
    pub(crate) fn matches_name(&self, host: &str) -> bool {
        match &self.name {
            Name::Any => true,
            Name::Below(suffix) => host.len() > suffix.len() && host.ends_with(suffix),
            Name::One(name) => name == host,
        }
    }

    /// Whether there is a host that both mean, whatever the ports.
    pub(crate) fn shares_names_with(&self, other: &HostPattern) -> bool {
        match (&self.name, &other.name) {
            (Name::Any, _) | (_, Name::Any) => true,
            (Name::One(name), _) => other.matches_name(name),
            (_, Name::One(name)) => self.matches_name(name),
            (Name::Below(a), Name::Below(b)) => a.ends_with(b) || b.ends_with(a),
        }
    }
}

impl FromStr for HostPattern {
    type Err = String;

    fn from_str(text: &str) -> Result<HostPattern, String> {
        let wrong = |why: &str| {
            let shown: String = text.chars().take(80).flat_map(char::escape_debug).collect();
            format!(
                "expected a host such as `crm.example.com`, `*.example.com` or `crm.example.com:8443`, \
                 found `{shown}`{why}"
            )
        };
        if text.len() > MAX_BYTES {
            return Err(wrong(", which is too long"));
        }
        let (host, port) = split(text);
        let port = match port.map(str::parse::<u16>) {
            None => None,
            Some(Ok(port)) if port > 0 => Some(port),
            Some(_) => return Err(wrong(", whose port is none")),
        };
        let host = host.to_ascii_lowercase();
        let name = match host.strip_prefix('*') {
            Some("") => Name::Any,
            Some(suffix) if suffix.starts_with('.') && is_name(&suffix[1..]) => {
                Name::Below(suffix.to_owned())
            }
            Some(_) => return Err(wrong(", where `*` does not stand alone before a dot")),
            None if is_name(&host) || is_ipv6(&host) => Name::One(host),
            None => return Err(wrong("")),
        };
        Ok(HostPattern { name, port })
    }
}

/// Host and port, at the last colon outside of brackets.
fn split(text: &str) -> (&str, Option<&str>) {
    match text.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (text, None),
    }
}

fn is_name(text: &str) -> bool {
    let part = |part: &str| {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        !part.is_empty() && part.bytes().all(allowed)
    };
    text.split('.').all(part)
}

fn is_ipv6(text: &str) -> bool {
    let inner = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    inner.is_some_and(|inner| inner.parse::<std::net::Ipv6Addr>().is_ok())
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Name::Any => f.write_str("*")?,
            Name::Below(suffix) => write!(f, "*{suffix}")?,
            Name::One(name) => f.write_str(name)?,
        }
        match self.port {
            Some(port) => write!(f, ":{port}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> HostPattern {
        text.parse().unwrap()
    }

    #[test]
    fn patterns_mean_what_they_say() {
        let yes = [
            ("crm.example.com", "crm.example.com"),
            ("CRM.example.com", "crm.example.com"),
            ("*.example.com", "a.example.com"),
            ("*.example.com", "a.b.example.com"),
            ("*", "anything"),
            ("[::1]:80", "[::1]"),
            ("10.0.0.1", "10.0.0.1"),
        ];
        for (text, host) in yes {
            assert!(pattern(text).matches_name(host), "{text} {host}");
        }
        let no = [
            ("crm.example.com", "crm.example.com."),
            ("crm.example.com", "xcrm.example.com"),
            ("*.example.com", "example.com"),
            ("*.example.com", ".example.com"),
            ("*.example.com", "example.com.evil.org"),
            ("*.example.com", "evilexample.com"),
        ];
        for (text, host) in no {
            assert!(!pattern(text).matches_name(host), "{text} {host}");
        }
    }

    #[test]
    fn what_is_no_host_is_refused() {
        for text in [
            "",
            "*x.com",
            "a*.com",
            "a..b",
            "a b",
            "https://a.com",
            "a.com/x",
            "u@a.com",
            "a:0",
            "a:x",
            "a:70000",
            "::1",
            "[::g]",
            "*.",
            "*.*.com",
            "crm.example.com.",
        ] {
            assert!(text.parse::<HostPattern>().is_err(), "{text}");
        }
        assert_eq!(
            "https://a.com".parse::<HostPattern>().unwrap_err(),
            "expected a host such as `crm.example.com`, `*.example.com` or `crm.example.com:8443`, found \
             `https://a.com`, whose port is none"
        );
    }

    #[test]
    fn patterns_are_written_as_they_are_read() {
        for text in ["crm.example.com", "*.example.com:8443", "*", "[::1]:8080"] {
            assert_eq!(pattern(text).to_string(), text);
        }
    }

    #[test]
    fn patterns_share_hosts() {
        let shared = |a: &str, b: &str| {
            let both = [(a, b), (b, a)];
            both.map(|(a, b)| pattern(a).shares_names_with(&pattern(b)))
        };
        assert_eq!(shared("*", "a.com"), [true; 2]);
        assert_eq!(shared("*.example.com", "crm.example.com"), [true; 2]);
        assert_eq!(shared("*.example.com", "*.crm.example.com"), [true; 2]);
        assert_eq!(shared("*.example.com", "*.example.org"), [false; 2]);
        assert_eq!(shared("a.com", "b.com"), [false; 2]);
    }
}

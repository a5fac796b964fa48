//! Does whatever it is told to, good or bad: what the host's tests of services hold it against.
//!
//! Its one function takes a deed. What the host refuses comes back as the failure that it is, so that a test sees what a
//! plugin sees.
#![allow(clippy::panic, reason = "that is one of the deeds")]

use casewright_plugin::http::{Request, Response};
use casewright_plugin::{Context, Failure, Plugin, log};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

/// What to do.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Deed {
    /// Sends a request and tells what came back; goes on to where a redirect leads, if told to.
    Fetch {
        /// Where to.
        url: String,
        /// Whether to follow one redirect.
        #[serde(default)]
        follow: bool,
    },
    /// Sends a request with so many bytes.
    Send {
        /// Where to.
        url: String,
        /// How many.
        bytes: usize,
    },
    /// Sends a request so many times, as long as there are responses.
    FetchOften {
        /// Where to.
        url: String,
        /// How many times.
        times: usize,
    },
    /// Sends requests without end, whatever comes back.
    FetchWithoutEnd {
        /// Where to.
        url: String,
    },
    /// Asks for a secret and keeps it to itself.
    Know {
        /// Its name.
        secret: String,
    },
    /// Answers with a secret.
    Tell {
        /// Its name.
        secret: String,
    },
    /// Logs a secret.
    Log {
        /// Its name.
        secret: String,
    },
    /// Fails with a secret in everything that it says.
    Fail {
        /// Its name.
        secret: String,
    },
    /// Panics with a secret.
    Panic {
        /// Its name.
        secret: String,
    },
    /// Sends a request to a host whose name begins with a secret.
    Leak {
        /// Its name.
        secret: String,
    },
    /// Remembers a secret.
    Keep {
        /// Its name.
        secret: String,
    },
    /// Panics when it is refused a secret.
    Insist {
        /// Its name.
        secret: String,
    },
    /// Remembers so many values of so many bytes.
    Remember {
        /// How many values.
        values: usize,
        /// Of how many bytes each.
        bytes: usize,
    },
    /// Puts a value under a key of so many bytes.
    LongKey {
        /// How many.
        bytes: usize,
    },
    /// Computes without end.
    Loop,
    /// Calls the host without end.
    CallWithoutEnd,
    /// Logs without end.
    LogWithoutEnd,
    /// Takes memory without end.
    TakeMemory,
}

fn obey(deed: Deed, context: &Context<'_>) -> Result<Value, Failure> {
    match deed {
        Deed::Fetch { url, follow } => {
            let response = context.http(&Request::get(url))?;
            match response.header("location") {
                Some(location) if follow => {
                    let location = location.to_owned();
                    Ok(told(&context.http(&Request::get(location))?))
                }
                _ => Ok(told(&response)),
            }
        }
        Deed::Send { url, bytes } => {
            let request = Request::post(url).with_body(vec![b'x'; bytes]);
            Ok(told(&context.http(&request)?))
        }
        Deed::FetchOften { url, times } => {
            for _ in 0..times {
                context.http(&Request::get(url.as_str()))?;
            }
            Ok(json!({}))
        }
        Deed::FetchWithoutEnd { url } => loop {
            let _ = context.http(&Request::get(url.as_str()));
        },
        Deed::Know { secret } => Ok(json!({"bytes": context.secret(&secret)?.len()})),
        Deed::Tell { secret } => {
            let value = context.secret(&secret)?;
            let mut fields = json!({"in": ["a list", value]});
            fields[&value] = json!("as a name");
            Ok(fields)
        }
        Deed::Log { secret } => {
            log::info(&format!("it is {}", context.secret(&secret)?));
            Ok(json!({}))
        }
        Deed::Fail { secret } => {
            let value = context.secret(&secret)?;
            let failure = Failure::new(&value, format!("it is {value}"));
            Err(failure.with_details(json!({"it": [value]})))
        }
        Deed::Panic { secret } => panic!("it is {}", context.secret(&secret)?),
        Deed::Leak { secret } => {
            let url = format!("https://{}.example.org/", context.secret(&secret)?);
            Ok(told(&context.http(&Request::get(url))?))
        }
        Deed::Keep { secret } => {
            let value = context.secret(&secret)?;
            context
                .key_value()
                .set("it", format!("is {value}").as_bytes())?;
            Ok(json!({}))
        }
        Deed::Insist { secret } => match context.secret(&secret) {
            Ok(_) => Ok(json!({})),
            Err(failure) => panic!("{}", failure.message),
        },
        Deed::Remember { values, bytes } => {
            for number in 0..values {
                context
                    .key_value()
                    .set(&format!("{number:06}"), &vec![b'x'; bytes])?;
            }
            let keys = context.key_value().keys("", None)?;
            Ok(json!({"keys": keys.len()}))
        }
        Deed::LongKey { bytes } => {
            context.key_value().set(&"k".repeat(bytes), b"")?;
            Ok(json!({}))
        }
        Deed::Loop => {
            let mut count = 0_u64;
            loop {
                count = std::hint::black_box(count.wrapping_add(1));
            }
        }
        Deed::CallWithoutEnd => loop {
            let _ = context.key_value().get("nothing");
        },
        Deed::LogWithoutEnd => loop {
            log::info("again");
        },
        Deed::TakeMemory => {
            let mut taken = Vec::new();
            loop {
                taken.push(std::hint::black_box(vec![1_u8; 1 << 20]));
            }
        }
    }
}

fn told(response: &Response) -> Value {
    json!({"status": response.status(), "bytes": response.body().len()})
}

/// The plugin as the host sees it.
pub fn plugin() -> Plugin {
    let hosts = [
        "127.0.0.1",
        "localhost",
        "10.0.0.1",
        "192.168.0.1",
        "172.16.0.1",
        "169.254.169.254",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[fe80::1]",
        "[fd00::1]",
        "0.0.0.0",
        "[::]",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "017700000001",
        "127.1",
        "*.example.com",
    ];
    let plugin = Plugin::new("rogue", env!("CARGO_PKG_VERSION"));
    let plugin = hosts.into_iter().fold(plugin, |plugin, host| {
        plugin.wants_http(host, "to look around")
    });
    plugin
        .wants_secret("token", "to give it away")
        .wants_key_value("to fill it")
        .service("obey", "Obey", "Does what it is told to.", obey)
}

casewright_plugin::export!(plugin);

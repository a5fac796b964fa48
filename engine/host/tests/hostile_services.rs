//! Services that misbehave: each costs its own call, gets nothing that was not granted, and tells nobody a secret.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]

#[path = "support/hostile.rs"]
mod hostile;
#[path = "support/web.rs"]
mod web;

use std::collections::BTreeMap;
use std::fs;
use std::net::IpAddr;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use casewright_host::grants::{Grant, HttpGrant, KeyValueGrant, LimitsGrant, Scheme};
use casewright_host::{
    Attempt, CallError, Granted, Host, HostConfig, MemorySpace, Plugin, Reason, Refusal, Served,
};
use hostile::{Behaviour, Hostile};
use serde_json::{Value, json};
use web::{Answer, Web};

const TOKEN: &str = "s3cr3t \"token\"";

/// The plugin that does what it is told, compiled once.
static ROGUE: LazyLock<Plugin> = LazyLock::new(|| {
    let dist: PathBuf = match std::env::var_os("CASEWRIGHT_PLUGINS_DIST") {
        Some(folder) => folder.into(),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/dist"),
    };
    let bytes = fs::read(dist.join("examples/rogue.wasm")).unwrap();
    let host = Host::new(HostConfig::default()).unwrap();
    host.load("rogue.wasm", &bytes).unwrap()
});

/// Small figures, so that they are met soon; but for the deadline, which a busy machine must not meet.
fn limits() -> LimitsGrant {
    LimitsGrant {
        deadline_ms: NonZero::new(60_000),
        memory_bytes: NonZero::new(16 << 20),
        log_bytes: Some(2000),
        http_requests: Some(3),
        http_request_bytes: Some(10_000),
        http_response_bytes: Some(100_000),
        ..LimitsGrant::default()
    }
}

/// All that the plugin asks for, and `hosts` besides; a host may begin with `http://`.
fn rogue(hosts: &[(&str, bool)]) -> (Plugin, Arc<MemorySpace>) {
    rogue_within(limits(), hosts)
}

/// The same for as long as 400 ms.
fn hasty(hosts: &[(&str, bool)]) -> Plugin {
    let limits = LimitsGrant {
        deadline_ms: NonZero::new(400),
        ..limits()
    };
    rogue_within(limits, hosts).0
}

fn rogue_within(limits: LimitsGrant, hosts: &[(&str, bool)]) -> (Plugin, Arc<MemorySpace>) {
    let everything = ROGUE.wanted().capabilities().iter();
    let wanted = everything
        .filter(|wanted| wanted.kind == "http")
        .map(|wanted| HttpGrant {
            host: wanted.name.clone(),
            scheme: Scheme::Https,
            private: false,
        });
    let more = hosts.iter().map(|(host, private)| HttpGrant {
        host: host.trim_start_matches("http://").to_owned(),
        scheme: match host.starts_with("http://") {
            true => Scheme::Http,
            false => Scheme::Https,
        },
        private: *private,
    });
    let grant = Grant {
        http: wanted.chain(more).collect(),
        key_value: Some(KeyValueGrant { bytes: 1000 }),
        limits,
        ..Grant::default()
    };
    let secrets = [("token", TOKEN), ("other", "not asked for")];
    let secrets: BTreeMap<_, _> = secrets
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    let space = Arc::new(MemorySpace::default());
    let granted = Granted::with_secrets(&grant, secrets).unwrap();
    (
        ROGUE.clone().granted(&granted, space.clone()).unwrap(),
        space,
    )
}

fn order(plugin: &Plugin, deed: Value) -> Result<Served, CallError> {
    let attempt = Attempt {
        key: "key".to_owned(),
        number: 1,
        case: "case".to_owned(),
    };
    plugin.serve("obey", &deed, &attempt)
}

/// What a call leaves for anybody to read.
fn words(answer: &Result<Served, CallError>) -> String {
    match answer {
        Ok(served) => format!("{served:?}"),
        Err(error) => format!("{error} {error:?}"),
    }
}

/// The code that the plugin saw, and what it was refused as the operator sees it.
#[track_caller]
fn check_refused(answer: &Result<Served, CallError>, code: &str, refusal: &Refusal) {
    let error = answer.as_ref().unwrap_err();
    let Reason::Failed {
        code: found, retry, ..
    } = &*error.reason
    else {
        panic!("{error}");
    };
    assert_eq!((found.as_str(), *retry), (code, None), "{error}");
    let told: Vec<&str> = error
        .logs
        .iter()
        .map(|line| line.message.as_str())
        .collect();
    assert!(
        told.contains(&format!("refused: {refusal}").as_str()),
        "{told:?}"
    );
}

fn fetch(hosts: &[(&str, bool)], url: &str) -> Result<Served, CallError> {
    order(&rogue(hosts).0, json!({"do": "fetch", "url": url}))
}

#[test]
fn a_host_that_is_not_granted() {
    for (url, host) in [
        ("https://other.example/", "https://other.example:443"),
        ("http://a.example.com/", "http://a.example.com:80"),
        ("https://a.example.com:8443/", "https://a.example.com:8443"),
        ("https://example.com/", "https://example.com:443"),
        (
            "https://a.example.com.evil.example/",
            "https://a.example.com.evil.example:443",
        ),
        ("https://127.0.0.1:1/", "https://127.0.0.1:1"),
        ("https://a.example.com./", "https://a.example.com.:443"),
    ] {
        let host = host.to_owned();
        check_refused(
            &fetch(&[], url),
            "http-not-granted",
            &Refusal::HostNotGranted { host },
        );
    }
}

#[test]
fn a_host_that_the_plugin_did_not_ask_for() {
    let host = "https://other.example:443".to_owned();
    let answer = fetch(&[("other.example", true)], "https://other.example/");
    check_refused(
        &answer,
        "http-not-granted",
        &Refusal::HostNotWanted { host },
    );
}

#[test]
fn a_name_before_the_host() {
    let answer = fetch(&[], "https://a.example.com@other.example/");
    let message = "a name and password before the host are not sent".to_owned();
    check_refused(&answer, "http-not-granted", &Refusal::Request { message });
}

/// Each is granted, but not as private.
#[test]
fn addresses_that_are_not_public() {
    for (host, address) in [
        ("127.0.0.1", "127.0.0.1"),
        ("10.0.0.1", "10.0.0.1"),
        ("172.16.0.1", "172.16.0.1"),
        ("192.168.0.1", "192.168.0.1"),
        ("169.254.169.254", "169.254.169.254"),
        ("[::1]", "::1"),
        ("[fe80::1]", "fe80::1"),
        ("[fd00::1]", "fd00::1"),
        ("[::ffff:127.0.0.1]", "::ffff:127.0.0.1"),
        // Other spellings, which the system's resolver understands.
        ("2130706433", "127.0.0.1"),
        ("0x7f000001", "127.0.0.1"),
        ("0x7f.1", "127.0.0.1"),
        ("017700000001", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
    ] {
        let refusal = Refusal::PrivateAddress {
            host: format!("https://{host}:443"),
            address: address.parse::<IpAddr>().unwrap(),
        };
        check_refused(
            &fetch(&[], &format!("https://{host}/")),
            "http-not-granted",
            &refusal,
        );
    }
}

#[test]
fn a_name_that_leads_to_this_machine() {
    let answer = fetch(&[], "https://localhost/");
    let error = answer.unwrap_err();
    let told = &error.logs[0].message;
    assert!(
        told.starts_with("refused: http to https://localhost:443 is not granted at "),
        "{told}"
    );
}

#[test]
fn addresses_of_nobody_even_when_private_ones_are_granted() {
    for (host, address) in [("0.0.0.0", "0.0.0.0"), ("[::]", "::")] {
        let answer = fetch(&[(host, true)], &format!("https://{host}/"));
        let refusal = Refusal::PrivateAddress {
            host: format!("https://{host}:443"),
            address: address.parse::<IpAddr>().unwrap(),
        };
        check_refused(&answer, "http-not-granted", &refusal);
    }
}

/// A server on this machine that is granted, for what follows.
fn web(say: impl Fn(usize, &web::Seen) -> Answer + Send + Sync + 'static) -> (Web, Plugin) {
    let web = Web::start(say);
    let (plugin, _) = rogue(&[(&web.url(), true)]);
    (web, plugin)
}

#[test]
fn a_redirect_is_followed_by_nobody_but_the_plugin_and_judged_anew() {
    let secret = Web::start(|_, _| Answer::json(200, "{}"));
    let there = secret.url();
    let location = there.clone();
    let (web, plugin) =
        web(move |_, _| Answer::Status(302, vec![("location", location.clone())], String::new()));
    let url = web.url();
    let served = order(&plugin, json!({"do": "fetch", "url": url})).unwrap();
    assert_eq!(served.value["status"], 302);
    let answer = order(&plugin, json!({"do": "fetch", "url": url, "follow": true}));
    check_refused(
        &answer,
        "http-not-granted",
        &Refusal::HostNotGranted { host: there },
    );
    assert!(secret.seen().is_empty());
}

#[test]
fn a_secret_that_is_not_asked_for_or_not_there() {
    let (plugin, _) = rogue(&[]);
    for name in ["other", "nothing"] {
        let answer = order(&plugin, json!({"do": "know", "secret": name}));
        let name = name.to_owned();
        check_refused(&answer, "not-granted", &Refusal::Secret { name });
    }
    let served = order(&plugin, json!({"do": "know", "secret": "token"})).unwrap();
    assert_eq!(served.value["bytes"], TOKEN.len());
}

#[test]
fn a_secret_in_what_people_read() {
    let (plugin, space) = rogue(&[]);
    for deed in ["tell", "log", "fail", "panic", "leak", "keep"] {
        let answer = order(&plugin, json!({"do": deed, "secret": "token"}));
        let words = words(&answer);
        assert!(!words.contains("s3cr3t"), "{deed}: {words}");
        match (deed, answer) {
            ("tell", Ok(served)) => {
                let expected =
                    json!({"in": ["a list", "[secret token]"], "[secret token]": "as a name"});
                assert_eq!(served.value, expected);
                assert_eq!(served.output, expected.to_string());
                assert_eq!(
                    served.logs[0].message,
                    "the output held a secret, which was taken out"
                );
            }
            ("log", Ok(served)) => assert_eq!(served.logs[0].message, "it is [secret token]"),
            ("fail", Err(error)) => {
                let expected = Reason::Failed {
                    code: "[secret token]".to_owned(),
                    message: "it is [secret token]".to_owned(),
                    details: json!({"it": ["[secret token]"]}),
                    retry: None,
                };
                assert_eq!(*error.reason, expected);
            }
            ("panic", Err(error)) => {
                assert_eq!(error.code(), "trap");
                assert!(
                    error.logs[0].message.ends_with("it is [secret token]"),
                    "{error:?}"
                );
            }
            ("leak", Err(error)) => assert_eq!(error.code(), "failed"),
            ("keep", answer) => {
                let message = "what holds a secret is not kept".to_owned();
                check_refused(&answer, "holds-secret", &Refusal::KeyValueEntry { message });
            }
            (deed, answer) => panic!("{deed}: {answer:?}"),
        }
    }
    assert!(space.content().is_empty());
}

#[test]
fn a_plugin_that_breaks_down_when_it_is_refused() {
    let error = order(&rogue(&[]).0, json!({"do": "insist", "secret": "other"})).unwrap_err();
    let name = "other".to_owned();
    let refusal = Refusal::Secret { name };
    assert_eq!(*error.reason, Reason::Refused { refusal });
    assert_eq!(error.code(), "secret-not-granted");
    assert_eq!(error.retry(), None);
}

#[test]
fn what_never_ends() {
    let web = Web::start(|_, _| Answer::Never);
    let plugin = hasty(&[(&web.url(), true)]);
    for deed in [
        json!({"do": "loop"}),
        json!({"do": "call-without-end"}),
        json!({"do": "log-without-end"}),
        json!({"do": "fetch", "url": web.url()}),
        json!({"do": "fetch-without-end", "url": "https://other.example/"}),
    ] {
        let error = order(&plugin, deed.clone()).unwrap_err();
        assert_eq!(
            *error.reason,
            Reason::DeadlineExceeded { limit: 400 },
            "{deed}"
        );
        let named =
            "plugin `rogue` 0.1.0, function `obey`: took too long, the limit `deadline_ms` is 400";
        assert_eq!(error.to_string(), named);
        let logged: usize = error.logs.iter().map(|line| line.message.len()).sum();
        assert!(logged <= 2000, "{deed}: {logged}");
    }
}

#[test]
fn more_requests_than_granted() {
    let (web, plugin) = web(|_, _| Answer::json(200, "{}"));
    let often = |times: usize| json!({"do": "fetch-often", "url": web.url(), "times": times});
    assert_eq!(order(&plugin, often(3)).unwrap().http_requests, 3);
    let answer = order(&plugin, often(1000));
    let refusal = Refusal::TooManyRequests { limit: 3 };
    check_refused(&answer, "http-too-many-requests", &refusal);
    assert_eq!(web.seen().len(), 6);
}

#[test]
fn a_request_that_is_too_long() {
    let (web, plugin) = web(|_, seen| Answer::json(200, &seen.body.len().to_string()));
    let answer = order(
        &plugin,
        json!({"do": "send", "url": web.url(), "bytes": 10_000}),
    );
    assert_eq!(answer.unwrap().value["bytes"], 5);
    let answer = order(
        &plugin,
        json!({"do": "send", "url": web.url(), "bytes": 10_001}),
    );
    check_refused(
        &answer,
        "http-too-large",
        &Refusal::RequestTooLarge { limit: 10_000 },
    );
}

#[test]
fn a_response_without_end() {
    let (web, plugin) = web(|_, _| Answer::Endless);
    let answer = order(&plugin, json!({"do": "fetch", "url": web.url()}));
    check_refused(
        &answer,
        "http-too-large",
        &Refusal::ResponseTooLarge { limit: 100_000 },
    );
}

#[test]
fn a_response_whose_headers_do_not_end() {
    let (web, plugin) = web(|_, _| {
        let headers = (0..90).map(|_| ("x-long", "x".repeat(4000))).collect();
        Answer::Status(200, headers, String::new())
    });
    let error = order(&plugin, json!({"do": "fetch", "url": web.url()})).unwrap_err();
    assert_eq!(error.code(), "failed", "{error}");
}

#[test]
fn memory_without_end() {
    let error = order(&rogue(&[]).0, json!({"do": "take-memory"})).unwrap_err();
    assert_eq!(*error.reason, Reason::MemoryExceeded { limit: 16 << 20 });
}

#[test]
fn a_key_value_space_that_is_full() {
    let (plugin, space) = rogue(&[]);
    let served = order(
        &plugin,
        json!({"do": "remember", "values": 10, "bytes": 90}),
    )
    .unwrap();
    assert_eq!(served.value["keys"], 10);
    let answer = order(
        &plugin,
        json!({"do": "remember", "values": 1000, "bytes": 94}),
    );
    check_refused(&answer, "full", &Refusal::KeyValueFull { limit: 1000 });
    let held: usize = space
        .content()
        .iter()
        .map(|(key, value)| key.len() + value.len())
        .sum();
    assert!(held <= 1000, "{held}");
    let answer = order(&plugin, json!({"do": "long-key", "bytes": 257}));
    let message = "expected a key of 1 to 256 bytes, found 257".to_owned();
    check_refused(&answer, "too-large", &Refusal::KeyValueEntry { message });
}

#[test]
fn other_calls_go_on_beside_one_that_never_ends() {
    let (plugin, _) = rogue(&[]);
    let hasty = hasty(&[]);
    std::thread::scope(|scope| {
        let endless = scope.spawn(|| order(&hasty, json!({"do": "loop"})));
        let served = order(&plugin, json!({"do": "know", "secret": "token"}));
        assert_eq!(served.unwrap().value["bytes"], TOKEN.len());
        assert_eq!(
            endless.join().unwrap().unwrap_err().code(),
            "deadline-exceeded"
        );
    });
}

#[test]
fn a_decision_that_reaches_for_the_world() {
    let host = Host::new(HostConfig::default()).unwrap();
    for (module, name) in [
        ("wasi:http/outgoing-handler@0.2.12", "handle"),
        ("casewright:plugin/key-value@0.2.0", "get"),
        ("casewright:plugin/secrets@0.2.0", "get"),
        ("wasi:sockets/tcp@0.2.12", "start-bind"),
        ("wasi:clocks/wall-clock@0.2.12", "now"),
    ] {
        let plugin = Hostile::new("rogue", "judge", Behaviour::Import(module, name));
        let error = host.load("rogue.wasm", &plugin.module()).unwrap_err();
        assert_eq!(error.code(), "forbidden-import", "{error}");
        assert!(
            error
                .to_string()
                .contains("a decision may import logging alone"),
            "{error}"
        );
    }
}

#[test]
fn a_service_is_no_decision_and_the_other_way_round() {
    let (plugin, _) = rogue(&[]);
    let error = plugin.decide("obey", "{}").unwrap_err();
    assert_eq!(
        error.to_string(),
        "plugin `rogue` 0.1.0, function `obey`: no such decision, and the plugin has none"
    );
    let decisions = Hostile::new("rogue", "judge", Behaviour::Answer(b"{}".to_vec()));
    let host = Host::new(HostConfig::default()).unwrap();
    let decisions = host.load("rogue.wasm", &decisions.component()).unwrap();
    let attempt = Attempt {
        key: "key".to_owned(),
        number: 1,
        case: "case".to_owned(),
    };
    let error = decisions.serve("judge", &json!({}), &attempt).unwrap_err();
    assert_eq!(error.code(), "unknown-function");
}

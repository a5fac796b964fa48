//! Services against web servers on this machine: the plugin `crm-sync`, as it is built.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]

#[path = "support/web.rs"]
mod web;

use std::collections::BTreeMap;
use std::fs;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use casewright_host::grants::{Grant, HttpGrant, KeyValueGrant, LimitsGrant, Scheme};
use casewright_host::{
    Attempt, CallError, Granted, Host, HostConfig, MemorySpace, Plugin, Reason, Refusal, Retry,
    Served,
};
use serde_json::{Value, json};
use tokio::sync::Barrier;
use web::{Answer, Seen, Web};

const TOKEN: &str = "token-of-the-crm";

/// The built plugin, compiled once.
static CRM_SYNC: LazyLock<Plugin> = LazyLock::new(|| {
    let dist: PathBuf = match std::env::var_os("CASEWRIGHT_PLUGINS_DIST") {
        Some(folder) => folder.into(),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/dist"),
    };
    let bytes = fs::read(dist.join("examples/crm-sync.wasm")).unwrap();
    let host = Host::new(HostConfig {
        concurrent_calls: 1,
        ..HostConfig::default()
    });
    host.unwrap().load("crm-sync.wasm", &bytes).unwrap()
});

fn crm_sync() -> Plugin {
    CRM_SYNC.clone()
}

/// What an operator grants who has the CRM at `web`.
fn grant(web: &Web) -> Grant {
    Grant {
        http: vec![HttpGrant {
            host: web.address.to_string(),
            scheme: Scheme::Http,
            private: true,
        }],
        key_value: Some(KeyValueGrant { bytes: 10_000 }),
        ..Grant::default()
    }
}

fn granted(grant: &Grant) -> Granted {
    let secrets = BTreeMap::from([("crm-token".to_owned(), TOKEN.to_owned())]);
    Granted::with_secrets(grant, secrets).unwrap()
}

fn plugin(grant: &Grant) -> Plugin {
    let space = Arc::new(MemorySpace::default());
    crm_sync().granted(&granted(grant), space).unwrap()
}

fn attempt(number: u32) -> Attempt {
    Attempt {
        key: "case-7/12/0".to_owned(),
        number,
        case: "case-7".to_owned(),
    }
}

fn push(plugin: &Plugin, web: &Web, number: u32) -> Result<Served, CallError> {
    let input = json!({"crm": web.url(), "account": {"id": "KA-7", "tier": "core"}});
    plugin.serve("push-account", &input, &attempt(number))
}

/// A CRM that has no account yet.
fn empty_crm(_: usize, seen: &Seen) -> Answer {
    match seen.method.as_str() {
        "GET" => Answer::json(200, r#"{"accounts": []}"#),
        "POST" => Answer::json(201, r#"{"id": "c-1"}"#),
        _ => Answer::json(200, "{}"),
    }
}

#[test]
fn an_account_is_written_and_its_id_remembered() {
    let web = Web::start(empty_crm);
    let plugin = plugin(&grant(&web));
    let served = push(&plugin, &web, 1).unwrap();
    assert_eq!(served.value, json!({"crm_id": "c-1", "created": true}));
    assert_eq!((served.http_requests, served.refusals.len()), (2, 0));
    let served = push(&plugin, &web, 1).unwrap();
    assert_eq!(served.value, json!({"crm_id": "c-1", "created": false}));

    let seen = web.seen();
    let asked: Vec<_> = seen
        .iter()
        .map(|seen| (seen.method.as_str(), seen.path.as_str()))
        .collect();
    let expected = [
        ("GET", "/accounts?external_id=KA-7"),
        ("POST", "/accounts"),
        ("PUT", "/accounts/c-1"),
    ];
    assert_eq!(asked, expected);
    for seen in &seen {
        assert_eq!(seen.header("idempotency-key"), Some("case-7/12/0"));
        assert_eq!(
            seen.header("authorization"),
            Some("Bearer token-of-the-crm")
        );
    }
    let body: Value = serde_json::from_slice(&seen[1].body).unwrap();
    assert_eq!(body, json!({"external_id": "KA-7", "tier": "core"}));
}

#[test]
fn it_says_what_it_wants_and_is_refused_without() {
    let plugin = crm_sync();
    assert_eq!(plugin.functions()[0].kind, "service");
    let wanted: Vec<String> = plugin
        .wanted()
        .capabilities()
        .iter()
        .map(ToString::to_string)
        .collect();
    let expected = [
        "http to hosts that the operator names",
        "the secret `crm-token`",
        "a key-value space",
    ];
    assert_eq!(wanted, expected);
    let error = plugin.serve(
        "push-account",
        &json!({"crm": "http://a.example", "account": {"id": "1"}}),
        &attempt(1),
    );
    assert_eq!(*error.unwrap_err().reason, Reason::NotGranted);
    let missing = plugin
        .granted(&Granted::default(), Arc::new(MemorySpace::default()))
        .unwrap_err();
    assert_eq!(missing.capabilities.len(), 3);
}

#[test]
fn a_busy_crm_is_tried_again_when_it_says() {
    let web = Web::start(|_, _| {
        Answer::Status(429, vec![("retry-after", "30".to_owned())], String::new())
    });
    let error = push(&plugin(&grant(&web)), &web, 1).unwrap_err();
    assert_eq!(error.retry(), Some(Retry::After(Duration::from_secs(30))));
    assert_eq!(
        error.to_string(),
        "plugin `crm-sync` 0.1.0, function `push-account`: failed with `crm-busy`: the CRM is busy or out of order"
    );
}

#[test]
fn a_broken_crm_is_tried_again_until_it_works() {
    let web = Web::start(|before, seen| match before {
        0 => Answer::json(500, "{}"),
        _ => empty_crm(before, seen),
    });
    let plugin = plugin(&grant(&web));
    let error = push(&plugin, &web, 1).unwrap_err();
    assert_eq!(error.retry(), Some(Retry::Whenever));
    assert_eq!(push(&plugin, &web, 2).unwrap().value["created"], true);
}

#[test]
fn what_the_crm_declines_is_not_tried_again() {
    let web = Web::start(|_, _| Answer::json(422, "{}"));
    let error = push(&plugin(&grant(&web)), &web, 1).unwrap_err();
    assert_eq!(error.retry(), None);
    let Reason::Failed { code, details, .. } = &*error.reason else {
        panic!("{error}");
    };
    assert_eq!(
        (code.as_str(), details),
        ("crm-declined", &json!({"status": 422}))
    );
}

#[test]
fn a_crm_that_never_answers_ends_at_the_deadline() {
    let web = Web::start(|_, _| Answer::Never);
    let mut grant = grant(&web);
    grant.limits = LimitsGrant {
        deadline_ms: NonZero::new(3000),
        ..LimitsGrant::default()
    };
    let error = push(&plugin(&grant), &web, 1).unwrap_err();
    assert_eq!(*error.reason, Reason::DeadlineExceeded { limit: 3000 });
    assert_eq!(error.limit(), Some(("deadline_ms", 3000)));
    assert_eq!(error.retry(), Some(Retry::Whenever));
    assert_eq!(web.seen().len(), 1);
}

#[test]
fn nobody_at_home_is_worth_another_attempt() {
    let web = Web::start(empty_crm);
    let grant = grant(&web);
    let plugin = plugin(&grant);
    let url = web.url();
    drop(web);
    let input = json!({"crm": url, "account": {"id": "KA-7"}});
    let error = plugin
        .serve("push-account", &input, &attempt(1))
        .unwrap_err();
    assert_eq!(error.retry(), Some(Retry::Whenever));
    assert!(
        error.to_string().contains("failed with `http-unreachable`"),
        "{error}"
    );
    let log = error.logs[0].message.as_str();
    assert!(log.starts_with("cannot connect to 127.0.0.1:"), "{log}");
}

#[test]
fn another_host_is_refused() {
    let (web, other) = (Web::start(empty_crm), Web::start(empty_crm));
    let error = push(&plugin(&grant(&web)), &other, 1).unwrap_err();
    let Reason::Failed { code, retry, .. } = &*error.reason else {
        panic!("{error}");
    };
    assert_eq!((code.as_str(), *retry), ("http-not-granted", None));
    let refusal = Refusal::HostNotGranted { host: other.url() };
    assert_eq!(error.logs[0].message, format!("refused: {refusal}"));
    assert!(other.seen().is_empty());
}

/// Each waits at the CRM for the other: what waits takes no place from those that compute.
#[test]
fn services_wait_side_by_side() {
    let both = Arc::new(Barrier::new(2));
    let web = Web::start(move |before, seen| {
        let answer = empty_crm(before, seen);
        if before < 2 {
            return Answer::Together(both.clone(), Box::new(answer));
        }
        answer
    });
    let plugin = plugin(&grant(&web));
    std::thread::scope(|scope| {
        let calls = [0; 2].map(|_| scope.spawn(|| push(&plugin, &web, 1)));
        for call in calls {
            assert_eq!(call.join().unwrap().unwrap().value["crm_id"], "c-1");
        }
    });
}

/// Calls wait on the clock, so they may be made from wherever, an event loop included.
#[test]
fn a_call_inside_an_event_loop_is_no_panic() {
    let web = Web::start(empty_crm);
    let plugin = plugin(&grant(&web));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let served = runtime.block_on(async { push(&plugin, &web, 1) });
    assert_eq!(served.unwrap().value["created"], true);
}

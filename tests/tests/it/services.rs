//! Services through the real server: the plugin `crm-sync` against a small CRM, over HTTP.

use std::collections::VecDeque;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};

use casewright_tests::root;
use casewright_tests::server::{Client, Server, Settings, eventually};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

const SECRET: &str = "a-token-that-nobody-else-knows";

const WORKFLOW: &str = "\
id: sync-account
version: 1.0.0
title: { en: Tell the CRM, zh: 通知客户系统 }
start: { roles: [system], requires: [crm, account] }
data:
  type: object
  additionalProperties: false
  properties: { crm: { type: string, minLength: 8 }, account: { type: string, minLength: 1, maxLength: 100 }, crm_id: { type: string } }
events:
  leave: { title: { en: Leave, zh: 离开 }, roles: [system] }
initial: telling
states:
  telling:
    no-deadline: the service comes back, or an operator sees to it
    invoke:
      id: push
      src: crm-sync.push-account
      input: { crm: data.crm, account: { id: data.account, tier: \"'core'\" } }
      onDone: { target: told, actions: [{ assign: { crm_id: event.data.crm_id } }] }
    on: { leave: left }
  told: { on: { leave: left } }
  left: { type: final }
";

/// A request as the CRM saw it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) line: String,
    pub(crate) key: String,
    pub(crate) authorization: String,
}

/// A status, and for how many seconds the CRM wants to be left alone.
pub(crate) type Refusal = (u16, Option<u32>);

/// A CRM that knows no account at first. It ends with the process.
pub(crate) struct Crm {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    /// What it answers first.
    refusals: Arc<Mutex<VecDeque<Refusal>>>,
    /// What it calls every account.
    id: Arc<Mutex<String>>,
}

impl Crm {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let crm = Crm {
            address: listener.local_addr().unwrap(),
            seen: Arc::default(),
            refusals: Arc::default(),
            id: Arc::new(Mutex::new("c-1".to_owned())),
        };
        let (seen, refusals, id) = (crm.seen.clone(), crm.refusals.clone(), crm.id.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                answer(stream.unwrap(), &seen, &refusals, &id);
            }
        });
        crm
    }

    pub(crate) fn refuses(&self, answers: impl IntoIterator<Item = Refusal>) {
        self.refusals.lock().unwrap().extend(answers);
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Gives every account this id from now on.
    pub(crate) fn calls_accounts(&self, id: &str) {
        id.clone_into(&mut self.id.lock().unwrap());
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where its API begins.
    pub(crate) fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    fn data(&self, account: &str) -> Json {
        json!({ "crm": self.base(), "account": account })
    }
}

/// Takes one request, and answers it. One whose client has gone is nobody's.
fn answer(
    mut stream: TcpStream,
    seen: &Mutex<Vec<Seen>>,
    refusals: &Mutex<VecDeque<Refusal>>,
    id: &Mutex<String>,
) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).is_err() || line.trim_end().is_empty() {
            break;
        }
        lines.push(line.trim_end().to_owned());
    }
    let header = |name: &str| {
        let mut headers = lines.iter().skip(1).filter_map(|line| line.split_once(':'));
        let found = headers.find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map_or_else(String::new, |(_, value)| value.trim().to_owned())
    };
    let mut body = vec![0; header("content-length").parse().unwrap_or(0)];
    if reader.read_exact(&mut body).is_err() || lines.is_empty() {
        return;
    }
    seen.lock().unwrap().push(Seen {
        line: lines[0].clone(),
        key: header("idempotency-key"),
        authorization: header("authorization"),
    });
    let refusal = refusals.lock().unwrap().pop_front();
    let (status, more, text) = match refusal {
        Some((status, after)) => {
            let after = after.map_or_else(String::new, |after| format!("Retry-After: {after}\r\n"));
            (status, after, json!({ "error": "not now" }))
        }
        None if lines[0].starts_with("GET") => (200, String::new(), json!({ "accounts": [] })),
        None => (200, String::new(), json!({ "id": *id.lock().unwrap() })),
    };
    let text = text.to_string();
    let _ = write!(
        stream,
        "HTTP/1.1 {status} Told\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n{more}\r\n{text}",
        text.len()
    );
}

/// A folder with the plugin in it, and a file that grants it what it wants.
fn settings(folder: &Path, crm: &Crm) -> Settings {
    let plugins = folder.join("plugins");
    fs::create_dir(&plugins).unwrap();
    let example = root().join("plugins/dist/examples/crm-sync.wasm");
    fs::copy(example, plugins.join("crm-sync.wasm")).unwrap();
    // Named in the file as it lies beside it.
    fs::write(folder.join("token"), format!("{SECRET}\n")).unwrap();
    let grants = format!(
        "plugins:\n  crm-sync:\n    http: [{{ host: '{}', scheme: http, private: true }}]\n    secrets: {{ crm-token: {{ file: token }} }}\n    key-value: {{ bytes: 65536 }}\n",
        crm.address,
    );
    let file = folder.join("grants.yaml");
    fs::write(&file, grants).unwrap();
    Settings::small()
        .with("--plugins", plugins)
        .with("--grants", file)
}

fn apply(server: &Server) -> Client {
    let administrator = server.actor("admin", "administrator");
    let applied = administrator.send("PUT", "/workflows/sync-account", Some(WORKFLOW.as_bytes()));
    applied.expect(200);
    administrator
}

fn started() -> (TempDir, Crm, Server) {
    let folder = tempfile::tempdir().unwrap();
    let crm = Crm::start();
    let server = settings(folder.path(), &crm).start();
    (folder, crm, server)
}

fn state(client: &Client, case: &str) -> String {
    let view = client.get(&format!("/cases/{case}")).expect(200).json();
    view["states"][0]["id"].as_str().unwrap().to_owned()
}

fn is_told(client: &Client, case: &str) {
    eventually("the case hears of its service", || {
        (state(client, case) == "told").then_some(())
    });
}

#[test]
fn a_service_is_tried_until_it_works_whatever_happens_meanwhile() {
    let (_folder, crm, mut server) = started();
    apply(&server);
    crm.refuses([(503, Some(1)), (500, None)]);
    let client = server.actor("crm", "system");
    let opened = client.open("A-1", "sync-account", &crm.data("KA-7"));
    let view = opened.expect(201).json();
    assert_eq!(view["services"][0]["invoke"], "push");
    eventually("the CRM is asked", || {
        (!crm.seen().is_empty()).then_some(())
    });
    server.kill();
    server.restart();
    let client = server.actor("crm", "system");
    is_told(&client, "A-1");
    let view = client.get("/cases/A-1").expect(200).json();
    assert_eq!(view["data"]["crm_id"], "c-1");
    assert_eq!(view.get("services"), None);
    let seen = crm.seen();
    let lines: Vec<&str> = seen.iter().map(|seen| &*seen.line).collect();
    assert!(
        lines.iter().any(|line| line.starts_with("POST /accounts ")),
        "{lines:?}"
    );
    let bearer = format!("Bearer {SECRET}");
    assert!(seen.iter().all(|seen| seen.authorization == bearer));
    let asked: Vec<&Seen> = seen
        .iter()
        .filter(|seen| seen.line.starts_with("GET"))
        .collect();
    assert!(asked.len() >= 3, "{lines:?}");
    assert!(!asked[0].key.is_empty() && asked.iter().all(|seen| seen.key == asked[0].key));
    let history = client.get("/cases/A-1/history").expect(200);
    let last = history.json()["records"][1].clone();
    assert_eq!(
        (&last["cause"], &last["event"]),
        (&json!("service"), &json!("done.invoke.push"))
    );
    assert_eq!(last["service"]["function"], "crm-sync.push-account");
    assert_eq!(last["service"]["digest"].as_str().unwrap().len(), 64);
    assert!(!history.text().contains(SECRET) && !server.stderr().contains(SECRET));
    // What it remembers outlives the call: the second case takes one request.
    let before = crm.seen().len();
    client
        .open("A-2", "sync-account", &crm.data("KA-7"))
        .expect(201);
    is_told(&client, "A-2");
    let lines: Vec<String> = crm
        .seen()
        .split_off(before)
        .into_iter()
        .map(|seen| seen.line)
        .collect();
    assert_eq!(lines, ["PUT /accounts/c-1 HTTP/1.1"]);
    server.kill_and_verify();
}

#[test]
fn what_could_not_be_done_waits_for_an_operator() {
    let (_folder, crm, server) = started();
    let administrator = apply(&server);
    crm.refuses([(403, None), (403, None), (403, None)]);
    let client = server.actor("crm", "system");
    for case in ["B-1", "B-2", "B-3"] {
        client
            .open(case, "sync-account", &crm.data(case))
            .expect(201);
    }
    let dead = || {
        let list = client.get("/jobs?status=dead").expect(200).json();
        list["jobs"].as_array().unwrap().clone()
    };
    let jobs = eventually("three are given up", || {
        Some(dead()).filter(|jobs| jobs.len() == 3)
    });
    for job in &jobs {
        assert_eq!(
            (&job["status"], &job["attempts"]),
            (&json!("dead"), &json!(1))
        );
        assert_eq!(job["function"], "crm-sync.push-account");
        assert!(!job["failure"]["code"].as_str().unwrap().is_empty());
        assert_eq!((job.get("input"), job.get("due")), (None, None));
    }
    let page = client.get("/jobs?status=dead&limit=2").expect(200);
    let next = page
        .header("link")
        .unwrap()
        .split(['<', '>'])
        .nth(1)
        .unwrap()
        .to_owned();
    let rest = client.get(&next).expect(200).json();
    assert_eq!(rest["jobs"].as_array().unwrap().len(), 1);
    assert_eq!(rest.get("next"), None);
    let of_case = client.get("/cases/B-1/jobs").expect(200).json();
    assert_eq!(of_case["jobs"][0]["input"]["account"]["id"], "B-1");
    let sequence = of_case["jobs"][0]["sequence"].as_u64().unwrap();
    let job = |case: &str, what: &str| format!("/cases/{case}/jobs/{sequence}/{what}");
    client
        .post(&job("B-1", "retry"), &json!({}))
        .problem(403, "forbidden");
    administrator
        .post(&job("B-9", "retry"), &json!({}))
        .problem(404, "unknown-job");
    administrator
        .post("/cases/B-1/jobs/x/retry", &json!({}))
        .problem(404, "not-found");
    let again = administrator
        .post(&job("B-1", "retry"), &json!({}))
        .expect(200)
        .json();
    assert_eq!(
        (&again["status"], &again["attempts"]),
        (&json!("waiting"), &json!(0))
    );
    is_told(&client, "B-1");
    let cancelled = administrator
        .post(&job("B-2", "cancel"), &json!({}))
        .expect(200);
    assert_eq!(cancelled.json()["states"][0]["id"], "telling");
    administrator
        .post(&job("B-2", "cancel"), &json!({}))
        .problem(404, "unknown-job");
    client.event("B-3", "leave", &json!({})).expect(200);
    assert!(dead().is_empty());
    client
        .get("/jobs?status=deed")
        .problem(400, "query-invalid");
    client.get("/jobs?cursor=x").problem(400, "query-invalid");
    let metrics = client.get("/metrics").expect(200).text();
    assert!(
        metrics.contains("casewright_services_given_up_total 3"),
        "{metrics}"
    );
    let mut server = server;
    server.kill_and_verify();
}

#[test]
fn a_plugin_that_wants_more_than_is_granted_is_refused_with_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let crm = Crm::start();
    let _ = settings(folder.path(), &crm);
    let data = folder.path().join("data");
    let ungranted = Settings::small().with("--plugins", folder.path().join("plugins"));
    let ended = ungranted.fail_on(&data);
    assert_eq!(ended.code, Some(2));
    for asked in [
        "the secret `crm-token`",
        "a key-value space",
        "which is not granted",
    ] {
        assert!(ended.stderr.contains(asked), "{}", ended.stderr);
    }
    let wrong = folder.path().join("wrong.yaml");
    fs::write(&wrong, "plugins:\n  crm-sync:\n    secret: {}\n").unwrap();
    let granted = ungranted.with("--grants", &wrong);
    let ended = granted.fail_on(&data);
    assert!(ended.stderr.contains("wrong.yaml:3:5"), "{}", ended.stderr);
    fs::write(&wrong, "tls: { roots: company-ca.pem }\n").unwrap();
    fs::write(folder.path().join("company-ca.pem"), "none\n").unwrap();
    let ended = granted.fail_on(&data);
    assert_eq!(ended.code, Some(2));
    let expected = "company-ca.pem`: expected certificates in PEM, each from `-----BEGIN CERTIFICATE-----` on, found nothing of the kind";
    assert!(ended.stderr.contains(expected), "{}", ended.stderr);
    let server = Server::start();
    let administrator = server.actor("admin", "administrator");
    let file = fs::read(folder.path().join("plugins/crm-sync.wasm")).unwrap();
    let refused = administrator.send("PUT", "/plugins/crm-sync", Some(&file));
    let problem = refused.problem(403, "plugin-not-granted");
    assert_eq!(problem["missing"].as_array().unwrap().len(), 3);
    assert!(
        problem["difference"]
            .as_str()
            .unwrap()
            .contains("+ the secret `crm-token`")
    );
    administrator
        .get("/plugins/crm-sync")
        .problem(404, "unknown-plugin");
    let known = server.actor("admin", "administrator");
    let unsound = known.send("PUT", "/workflows/sync-account", Some(WORKFLOW.as_bytes()));
    unsound.problem(422, "workflow-unsound");
}

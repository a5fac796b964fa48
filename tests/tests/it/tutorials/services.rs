//! The projects of services that `plugin new` makes in each language: built with the tools of the language, tried out
//! against a small CRM, and called by a server. What holds for one holds for all.

#![allow(
    clippy::print_stdout,
    reason = "`.ci/run` counts the services that were put to use"
)]

use std::fs;
use std::path::Path;

use casewright_tests::server::{Settings, eventually};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};

use super::{is_asked, printed, succeeds};
use crate::page::shell;
use crate::services::Crm;

/// What the CRM accepts, and nobody else may read.
const SECRET: &str = "a-token-that-nobody-else-knows";
/// For so many seconds a busy CRM wants to be left alone: nothing that a test waits for.
const BUSY_SECONDS: u32 = 3600;

/// What a call has of the memory that it may have: a quarter is left for its data.
const MEMORY_BYTES: u64 = 48 << 20;

/// A project in one language, and the CRM that it writes to.
struct Project<'a> {
    folder: &'a Path,
    crm: Crm,
}

impl Project<'_> {
    /// Writes what the plugin is granted: a host of one's choice, and the rest of what it wants.
    fn grants(&self, host: &str) {
        let secret = self.folder.join("token");
        fs::write(&secret, SECRET).unwrap();
        let grants = format!(
            "plugins:\n  crm:\n    http: [{{ host: '{host}', scheme: http, private: true }}]\n    secrets: {{ crm-token: {{ file: '{}' }} }}\n    key-value: {{ bytes: 65536 }}\n",
            secret.display()
        );
        fs::write(self.folder.join("grants.yaml"), grants).unwrap();
    }

    /// What `plugin run` says of a call.
    fn run(&self) -> Json {
        let input = json!({ "crm": self.crm.base(), "account": { "id": "KA-7", "tier": "core" } });
        fs::write(self.folder.join("account.json"), input.to_string()).unwrap();
        let command = "casewright plugin run write-account --input account.json --grants grants.yaml --output json";
        let output = shell(command, self.folder);
        let all = printed(&output);
        assert!(!all.contains(SECRET), "the secret is told:\n{all}");
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{all}"))
    }

    fn is_tried_out(&self) {
        self.grants(&self.crm.address().to_string());
        let told = self.run();
        let answer = json!({ "crm_id": "c-1", "created": true });
        assert_eq!(told["answer"], answer, "{told}");
        assert!(
            told["memory_bytes"].as_u64().unwrap() < MEMORY_BYTES,
            "{told}"
        );
        let seen = self.crm.seen();
        assert_eq!(seen[0].line, "POST /accounts HTTP/1.1");
        assert_eq!(seen[0].authorization, format!("Bearer {SECRET}"));
        assert!(!seen[0].key.is_empty());

        self.crm.refuses([(429, Some(BUSY_SECONDS)), (422, None)]);
        let failed = |told: &Json, what: &str| {
            assert_eq!(told["error"]["code"], "failed", "{told}");
            let message = told["error"]["message"].as_str().unwrap();
            assert!(message.contains(what), "{told}");
        };
        failed(&self.run(), "`http-status`: the answer was 429");
        failed(&self.run(), "`crm-declined`");

        // A secret that comes back is neither shown nor kept.
        self.crm.calls_accounts(SECRET);
        let told = self.run();
        failed(&told, "`holds-secret`");
        let log = told["log"].to_string();
        assert!(log.contains("[secret crm-token]"), "{told}");
        self.crm.calls_accounts("c-1");

        let before = self.crm.seen().len();
        self.grants("127.0.0.1:1");
        failed(&self.run(), "`http-not-granted`");
        assert_eq!(self.crm.seen().len(), before);
    }

    fn is_called_by_a_server(&self) {
        self.grants(&self.crm.address().to_string());
        let settings = Settings::new()
            .with("--plugins", self.folder.join("dist"))
            .with("--pack", self.folder.join("pack"))
            .with("--grants", self.folder.join("grants.yaml"));
        let mut server = settings.start();
        let client = server.actor("zhang.wei", "account-manager");
        let data =
            |account: &str| json!({ "crm": self.crm.base(), "account": account, "tier": "core" });
        let before = self.crm.seen().len();
        self.crm.refuses([(429, Some(BUSY_SECONDS))]);
        client
            .open("A-1", "sync-account", &data("KA-8"))
            .expect(201);
        let job = eventually("the CRM says that it is busy", || {
            let jobs = client.get("/cases/A-1/jobs").expect(200).json();
            let job = jobs["jobs"][0].clone();
            job["failure"].is_object().then_some(job)
        });
        assert_eq!(job["failure"]["code"], "http-status", "{job}");
        let due: Timestamp = job["due"].as_str().unwrap().parse().unwrap();
        let failed: Timestamp = job["failure"]["at"].as_str().unwrap().parse().unwrap();
        let rest = SignedDuration::from_secs(i64::from(BUSY_SECONDS));
        assert!(due.duration_since(failed) >= rest, "{job}");
        let retry = format!("/cases/A-1/jobs/{}/retry", job["sequence"]);
        let administrator = server.actor("admin", "administrator");
        administrator.post(&retry, &json!({})).expect(200);
        let view = eventually("the case hears of its service", || {
            let view = client.get("/cases/A-1").expect(200).json();
            (view["status"] != "running").then_some(view)
        });
        assert_eq!(view["data"]["crm_id"], "c-1", "{view}");
        let seen = self.crm.seen().split_off(before);
        assert_eq!(seen.len(), 2);
        assert!(!seen[0].key.is_empty() && seen[0].key == seen[1].key);
        let history = client.get("/cases/A-1/history").expect(200).text();
        assert!(!history.contains(SECRET) && !server.stderr().contains(SECRET));
        server.kill_and_verify();
    }
}

/// Makes the project; where its language is asked for, brings in the tools, builds it and puts it to use.
#[allow(
    clippy::print_stdout,
    reason = "`.ci/run` counts the services that were put to use"
)]
fn holds(language: &str, is_asked: bool, tools: &str, tests: &str, passed: &str) {
    let scratch = tempfile::tempdir().unwrap();
    let made = format!("casewright plugin new --lang {language} --kind service crm");
    succeeds(&made, scratch.path(), "made `crm` … --grants grants.yaml");
    let folder = scratch.path().join("crm").canonicalize().unwrap();
    if !is_asked {
        return;
    }
    let target = casewright_tests::root().join("plugins/target");
    let command = format!(
        "exec 2>&1\nexport CARGO_TARGET_DIR='{}'\n{tools}\n{tests}\ncasewright plugin build\ncasewright plugin inspect dist/crm.wasm\ncasewright test pack --plugins dist",
        target.display()
    );
    let shown = format!(
        "{passed} … dist/crm.wasm: `crm` 0.1.0, 1 function, … wants, and gets only what an operator grants … \
         http to hosts that the operator names … crm.write-account: … (service) … 2 scenarios, all as expected"
    );
    succeeds(&command, &folder, &shown);
    let project = Project {
        folder: &folder,
        crm: Crm::start(),
    };
    project.is_tried_out();
    project.is_called_by_a_server();
    println!("service in {language}: tried out and called");
}

#[test]
fn rust() {
    holds("rust", is_asked("rust"), "", "cargo test", "2 passed");
}

#[test]
fn javascript() {
    let is_asked = is_asked("javascript");
    holds("js", is_asked, "npm ci", "npm test", "# pass 3 # fail 0");
}

#[test]
fn python() {
    let tools = "python3 -m venv .venv\n.venv/bin/pip install --quiet -r requirements.txt";
    let is_asked = is_asked("python");
    holds(
        "python",
        is_asked,
        tools,
        "python3 -m unittest",
        "Ran 3 tests … OK",
    );
}

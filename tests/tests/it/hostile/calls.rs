//! Plugins that load, and misbehave when they are asked.

use std::sync::atomic::{AtomicBool, Ordering};

use casewright_tests::copy_shipped_plugins;
use casewright_tests::server::{Client, Server, Settings};
use serde_json::{Value as Json, json};

use super::builder::{Behaviour, Hostile};
use super::{apply, asking};

/// What a plugin does, and what the server says of it: the reason, the limit, and a part of the
/// detail.
struct Expected {
    plugin: &'static str,
    behaviour: Behaviour,
    reason: &'static str,
    limit: Option<(&'static str, u64)>,
    detail: &'static str,
}

fn behaviours() -> Vec<Expected> {
    let rogue = |plugin, behaviour, reason, limit, detail| Expected {
        plugin,
        behaviour,
        reason,
        limit,
        detail,
    };
    let fuel = Some(("fuel", 200_000_000));
    let output = Some(("output_bytes", 1 << 20));
    let declines = Behaviour::Fail("no-rates", "汇率未配置", "{\"currency\": \"CNY\"}");
    vec![
        rogue("trap", Behaviour::Trap, "trap", None, "trapped"),
        rogue("loop", Behaviour::Loop, "fuel-exhausted", fuel, "200000000"),
        rogue(
            "memory",
            Behaviour::MemoryBomb,
            "memory-exceeded",
            Some(("memory_bytes", 64 << 20)),
            "67108864",
        ),
        rogue(
            "table",
            Behaviour::TableBomb,
            "table-exceeded",
            Some(("table_elements", 100_000)),
            "100000",
        ),
        rogue(
            "recurse",
            Behaviour::Recurse,
            "stack-overflow",
            Some(("stack_bytes", 512 << 10)),
            "524288",
        ),
        rogue(
            "rubbish",
            Behaviour::Answer(b"not json".to_vec()),
            "invalid-output",
            None,
            "does not fit",
        ),
        rogue(
            "bytes",
            Behaviour::Answer(vec![0xff, 0xfe, 0x00]),
            "invalid-output",
            None,
            "not valid UTF-8",
        ),
        rogue(
            "liar",
            Behaviour::Answer(b"{\"verdict\": 7}".to_vec()),
            "invalid-output",
            None,
            "verdict",
        ),
        rogue(
            "huge",
            Behaviour::HugeAnswer(5 << 20),
            "output-too-large",
            output,
            "1048576",
        ),
        rogue("wild", Behaviour::OutOfBounds, "trap", None, "trapped"),
        rogue("declines", declines, "failed", None, "汇率未配置"),
    ]
}

fn plugin(name: &str, behaviour: Behaviour) -> Hostile {
    let mut plugin = Hostile::new(name, "judge", behaviour);
    if name == "liar" {
        plugin.output_schema = json!({
            "type": "object",
            "properties": { "verdict": { "type": "string" } },
        })
        .to_string();
    }
    plugin
}

/// A server with the shipped plugins, the hostile ones, and one that is well.
fn server() -> (Server, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    copy_shipped_plugins(folder.path());
    for expected in behaviours() {
        plugin(expected.plugin, expected.behaviour).write(folder.path());
    }
    let well = Behaviour::Answer("{\"verdict\": \"可以\"}".as_bytes().to_vec());
    plugin("well", well).write(folder.path());
    let server = Settings::new().with("--plugins", folder.path()).start();
    (server, folder)
}

fn question() -> Json {
    json!({ "question": "是否同意延期两周？" })
}

fn history_length(client: &Client, case: &str) -> usize {
    let history = client
        .get(&format!("/cases/{case}/history"))
        .expect(200)
        .json();
    history["records"].as_array().unwrap().len()
}

#[test]
fn each_costs_its_own_call() {
    let (server, _folder) = server();
    let client = server.actor("crm", "system");
    for expected in behaviours() {
        let name = expected.plugin;
        apply(&server, name);
        let before = client
            .open(name, &format!("ask-{name}"), &json!({}))
            .expect(201);
        // It may be sent again, and fails again.
        for _ in 0..2 {
            let problem = client
                .event(name, "ask", &question())
                .problem(502, "decision-failed");
            assert_eq!(problem["plugin"], name);
            assert_eq!(problem["function"], "judge");
            assert_eq!(problem["reason"], expected.reason, "{problem:#}");
            let limit = expected
                .limit
                .map(|(name, figure)| json!({ "name": name, "figure": figure }));
            assert_eq!(problem.get("limit"), limit.as_ref(), "{problem:#}");
            let detail = problem["detail"].as_str().unwrap();
            assert!(
                detail.starts_with(&format!("plugin `{name}` 6.6.6, function `judge`: ")),
                "{detail}"
            );
            assert!(detail.contains(expected.detail), "{detail}");
            let after = client.get(&format!("/cases/{name}"));
            assert_eq!(after.revision(), before.revision());
            assert_eq!(after.json(), before.json());
            assert_eq!(history_length(&client, name), 1);
        }
        let noted = client
            .event(name, "note", &json!({ "remark": "插件未作答，已转人工" }))
            .expect(200);
        assert_eq!(noted.revision(), 2);
        assert_eq!(noted.json()["states"][0]["id"], "open");
    }
    apply(&server, "well");
    client.open("well", "ask-well", &json!({})).expect(201);
    let answered = client.event("well", "ask", &question()).expect(200).json();
    assert_eq!(answered["data"]["answer"], json!({ "verdict": "可以" }));
}

#[test]
fn others_work_while_plugins_loop() {
    let (server, _folder) = server();
    for name in ["loop", "well"] {
        apply(&server, name);
    }
    let enough = AtomicBool::new(false);
    let client = server.actor("crm", "system");
    std::thread::scope(|scope| {
        for number in 0..3 {
            let (server, enough) = (&server, &enough);
            scope.spawn(move || {
                let client = server.actor("crm", "system");
                let case = format!("busy-{number}");
                client.open(&case, "ask-loop", &json!({})).expect(201);
                while !enough.load(Ordering::Relaxed) {
                    client
                        .event(&case, "ask", &question())
                        .problem(502, "decision-failed");
                }
            });
        }
        // Whoever panics here must not leave the others looping.
        let stop = Stop(&enough);
        for number in 0..5 {
            let case = format!("well-{number}");
            client.open(&case, "ask-well", &json!({})).expect(201);
            client.event(&case, "ask", &question()).expect(200);
            let complaint = json!({ "account": { "name": "华东能源集团" }, "tier": "core", "channel": "phone" });
            let case = format!("complaint-{number}");
            let manager = server.actor("zhang.wei", "account-manager");
            manager
                .open(&case, "complaint-handling", &complaint)
                .expect(201);
            let content = json!({ "content": "三号产线停机", "customer_info": { "name": "李敏" } });
            let registered = manager.event(&case, "register", &content).expect(200);
            assert!(registered.json()["data"]["routing"].is_object());
        }
        drop(stop);
    });
}

/// Sets a flag when it goes.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_plugin_that_is_gone_is_told_of() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let plugins = folder.path().join("plugins");
    std::fs::create_dir(&plugins).unwrap();
    let file = plugin("well", Behaviour::Answer(b"{}".to_vec())).write(&plugins);
    let settings = Settings::small().with("--plugins", &plugins);
    let mut server = settings.start_on(&data);
    apply(&server, "well");
    server
        .actor("crm", "system")
        .open("C-1", "ask-well", &json!({}))
        .expect(201);
    std::fs::remove_file(file).unwrap();
    server.restart();
    let client = server.actor("crm", "system");
    let problem = client
        .event("C-1", "ask", &question())
        .problem(502, "decision-failed");
    assert_eq!(problem["reason"], "unknown-plugin");
    assert_eq!(problem["plugin"], "well");
    assert_eq!(client.get("/cases/C-1").revision(), 1);
    // Nobody can apply it any more, either.
    let administrator = server.actor("admin", "administrator");
    let reply = administrator.send(
        "PUT",
        "/workflows/ask-well",
        Some(asking("well").as_bytes()),
    );
    let problem = reply.problem(422, "workflow-unsound");
    assert_eq!(problem["findings"][0]["code"], "function-unknown");
}

//! New versions of workflows, applied to a server that runs.

use casewright_tests::server::{Client, Server};
use serde_json::json;

use super::{complaint, registration, script};

/// The shipped complaint handling with a new version, and an event more.
fn next_version() -> String {
    let file = script::pack().join("workflows/complaint-handling.yaml");
    let text = std::fs::read_to_string(file).unwrap();
    let text = replace(&text, "version: 0.2.0\n", "version: 0.3.0\n");
    let text = replace(
        &text,
        "\nevents:\n",
        "\nevents:\n  apologise:\n    title: { en: Apologise, zh: 致歉 }\n    source: I\n    roles: [ka-director]\n",
    );
    replace(
        &text,
        "\non:\n",
        "\non:\n  apologise: { source: I, actions: [ { log: \"'说声抱歉'\" } ] }\n",
    )
}

fn replace(text: &str, from: &str, to: &str) -> String {
    assert_eq!(text.matches(from).count(), 1, "{from:?}");
    text.replace(from, to)
}

fn apply(client: &Client, workflow: &str, file: &str) -> casewright_tests::server::Reply {
    let client = client.with("Content-Type", "application/yaml");
    client.send(
        "PUT",
        &format!("/workflows/{workflow}"),
        Some(file.as_bytes()),
    )
}

#[test]
fn an_open_case_keeps_its_version() {
    let mut server = Server::start();
    let manager = server.actor("zhang.wei", "account-manager");
    let old = manager
        .open("old", "complaint-handling", &complaint("华东能源集团"))
        .expect(201)
        .json();
    assert_eq!(old["version"], "0.2.0");
    let administrator = server.actor("admin", "administrator");
    let applied = apply(&administrator, "complaint-handling", &next_version())
        .expect(200)
        .json();
    assert_eq!(applied["version"], "0.3.0");
    assert_eq!(applied["events"]["apologise"]["title"]["zh"], "致歉");
    assert_ne!(applied["definition"], old["definition"]);
    // Applying it again makes nothing new.
    let again = apply(&administrator, "complaint-handling", &next_version())
        .expect(200)
        .json();
    assert_eq!(again["definition"], applied["definition"]);
    let new = manager
        .open("new", "complaint-handling", &complaint("华东能源集团"))
        .expect(201)
        .json();
    assert_eq!(new["definition"], applied["definition"]);

    // Both hold before and after a restart, which brings no shipped workflow back.
    for _ in 0..2 {
        let director = server.actor("wang.fang", "ka-director");
        let kept = director.get("/cases/old").expect(200).json();
        assert_eq!(
            (&kept["version"], &kept["definition"]),
            (&json!("0.2.0"), &old["definition"])
        );
        director
            .event("old", "apologise", &json!({}))
            .problem(409, "unknown-event");
        let view = director
            .event("new", "apologise", &json!({}))
            .expect(200)
            .json();
        assert_eq!(view["version"], "0.3.0");
        let current = director
            .get("/workflows/complaint-handling")
            .expect(200)
            .json();
        assert_eq!(current["version"], "0.3.0");
        server.restart();
    }
    let manager = server.actor("zhang.wei", "account-manager");
    let registered = manager
        .event("old", "register", &registration())
        .expect(200)
        .json();
    assert_eq!(registered["states"][0]["id"], "registered");
    assert_eq!(registered["version"], "0.2.0");
    let diagram = manager
        .get("/workflows/complaint-handling/diagram?case=old")
        .expect(200)
        .text();
    assert!(
        !diagram.contains("Apologise"),
        "drawn by the case's own version:\n{diagram}"
    );
}

#[test]
fn a_workflow_of_ones_own_is_applied_and_runs() {
    let server = Server::start();
    let administrator = server.actor("admin", "administrator");
    let file = "id: customer-visit\nversion: 1.0.0\ntitle: { en: Visit, zh: 上门拜访 }\n\
        start: { roles: [account-manager], requires: [account] }\n\
        data:\n  type: object\n  additionalProperties: false\n  required: [account]\n  properties:\n    account: { $ref: \"types#/account\" }\n    minutes: { type: string, minLength: 1 }\n\
        events:\n  hold: { title: { en: Hold, zh: 完成拜访 }, roles: [account-manager], requires: [minutes] }\n\
        initial: planned\nstates:\n  planned:\n    on: { hold: held }\n  held: { type: final }\n";
    let applied = apply(&administrator, "customer-visit", file)
        .expect(200)
        .json();
    assert_eq!(applied["start"]["input"]["required"], json!(["account"]));
    let manager = server.actor("zhang.wei", "account-manager");
    manager
        .open(
            "V-1",
            "customer-visit",
            &json!({ "account": { "name": "华东能源集团" } }),
        )
        .expect(201);
    let held = json!({ "minutes": "客户确认新的交付计划" });
    let view = manager.event("V-1", "hold", &held).expect(200).json();
    assert_eq!(view["status"], "done");
    assert_eq!(view["data"]["minutes"], held["minutes"]);
}

#[test]
fn only_an_administrator_applies_workflows() {
    let server = Server::start();
    let before = server.nobody().get("/workflows").json();
    let manager = server.actor("zhang.wei", "account-manager");
    let problem = apply(&manager, "complaint-handling", &next_version()).problem(403, "forbidden");
    assert_eq!(problem["roles"], json!(["administrator"]));
    apply(&server.nobody(), "complaint-handling", &next_version()).problem(401, "actor-missing");
    let administrator = server.actor("admin", "administrator");
    let problem =
        apply(&administrator, "exit-management", &next_version()).problem(422, "workflow-unsound");
    let detail = problem["detail"].as_str().unwrap();
    assert!(
        detail.contains("`complaint-handling`") && detail.contains("`exit-management`"),
        "{detail}"
    );
    assert_eq!(server.nobody().get("/workflows").json(), before);
}

#[test]
fn a_file_replaces_the_definition_that_its_author_has_seen() {
    let server = casewright_tests::server::Settings::small().start();
    let administrator = server.actor("admin", "administrator");
    let file = std::fs::read_to_string(
        casewright_tests::root().join("tests/packs/small/workflows/counting.yaml"),
    )
    .unwrap();
    let next = |version: &str| replace(&file, "version: 1.0.0", &format!("version: {version}"));
    let path = "/workflows/counting";
    let seen = administrator.get(path).expect(200);
    let digest = seen.json()["definition"].as_str().unwrap().to_owned();
    let tag = seen.header("etag").expect("an `ETag`").to_owned();
    assert_eq!(tag, format!("\"{digest}\""));
    let meant_for = |tag: &str| administrator.with("If-Match", tag);
    let applied = apply(&meant_for(&tag), "counting", &next("1.1.0")).expect(200);
    let new = applied.header("etag").unwrap();
    assert_ne!(new, tag);
    assert_eq!(administrator.get(path).header("etag"), Some(new));
    // Somebody else who has seen the first one does not undo that.
    for stale in [tag.as_str(), &format!("W/{new}"), "\"7\""] {
        let refused = apply(&meant_for(stale), "counting", &next("1.2.0"));
        let problem = refused.problem(412, "workflow-changed");
        assert_eq!(problem["definition"], applied.json()["definition"]);
    }
    apply(&meant_for("1"), "counting", &next("1.2.0")).problem(400, "precondition-invalid");
    assert_eq!(administrator.get(path).json()["version"], "1.1.0");
    apply(
        &meant_for(&format!("\"7\", {new}")),
        "counting",
        &next("1.2.0"),
    )
    .expect(200);
    apply(&meant_for("*"), "counting", &next("1.3.0")).expect(200);
    // One that is not there yet.
    let other = replace(&file, "id: counting", "id: adding");
    apply(&meant_for("*"), "adding", &other).problem(412, "workflow-changed");
    let new = administrator.with("If-None-Match", "*");
    apply(&new, "adding", &other).expect(200);
    apply(&new, "adding", &other).problem(412, "workflow-changed");
}

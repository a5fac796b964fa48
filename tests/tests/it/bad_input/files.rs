//! Workflow files that are not sound, applied over HTTP.

use casewright_tests::server::Reply;
use serde_json::{Value as Json, json};

use super::Watched;

/// A sound file, to be spoilt.
const ORDER: &str = "\
id: order
version: 1.0.0
title: { en: Order, zh: 订单 }
start: { roles: [sales-dept] }
data:
  type: object
  additionalProperties: false
  properties:
    rounds: { type: integer, default: 0 }
events:
  approve: { title: { en: Approve, zh: 批准 }, roles: [senior-management] }
initial: open
states:
  open:
    on:
      approve: { target: closed, guard: data.rounds < 3 }
  closed: { type: final }
";

fn apply(watched: &Watched, file: &[u8]) -> Reply {
    let administrator = watched.server.actor("admin", "administrator");
    administrator.send("PUT", "/workflows/order", Some(file))
}

fn spoilt(from: &str, to: &str) -> String {
    assert!(ORDER.contains(from), "{from}");
    ORDER.replace(from, to)
}

/// The findings, all of them with a place, a code and a message.
fn findings(problem: &Json) -> Vec<Json> {
    let findings = problem["findings"].as_array().unwrap().clone();
    assert!(!findings.is_empty(), "{problem:#}");
    for finding in &findings {
        assert!(
            finding["code"].is_string() && finding["message"].is_string(),
            "{finding:#}"
        );
        assert_eq!(finding["file"], "order.yaml");
    }
    let report = problem["report"].as_str().unwrap();
    assert!(report.contains("order.yaml"), "{report}");
    findings
}

#[test]
fn a_file_with_a_mistake_is_told_where_and_what_to_try() {
    let watched = Watched::start();
    for (from, to, line, code, hint) in [
        (
            "data.rounds < 3",
            "data.round < 3",
            16,
            "field-unknown",
            "did you mean `rounds`?",
        ),
        (
            "roles: [senior-management]",
            "roles: [senior-managment]",
            11,
            "role-unknown",
            "did you mean `senior-management`?",
        ),
        (
            "target: closed",
            "target: close",
            16,
            "state-unknown",
            "did you mean `closed`?",
        ),
        (
            "      approve:",
            "      aprove:",
            16,
            "event-unknown",
            "did you mean `approve`?",
        ),
        (
            "initial: open",
            "intial: open",
            12,
            "file-shape",
            "did you mean `initial`?",
        ),
    ] {
        let problem = apply(&watched, spoilt(from, to).as_bytes()).problem(422, "workflow-unsound");
        let findings = findings(&problem);
        let mut errors = findings
            .iter()
            .filter(|finding| finding["severity"] == "error");
        let error = errors.next().unwrap();
        assert_eq!(error["line"], line, "{error:#}");
        assert!(
            error["column"].as_u64().is_some_and(|column| column > 0),
            "{error:#}"
        );
        assert_eq!(error["code"], code, "{error:#}");
        assert_eq!(error["hint"], hint, "{error:#}");
        assert!(
            problem["report"]
                .as_str()
                .unwrap()
                .contains(&format!("order.yaml:{line}:"))
        );
    }
    let administrator = watched.server.actor("admin", "administrator");
    administrator
        .get("/workflows/order")
        .problem(404, "unknown-workflow");
    watched.assert_unchanged();
}

#[test]
fn files_that_are_hardly_files() {
    let watched = Watched::start();
    let deep = "[".repeat(50_000);
    let bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n";
    for file in [
        &b""[..],
        b"\xff\xfe\x00\x01",
        b"id: order\n\tversion: 1",
        b"{",
        b"id: [unclosed",
        b"- just\n- a list\n",
        b"null",
        b"id: order\n---\nid: order\n",
        b"\0\0\0\0",
        deep.as_bytes(),
        bomb.as_bytes(),
    ] {
        let problem = apply(&watched, file).problem(422, "workflow-unsound");
        findings(&problem);
    }
    watched.assert_unchanged();
}

#[test]
fn a_file_for_another_address_is_refused() {
    let watched = Watched::start();
    let administrator = watched.server.actor("admin", "administrator");
    let reply = administrator.send(
        "PUT",
        "/workflows/complaint-handling",
        Some(ORDER.as_bytes()),
    );
    reply.problem(422, "workflow-unsound");
    let reply = administrator.send("PUT", "/workflows/..%2f..%2forder", Some(ORDER.as_bytes()));
    reply.problem(422, "workflow-unsound");
    watched.assert_unchanged();
}

#[test]
fn a_workflow_that_breaks_its_own_rules_changes_nothing() {
    let watched = Watched::start();
    let endless = "      approve:\n        actions: [ { raise: again } ]\n      again: { actions: [ { raise: again } ] }\n";
    let file = spoilt(
        "      approve: { target: closed, guard: data.rounds < 3 }\n",
        endless,
    );
    let file = file.replace(
        "rounds: { type: integer, default: 0 }",
        "rounds: { type: integer, maximum: 1, default: 0 }",
    );
    let applied = apply(&watched, file.as_bytes());
    applied.expect(200);
    let client = watched
        .server
        .actor("liu.jianguo", "senior-management, sales-dept");
    let opened = client.open("O-1", "order", &json!({})).expect(201).json();
    let problem = client
        .event("O-1", "approve", &json!({}))
        .problem(500, "workflow-defect");
    assert!(
        problem["limit"]["name"].is_string() && problem["limit"]["figure"].is_u64(),
        "{problem:#}"
    );
    assert_eq!(client.get("/cases/O-1").json(), opened);
    let greedy = "      approve: { actions: [ { assign: { rounds: data.rounds + 1 } } ] }\n";
    let file = spoilt(
        "      approve: { target: closed, guard: data.rounds < 3 }\n",
        greedy,
    )
    .replace(
        "rounds: { type: integer, default: 0 }",
        "rounds: { type: integer, maximum: 1, default: 0 }",
    );
    apply(&watched, file.as_bytes()).expect(200);
    client.open("O-2", "order", &json!({})).expect(201);
    let once = client
        .event("O-2", "approve", &json!({}))
        .expect(200)
        .json();
    let problem = client
        .event("O-2", "approve", &json!({}))
        .problem(500, "workflow-defect");
    assert_eq!(problem["violations"][0]["pointer"], "/data/rounds");
    assert_eq!(client.get("/cases/O-2").json(), once);
}

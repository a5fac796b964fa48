//! Headers that say too little, or make no sense.

use serde_json::json;

use super::{Watched, registration};

#[test]
fn nobody_asks() {
    let watched = Watched::start();
    let nobody = watched.server.nobody();
    let replies = [
        nobody.get("/cases"),
        nobody.get("/cases/TS-1"),
        nobody.get("/cases/TS-1/history"),
        nobody.get("/cases/no-such-case"),
        nobody.event("TS-1", "register", &registration()),
        nobody.open("TS-2", "complaint-handling", &json!({})),
        nobody.post("/cases", &json!({ "workflow": "complaint-handling" })),
        nobody.put("/workflows/complaint-handling", &json!({})),
        nobody
            .with("Casewright-Roles", "account-manager")
            .get("/cases/TS-1"),
        nobody.with("Casewright-Actor", "  ").get("/cases/TS-1"),
        nobody
            .with("Casewright-Actor", "")
            .event("TS-1", "register", &registration()),
    ];
    for reply in replies {
        let problem = reply.problem(401, "actor-missing");
        let hint = problem["hint"].as_str().unwrap();
        assert!(
            hint.contains("Casewright-Actor") && hint.contains("Casewright-Roles"),
            "{hint}"
        );
    }
    watched.assert_unchanged();
}

#[test]
fn an_actor_with_too_long_a_name() {
    let watched = Watched::start();
    let long = "张".repeat(400);
    for client in [
        watched.server.actor(&long, "account-manager"),
        watched
            .server
            .actor("zhang.wei", &"account-manager,".repeat(100)),
    ] {
        let problem = client.get("/cases/TS-1").problem(400, "actor-invalid");
        assert!(problem["detail"].as_str().unwrap().contains("1024"));
    }
    watched.assert_unchanged();
}

#[test]
fn a_revision_that_is_none() {
    let watched = Watched::start();
    for value in ["1", "", "\"1", "1\"", "\"", "one", "\"1\", 2", ","] {
        let client = watched.manager().with("If-Match", value);
        let problem = client
            .event("TS-1", "register", &registration())
            .problem(400, "precondition-invalid");
        let detail = problem["detail"].as_str().unwrap();
        assert!(
            detail.starts_with("expected `If-Match` to be a revision"),
            "{value}: {detail}"
        );
    }
    watched.assert_unchanged();
}

#[test]
fn a_revision_that_is_never_that_of_the_case() {
    let watched = Watched::start();
    // A weak tag is none that `If-Match` could mean (RFC 9110, 13.1.1); the others are no revisions.
    for value in [
        "W/\"1\"",
        "\"one\"",
        "\"-1\"",
        "\"\"",
        "\"18446744073709551616\"",
        "\"2\", \"3\"",
    ] {
        let client = watched.manager().with("If-Match", value);
        let problem = client
            .event("TS-1", "register", &registration())
            .problem(412, "revision-mismatch");
        assert_eq!(problem["revision"], 1, "{value}");
    }
    watched.assert_unchanged();
}

#[test]
fn preferences_that_are_not_known() {
    let watched = Watched::start();
    for value in ["return=maximal", "wait=100", ",,,", "return"] {
        let client = watched.manager().with("Prefer", value);
        client
            .event("TS-1", "no-such-event", &json!({}))
            .problem(409, "unknown-event");
    }
    watched.assert_unchanged();
}

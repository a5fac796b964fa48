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
    for value in [
        "1",
        "W/\"1\"",
        "\"one\"",
        "\"-1\"",
        "\"1\", \"2\"",
        "\"\"",
        "",
        "\"18446744073709551616\"",
        "\"1",
    ] {
        let client = watched.manager().with("If-Match", value);
        let problem = client
            .event("TS-1", "register", &registration())
            .problem(400, "precondition-invalid");
        assert!(
            problem["detail"]
                .as_str()
                .unwrap()
                .contains(&format!("`{value}`")),
            "{problem:#}"
        );
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

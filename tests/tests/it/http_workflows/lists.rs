//! Lists of cases: filters and pages.

use casewright_tests::server::{Client, Server};
use serde_json::json;

use super::journey::texts;
use super::{complaint, registration};

/// Seven complaints, every third of them registered and the last one withdrawn; one admission. Their
/// ids hold what an address may hold.
fn cases(server: &Server) -> Client {
    let client = server.actor("zhang.wei", "account-manager, customer, sales-dept");
    for number in 0..7 {
        let case = format!("TS:2026~{number}");
        client
            .open(&case, "complaint-handling", &complaint("华东能源集团"))
            .expect(201);
        if number % 3 == 0 {
            client.event(&case, "register", &registration()).expect(200);
        }
    }
    client
        .event("TS:2026~6", "withdraw", &json!({}))
        .expect(200);
    let account = json!({ "account": { "name": "华东精密制造有限公司" } });
    client
        .open("KA-1", "account-admission", &account)
        .expect(201);
    client
}

fn ids(client: &Client, query: &str) -> Vec<String> {
    let list = client.get(&format!("/cases{query}")).expect(200).json();
    texts(&list["cases"], "id")
        .into_iter()
        .map(str::to_owned)
        .collect()
}

#[test]
fn filters_go_together() {
    let server = Server::start();
    let client = cases(&server);
    let of = |numbers: &[u32]| -> Vec<String> {
        numbers
            .iter()
            .map(|number| format!("TS:2026~{number}"))
            .collect()
    };
    assert_eq!(ids(&client, "").len(), 8);
    assert_eq!(ids(&client, "?workflow=account-admission"), ["KA-1"]);
    assert_eq!(
        ids(&client, "?workflow=complaint-handling"),
        of(&[0, 1, 2, 3, 4, 5, 6])
    );
    assert_eq!(
        ids(&client, "?workflow=complaint-handling&state=registered"),
        of(&[0, 3])
    );
    assert_eq!(
        ids(&client, "?workflow=complaint-handling&state=withdrawn"),
        of(&[6])
    );
    assert_eq!(ids(&client, "?status=done"), of(&[6]));
    assert_eq!(
        ids(&client, "?workflow=complaint-handling&status=running").len(),
        6
    );
    assert_eq!(
        ids(&client, "?workflow=complaint-handling&status=done"),
        of(&[6])
    );
    assert_eq!(ids(&client, "?workflow=unheard-of"), [""; 0]);
    let summary = &client.get("/cases?status=done").json()["cases"][0];
    assert_eq!(summary["revision"], 3);
    assert_eq!(summary["states"][0]["title"]["zh"], "客户撤诉");
}

#[test]
fn pages_lead_to_each_other() {
    let server = Server::start();
    let client = cases(&server);
    for (query, count) in [
        ("", 8),
        ("workflow=complaint-handling&", 7),
        ("workflow=complaint-handling&status=running&", 6),
        ("workflow=complaint-handling&state=received&", 4),
    ] {
        let all = ids(&client, &format!("?{query}limit=500"));
        assert_eq!(all.len(), count, "{query}");
        assert!(all.is_sorted());
        for limit in 1..=count {
            let mut paged = Vec::new();
            let mut next = Some(format!("/cases?{query}limit={limit}"));
            while let Some(address) = next.take() {
                let page = client.get(&address).expect(200);
                let list = page.json();
                let found = texts(&list["cases"], "id");
                assert!(!found.is_empty() && found.len() <= limit, "{address}");
                paged.extend(found.into_iter().map(str::to_owned));
                let link = page.header("link").map(str::to_owned);
                assert_eq!(link.is_some(), list["next"].is_string());
                next = link.map(|link| {
                    let address = link
                        .strip_prefix('<')
                        .and_then(|link| link.strip_suffix(">; rel=\"next\""));
                    address.unwrap().to_owned()
                });
            }
            assert_eq!(paged, all, "{query}, {limit} at a time");
        }
    }
}

#[test]
fn a_list_reads_what_was_just_written() {
    let server = Server::start();
    let client = server.actor("zhang.wei", "account-manager");
    client
        .open("C-1", "complaint-handling", &complaint("华东能源集团"))
        .expect(201);
    let in_state = |state: &str| {
        ids(
            &client,
            &format!("?workflow=complaint-handling&state={state}"),
        )
    };
    for _ in 0..10 {
        assert_eq!(
            (in_state("received").len(), in_state("registered").len()),
            (1, 0)
        );
        client
            .event(
                "C-1",
                "record-visit",
                &json!({ "visit_done_at": "2026-03-13T05:00:00+08:00" }),
            )
            .expect(200);
    }
    client.event("C-1", "register", &registration()).expect(200);
    assert_eq!(
        (in_state("received").len(), in_state("registered").len()),
        (0, 1)
    );
}

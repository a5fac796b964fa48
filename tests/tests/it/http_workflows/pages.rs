//! The pages that explain the API: the index, OpenAPI, the kinds of problems.

use casewright_tests::server::Server;

use super::journey::texts;

#[test]
fn the_index_leads_everywhere() {
    let server = Server::start();
    let client = server.actor("zhang.wei", "account-manager");
    let index = client.get("/").expect(200).json();
    for name in ["cases", "openapi", "problems", "health"] {
        client.get(index[name].as_str().unwrap()).expect(200);
    }
    let workflows = index["workflows"].as_array().unwrap();
    assert_eq!(workflows.len(), 4);
    for address in workflows {
        let view = client.get(address.as_str().unwrap()).expect(200).json();
        assert!(view["title"]["zh"].is_string());
    }
}

#[test]
fn every_kind_of_problem_has_a_page() {
    let server = Server::start();
    let client = server.nobody();
    let problems = client.get("/problems").expect(200).json();
    let addresses = texts(&problems, "type");
    assert!(addresses.len() > 20, "{addresses:?}");
    for (problem, address) in problems.as_array().unwrap().iter().zip(addresses) {
        let page = client.get(address).expect(200);
        assert_eq!(
            page.header("content-type"),
            Some("text/plain; charset=utf-8")
        );
        let page = page.text();
        let code = address.strip_prefix("/problems/").unwrap();
        let title = problem["title"].as_str().unwrap();
        let first = format!("{code} ({}): {title}\n\n", problem["status"]);
        let explanation = page.strip_prefix(&first).unwrap();
        assert!(explanation.trim().len() > 20, "{page}");
    }
    let absent = client.get("/problems/too-lazy");
    absent.problem(404, "not-found");
}

#[test]
fn openapi_describes_every_address() {
    let server = Server::start();
    let reply = server.nobody().get("/openapi.json").expect(200);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    let openapi = reply.json();
    assert!(openapi["openapi"].as_str().unwrap().starts_with("3.1"));
    for (address, methods) in [
        ("/", &["get"][..]),
        ("/health", &["get"]),
        ("/problems", &["get"]),
        ("/problems/{code}", &["get"]),
        ("/workflows", &["get"]),
        ("/workflows/{workflow}", &["get", "put"]),
        ("/workflows/{workflow}/diagram", &["get"]),
        ("/cases", &["get", "post"]),
        ("/cases/{case}", &["get", "put"]),
        ("/cases/{case}/events", &["post"]),
        ("/cases/{case}/history", &["get"]),
    ] {
        let described = openapi["paths"][address].as_object();
        let described: Vec<&String> = described.unwrap().keys().collect();
        assert_eq!(described, methods, "{address}");
    }
}

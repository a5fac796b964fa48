//! Diagrams of workflows, and of where a case stands in them.

use casewright_tests::server::Server;

use super::complaint;

#[test]
fn a_workflow_is_drawn_in_a_language() {
    let server = Server::start();
    let client = server.nobody();
    let english = client
        .get("/workflows/complaint-handling/diagram")
        .expect(200);
    assert_eq!(
        english.header("content-type"),
        Some("text/plain; charset=utf-8")
    );
    assert!(english.text().starts_with("stateDiagram-v2\n"));
    assert!(english.text().contains("Drafting the solution"));
    let chinese = client
        .get("/workflows/complaint-handling/diagram?language=zh")
        .expect(200)
        .text();
    assert!(chinese.contains("解决方案制定") && !chinese.contains("Drafting the solution"));
    client
        .get("/workflows/complaint-handing/diagram")
        .problem(404, "unknown-workflow");
}

#[test]
fn a_case_stands_out_where_it_stands() {
    let server = Server::start();
    let client = server.actor("zhang.wei", "account-manager");
    client
        .open("C-1", "complaint-handling", &complaint("华东能源集团"))
        .expect(201);
    let plain = client
        .get("/workflows/complaint-handling/diagram")
        .expect(200)
        .text();
    let drawn = client
        .get("/workflows/complaint-handling/diagram?case=C-1")
        .expect(200)
        .text();
    let received = plain
        .lines()
        .find_map(|line| line.trim().strip_prefix("state \"Received\" as "));
    let more: Vec<&str> = drawn.lines().filter(|line| !plain.contains(line)).collect();
    let marked = format!("class {} active", received.unwrap());
    assert!(more.iter().any(|line| line.trim() == marked), "{more:?}");
    let of_another = client.get("/workflows/exit-management/diagram?case=C-1");
    of_another.problem(400, "query-invalid");
    client
        .get("/workflows/exit-management/diagram?case=C-2")
        .problem(404, "unknown-case");
    client
        .get("/workflows/exit-management/diagram?colour=red")
        .problem(400, "query-invalid");
}

#[test]
fn a_diagram_comes_in_the_form_that_is_asked_for() {
    let server = Server::start();
    let client = server.actor("zhang.wei", "account-manager");
    let forms = [
        ("svg", "image/svg+xml", "<svg "),
        ("mermaid", "text/plain; charset=utf-8", "stateDiagram-v2\n"),
        ("dot", "text/vnd.graphviz; charset=utf-8", "digraph "),
    ];
    for (format, media, beginning) in forms {
        let path = format!("/workflows/complaint-handling/diagram?format={format}");
        let answer = client.get(&path).expect(200);
        assert_eq!(answer.header("content-type"), Some(media));
        assert!(answer.text().starts_with(beginning), "{format}");
    }
    client
        .get("/workflows/complaint-handling/diagram?format=png")
        .problem(400, "query-invalid");
}

#[test]
fn a_case_is_drawn_as_a_picture() {
    let server = Server::start();
    let client = server.actor("zhang.wei", "account-manager");
    client
        .open("C-1", "complaint-handling", &complaint("华东能源集团"))
        .expect(201);
    let answer = client.get("/cases/C-1/diagram?language=zh").expect(200);
    assert_eq!(answer.header("content-type"), Some("image/svg+xml"));
    let picture = answer.text();
    assert!(picture.starts_with("<svg ") && picture.contains("#ffe9a8"));
    assert!(picture.contains("解决方案制定"));
    let text = client.get("/cases/C-1/diagram?format=mermaid").expect(200);
    assert!(text.text().contains(" active\n"));
    client
        .get("/cases/C-2/diagram")
        .problem(404, "unknown-case");
    client
        .get("/cases/C-1/diagram?format=png")
        .problem(400, "query-invalid");
}

//! Query parameters that make no sense.

use super::Watched;

#[test]
fn queries_that_make_no_sense() {
    let watched = Watched::start();
    let client = watched.manager();
    for (address, told) in [
        ("/cases?limit=abc", "limit"),
        ("/cases?limit=", "limit"),
        ("/cases?limit=-1", "limit"),
        ("/cases?limit=0", "from 1 to 500, found 0"),
        ("/cases?limit=501", "from 1 to 500, found 501"),
        ("/cases?limit=99999999999999999999999", "limit"),
        (
            "/cases?status=sleeping",
            "`running` or `done`, found `sleeping`",
        ),
        ("/cases?state=received", "`state` takes `workflow`"),
        (
            "/cases?workflow=complaint-handling&state=received&status=running",
            "`status` does not go with `state`",
        ),
        ("/cases?colour=red", "unknown field `colour`"),
        ("/cases?limit=1&limit=2", "duplicate field `limit`"),
        ("/cases/TS-1/history?after=first", "after"),
        ("/cases/TS-1/history?after=-1", "after"),
        ("/cases/TS-1/history?limit=0", "from 1 to 500, found 0"),
        ("/cases/TS-1/history?before=3", "unknown field `before`"),
        (
            "/workflows/complaint-handling/diagram?lang=zh",
            "unknown field `lang`",
        ),
    ] {
        let problem = client.get(address).problem(400, "query-invalid");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(told), "{address}: {detail}");
    }
    watched.assert_unchanged();
}

#[test]
fn queries_that_find_nothing() {
    let watched = Watched::start();
    let client = watched.manager();
    let bytes = "%00%01%EF%BF%BF";
    for query in [
        format!("workflow={bytes}"),
        format!("workflow=complaint-handling&state={bytes}"),
        "workflow=complaint-handling&state=recei".to_owned(),
        "workflow=complaint".to_owned(),
        "workflow=".to_owned(),
        "cursor=%EF%BF%BF".to_owned(),
        "cursor=ZZZZ".to_owned(),
        format!("workflow={}", "x".repeat(20_000)),
    ] {
        let list = client.get(&format!("/cases?{query}")).expect(200).json();
        assert_eq!(list["cases"].as_array().map(Vec::len), Some(0), "{query}");
    }
    let history = client
        .get("/cases/TS-1/history?after=18446744073709551615")
        .expect(200)
        .json();
    assert_eq!(history["records"].as_array().map(Vec::len), Some(0));
    watched.assert_unchanged();
}

//! Plugins that are replaced while the server works.

use std::collections::BTreeMap;
use std::path::Path;

use casewright_tests::server::{Client, Reply, Server, Settings};
use serde_json::{Value as Json, json};

use super::apply;
use super::builder::{Behaviour, Hostile};

/// The plugin `well`, which answers one word whatever it is asked.
fn answering(word: &str) -> Vec<u8> {
    let answer = json!({ "verdict": word }).to_string().into_bytes();
    Hostile::new("well", "judge", Behaviour::Answer(answer)).module()
}

fn put(client: &Client, file: &[u8]) -> Reply {
    client.send("PUT", "/plugins/well", Some(file))
}

fn administrator(server: &Server) -> Client {
    server.actor("admin", "administrator")
}

/// Opens a case that asks the plugin: the word that it answered, and the digest that the journal names.
fn asked(client: &Client, case: &str) -> (String, String) {
    client.open(case, "ask-well", &json!({})).expect(201);
    let question = json!({ "question": "是否同意？" });
    client.event(case, "ask", &question).expect(200);
    let history = client.get(&format!("/cases/{case}/history")).expect(200);
    let decided = history.json()["records"][1]["decisions"][0].clone();
    let text = |value: &Json| value.as_str().unwrap().to_owned();
    (
        text(&decided["output"]["verdict"]),
        text(&decided["digest"]),
    )
}

fn settings(folder: &Path) -> Settings {
    let plugins = folder.join("plugins");
    std::fs::create_dir(&plugins).unwrap();
    std::fs::write(plugins.join("well.wasm"), answering("one")).unwrap();
    Settings::small().with("--plugins", plugins)
}

#[test]
fn whoever_asks_meanwhile_is_answered_by_one_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let server = settings(folder.path()).start();
    apply(&server, "well");
    let administrator = administrator(&server);
    let files = ["one", "two"].map(|word| (word, answering(word)));
    let digests: BTreeMap<String, &str> = files
        .iter()
        .map(|(word, file)| {
            let view = put(&administrator, file).expect(200).json();
            (view["digest"].as_str().unwrap().to_owned(), *word)
        })
        .collect();
    assert_eq!(digests.len(), 2);
    let seen = std::thread::scope(|scope| {
        let ask = |worker: usize| {
            let client = server.actor("crm", "system");
            let asked = (0..60).map(|number| asked(&client, &format!("C-{worker}-{number}")));
            asked.collect::<Vec<_>>()
        };
        let workers: Vec<_> = (0..4)
            .map(|worker| scope.spawn(move || ask(worker)))
            .collect();
        let mut swaps = files.iter().cycle();
        while !workers.iter().all(|worker| worker.is_finished()) {
            put(&administrator, &swaps.next().unwrap().1).expect(200);
        }
        let workers = workers.into_iter();
        workers
            .flat_map(|worker| worker.join().unwrap())
            .collect::<Vec<_>>()
    });
    for word in ["one", "two"] {
        assert!(seen.iter().any(|(answered, _)| answered == word));
    }
    for (answered, digest) in seen {
        assert_eq!(digests.get(&digest), Some(&&*answered));
    }
}

#[test]
fn what_was_applied_is_there_after_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    // Without a folder of plugins, what was applied takes the place of what is shipped.
    let mut server = Settings::new().start_on(&data);
    let administrator = administrator(&server);
    administrator
        .get("/plugins/well")
        .problem(404, "unknown-plugin");
    let applied = put(&administrator, &answering("one")).expect(200);
    let tag = applied.header("etag").unwrap().to_owned();
    server.restart();
    apply(&server, "well");
    let client = server.actor("crm", "system");
    assert_eq!(asked(&client, "C-1").0, "one");
    let found = client.get("/plugins/well").expect(200);
    assert_eq!(found.header("etag"), Some(&*tag));
    let listed = client.get("/plugins").expect(200).json();
    let names = listed["plugins"].as_array().unwrap().iter();
    let names: Vec<&Json> = names.map(|plugin| &plugin["name"]).collect();
    assert!(names.contains(&&json!("account-scoring")) && names.contains(&&json!("well")));
    // With one, the folder's.
    let chosen = settings(folder.path()).with("--data", &data);
    std::fs::write(folder.path().join("plugins/well.wasm"), answering("three")).unwrap();
    server.kill();
    let server = chosen.start_on(&data);
    assert_eq!(asked(&server.actor("crm", "system"), "C-2").0, "three");
}

#[test]
fn what_is_no_better_is_refused_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let server = settings(folder.path()).start();
    apply(&server, "well");
    let administrator = administrator(&server);
    let before = administrator.get("/plugins/well").expect(200);
    let tag = before.header("etag").unwrap();
    let manager = server.actor("zhang.wei", "account-manager");
    put(&manager, &answering("two")).problem(403, "forbidden");
    put(&administrator, b"\0asm, or so").problem(422, "plugin-unsound");
    let other = Hostile::new("other", "judge", Behaviour::Trap).module();
    let problem = put(&administrator, &other).problem(422, "plugin-unsound");
    let detail = "the file is of the plugin `other`, the address is of `well`";
    assert_eq!(problem["detail"], detail);
    let stale = administrator.with("if-match", "\"0123\"");
    let problem = put(&stale, &answering("two")).problem(412, "plugin-changed");
    assert_eq!(problem["plugin"], tag.trim_matches('"'));
    let new = administrator.with("if-none-match", "*");
    put(&new, &answering("two")).problem(412, "plugin-changed");
    // A workflow in use asks `judge`, with a question.
    let renamed = Hostile::new("well", "rule", Behaviour::Trap).module();
    let problem = put(&administrator, &renamed).problem(409, "plugin-misfit");
    assert_eq!(problem["findings"][0]["workflow"], "ask-well");
    assert_eq!(problem["findings"][0]["code"], "function-unknown");
    let mut stricter = Hostile::new("well", "judge", Behaviour::Trap);
    stricter.input_schema =
        r#"{"type": "object", "properties": {"question": {"type": "integer"}}, "required": ["question"]}"#.to_owned();
    let problem = put(&administrator, &stricter.module()).problem(409, "plugin-misfit");
    assert_eq!(
        problem["findings"][0]["workflow"], "ask-well",
        "{problem:#}"
    );
    let after = administrator.get("/plugins/well").expect(200);
    assert_eq!(after.json(), before.json());
    assert_eq!(asked(&server.actor("crm", "system"), "C-1").0, "one");
    put(&administrator.with("if-match", tag), &answering("two")).expect(200);
    assert_eq!(asked(&server.actor("crm", "system"), "C-2").0, "two");
}

#[test]
fn how_long_a_file_may_be_is_the_operator_s_to_say() {
    let folder = tempfile::tempdir().unwrap();
    let grants = folder.path().join("grants.yaml");
    let text = "plugins:\n  well: { limits: { component_bytes: 100000000 } }\n";
    std::fs::write(&grants, text).unwrap();
    let server = settings(folder.path()).with("--grants", &grants).start();
    let administrator = administrator(&server);
    // More than is held of all such files together when nobody says otherwise.
    let file = vec![0; 80_000_000];
    put(&administrator, &file).problem(422, "plugin-unsound");
    let other = administrator.send("PUT", "/plugins/other", Some(&file));
    other.problem(413, "body-too-large");
    let nobody = server.nobody().send("PUT", "/plugins/well", Some(&file));
    nobody.problem(401, "actor-missing");
}

#[test]
fn a_new_version_is_asked_what_the_old_one_was() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut server = settings(folder.path()).start_on(&data);
    apply(&server, "well");
    let client = server.actor("crm", "system");
    for case in ["C-1", "C-2", "C-3"] {
        asked(&client, case);
    }
    server.kill();
    let replay = |file: &[u8], more: &[&str]| {
        let candidate = folder.path().join("candidate.wasm");
        std::fs::write(&candidate, file).unwrap();
        let mut command = casewright_tests::program();
        command.args(["plugin", "replay", "--output", "json", "--data"]);
        let output = command
            .arg(&data)
            .arg(candidate)
            .args(more)
            .output()
            .unwrap();
        let found: Json = serde_json::from_slice(&output.stdout).unwrap();
        (output.status.code(), found)
    };
    let (code, found) = replay(&answering("one"), &[]);
    assert_eq!(
        (code, &found["decisions"]),
        (Some(0), &json!(3)),
        "{found:#}"
    );
    assert_eq!(found["differences"], json!([]));
    let (code, found) = replay(&answering("two"), &["--limit", "2"]);
    assert_eq!(
        (code, &found["otherwise"]),
        (Some(1), &json!(3)),
        "{found:#}"
    );
    let differences = found["differences"].as_array().unwrap();
    let told = |number: usize, key: &str| differences[number][key].clone();
    assert_eq!(differences.len(), 2);
    assert_eq!(
        (told(0, "case"), told(1, "case")),
        (json!("C-1"), json!("C-2"))
    );
    assert_eq!(told(0, "answered"), json!({ "verdict": "one" }));
    assert_eq!(told(0, "now"), json!({ "verdict": "two" }));
    assert_eq!(told(0, "input"), json!({ "question": "是否同意？" }));
    let trap = Hostile::new("well", "judge", Behaviour::Trap).module();
    let (code, found) = replay(&trap, &[]);
    assert_eq!(code, Some(1));
    assert_eq!(found["differences"][2]["error"]["code"], "trap");
    // One that was never asked decides nothing otherwise.
    let other = Hostile::new("other", "judge", Behaviour::Trap).module();
    let (code, found) = replay(&other, &[]);
    assert_eq!((code, &found["decisions"]), (Some(0), &json!(0)));
}

//! `casewright plugin`: what it says of plugins and of files that are none, and the projects that it makes.

use std::cell::RefCell;
use std::fs;
use std::path::Path;

use casewright_tests::server::Settings;
use casewright_tests::{program, root};
use serde_json::Value;

use crate::cli::{same, transcript};

/// A transcript without what differs between builds of a plugin, and from run to run.
fn steady(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let words = line.split(' ').map(steady_word);
        words.collect::<Vec<_>>().join(" ")
    });
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

/// A digest, a time, or a large figure that is no limit.
fn steady_word(word: &str) -> String {
    let limits = ["200000000", "67108864"];
    let end = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
    let is_time = end.contains('.') && end.parse::<f64>().is_ok();
    let is_figure = end.len() > 3 && end.bytes().all(|b| b.is_ascii_digit());
    let is_digest = end.len() == 64 && end.bytes().all(|b| b.is_ascii_hexdigit());
    match () {
        () if is_digest => word.replace(end, "<sha256>"),
        () if is_time || is_figure && !limits.contains(&end) => word.replace(end, "<n>"),
        () => word.to_owned(),
    }
}

fn steady_transcripts(commands: &[&[&str]]) -> String {
    let transcripts = commands.iter().map(|command| transcript(command, ""));
    steady(&transcripts.collect::<Vec<_>>().join("\n"))
}

/// From the folder of the transcripts.
const SCORING: &str = "../../../plugins/dist/account-scoring.wasm";

#[test]
fn help_of_plugins() {
    let commands: Vec<Vec<&str>> = [
        "new", "build", "test", "run", "check", "inspect", "keygen", "sign", "verify", "apply",
    ]
    .into_iter()
    .map(|task| vec!["plugin", task, "--help"])
    .collect();
    let mut transcripts = vec![transcript(&["plugin", "--help"], "")];
    transcripts.extend(commands.iter().map(|command| transcript(command, "")));
    same("plugin-help.txt", &transcripts.join("\n"));
}

#[test]
fn a_plugin_is_looked_into_and_asked() {
    let text = steady_transcripts(&[
        &["plugin", "check", SCORING],
        &["plugin", "inspect", SCORING],
        &["plugin", "run", "score-account", "--input", "scoring.json"],
        &[
            "plugin",
            "run",
            "account-scoring.score-account",
            "--input",
            "scoring.json",
            "--plugin",
            SCORING,
        ],
        &[
            "plugin",
            "run",
            "score-account",
            "--input",
            "scoring-wrong.json",
        ],
        &["plugin", "run", "score-acount", "--input", "scoring.json"],
        &[
            "plugin",
            "run",
            "score-account",
            "--input",
            "scoring.json",
            "--plugin-fuel",
            "20",
        ],
        &["plugin", "run", "score-account", "--input", "missing.json"],
        &["plugin", "test", "scoring-cases", "--plugin", SCORING],
        &["plugin", "test", "visits", "--plugin", SCORING],
        &["plugin", "test", "scoring-cases"],
    ]);
    same("plugin.txt", &text);
}

#[test]
fn scripts_read_json() {
    let json = |command: &[&str]| -> Value {
        let text = transcript(command, "");
        let line = text.lines().find(|line| line.starts_with('{'));
        serde_json::from_str(line.unwrap_or_else(|| panic!("{text}"))).unwrap()
    };
    let looked = json(&["plugin", "inspect", SCORING, "--output", "json"]);
    assert_eq!(looked["declares"]["name"], "account-scoring");
    assert_eq!(looked["inside"]["kind"], "component");
    let function = &looked["declares"]["functions"][0];
    assert_eq!(function["input_schema"]["type"], "object");
    let checked = json(&["plugin", "check", SCORING, "--output", "json"]);
    assert_eq!(checked["plugin"], true);
    let ask = [
        "plugin",
        "run",
        "score-account",
        "--output",
        "json",
        "--input",
    ];
    let answered = json(&[&ask[..], &["scoring.json"]].concat());
    assert_eq!(answered["answer"]["score"], 95);
    assert_eq!(answered["digest"], looked["sha256"]);
    assert!(answered["fuel"].as_u64() > Some(1000), "{answered}");
    let refused = json(&[&ask[..], &["scoring-wrong.json"]].concat());
    assert_eq!(refused["error"]["code"], "invalid-input");
    let test = [
        "plugin",
        "test",
        "scoring-cases",
        "--plugin",
        SCORING,
        "--output",
        "json",
    ];
    let tested = transcript(&test, "");
    let holds = |line: &&str| line.contains("\"holds\":true");
    assert_eq!(tested.lines().filter(holds).count(), 1, "{tested}");
}

/// Files that no server takes, and what does not fit of each.
const NO_PLUGINS: &[(&str, &str)] = &[
    ("nothing.wasm", "(component)"),
    (
        "wasi.wasm",
        r#"(component (import "wasi:cli/stdout@0.2.0" (instance)))"#,
    ),
    ("env.wasm", r#"(module (import "env" "clock" (func)))"#),
    ("bare.wasm", r#"(module (func (export "decide")))"#),
    (
        "types.wasm",
        r#"(component
          (core module $m (func (export "f") (result i32) i32.const 0))
          (core instance $i (instantiate $m))
          (func $f (result u32) (canon lift (core func $i "f")))
          (instance $catalogue (export "describe" (func $f)))
          (instance $decisions (export "decide" (func $f)))
          (export "casewright:plugin/catalogue@0.1.0" (instance $catalogue))
          (export "casewright:plugin/decisions@0.1.0" (instance $decisions)))"#,
    ),
];

#[test]
fn what_is_no_plugin_is_told_by_what_does_not_fit() {
    let folder = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    for (name, text) in NO_PLUGINS {
        let path = folder.path().join(name);
        fs::write(&path, wat::parse_str(text).unwrap()).unwrap();
        files.push(path);
    }
    let last = fs::read(files.last().unwrap()).unwrap();
    for (name, bytes) in [
        ("cut.wasm", &last[..last.len() / 2]),
        ("text.wasm", b"hello"),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        files.push(path);
    }
    let mut transcripts = Vec::new();
    for file in &files {
        let file = file.to_str().unwrap();
        transcripts.push(transcript(&["plugin", "check", file], ""));
        transcripts.push(transcript(&["plugin", "inspect", file], ""));
    }
    let text = transcripts
        .join("\n")
        .replace(folder.path().to_str().unwrap(), "DIR");
    same("plugin-failures.txt", &steady(&text));
}

fn made(language: &str, kind: &[&str], folder: &Path) -> String {
    let dir = folder.to_str().unwrap();
    let mut command = vec!["plugin", "new", "--lang", language];
    command.extend(kind);
    command.extend(["discounts", "--dir", dir]);
    transcript(&command, "").replace(dir, "DIR")
}

#[test]
fn a_project_is_made_in_each_language() {
    let scratch = tempfile::tempdir().unwrap();
    let mut text = String::new();
    for language in ["rust", "js", "python"] {
        let folder = scratch.path().join(language);
        text.push_str(&made(language, &[], &folder));
        text.push_str(&made(language, &[], &folder).replace("casewright", "again: casewright"));
        text.push_str(&listed(&folder));
        // A distribution's Rust compiler is found where it always lies, whatever the path says.
        if language != "rust" {
            text.push_str(&built_without_tools(&folder));
        }
        let folder = scratch.path().join(format!("{language}-service"));
        text.push_str(&made(language, &["--kind", "service"], &folder));
        text.push_str(&listed(&folder));
        text.push_str(&built_as_what_it_is_not(&folder));
    }
    text.push_str(&transcript(
        &["plugin", "new", "--lang", "rust", "Discounts"],
        "",
    ));
    text.push_str(&transcript(
        &["plugin", "new", "--lang", "cobol", "discounts"],
        "",
    ));
    text.push_str(&transcript(&["plugin", "build", "visits"], ""));
    same("plugin-new.txt", &text);
}

/// What is said to somebody who has not a single tool: how to get the first that is needed.
fn built_without_tools(project: &Path) -> String {
    let mut build = program();
    build.args(["plugin", "build"]).current_dir(project);
    build.env("PATH", "").env_remove("VIRTUAL_ENV");
    let output = build.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    said
}

/// What is said when the file of a project says a kind that there is not.
fn built_as_what_it_is_not(project: &Path) -> String {
    let mut said = String::new();
    for file in ["package.json", "pyproject.toml"] {
        let path = project.join(file);
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        fs::write(&path, text.replace("\"service\"", "\"servise\"")).unwrap();
        let folder = project.to_str().unwrap();
        said.push_str(&transcript(&["plugin", "build", folder], "").replace(folder, "DIR"));
    }
    said
}

/// The files of a folder, a line each.
fn listed(folder: &Path) -> String {
    let mut names = Vec::new();
    list(folder, "", &mut names);
    // The crate goes along as it is.
    names.retain(|name| !name.starts_with("casewright/sdk/rust/src/"));
    names.sort();
    names.join("\n") + "\n"
}

fn list(folder: &Path, prefix: &str, names: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
        match entry.file_type().unwrap().is_dir() {
            true => list(&entry.path(), &format!("{name}/"), names),
            false => names.push(name),
        }
    }
}

/// What becomes of plugins with and without a good signature: on the command line, and at the start of a server.
#[test]
fn a_server_with_keys_takes_signed_plugins_only() {
    let scratch = tempfile::tempdir().unwrap();
    let at = |name: &str| scratch.path().join(name).to_str().unwrap().to_owned();
    fs::create_dir(at("plugins")).unwrap();
    fs::create_dir(at("keys")).unwrap();
    let file = at("plugins/account-scoring.wasm");
    for name in ["account-scoring.wasm", "complaint-routing.wasm"] {
        let shipped = root().join("plugins/dist").join(name);
        fs::copy(shipped, scratch.path().join("plugins").join(name)).unwrap();
    }
    let other = at("plugins/complaint-routing.wasm");
    let mut text = String::new();
    let mut told = |command: &[&str]| text.push_str(&transcript(command, ""));
    told(&["plugin", "keygen", &at("ours")]);
    told(&["plugin", "keygen", &at("ours")]);
    told(&["plugin", "keygen", &at("theirs")]);
    let (key, theirs) = (at("ours.secret.pem"), at("theirs.public.pem"));
    told(&["plugin", "verify", &file, "--keys", &at("keys")]);
    fs::copy(at("ours.public.pem"), at("keys/ours.pem")).unwrap();
    told(&["plugin", "verify", &file, "--keys", &at("keys")]);
    told(&["plugin", "sign", &file, "--key", &key]);
    told(&["plugin", "verify", &file, "--keys", &at("keys")]);
    told(&["plugin", "verify", &file, "--keys", &theirs]);
    told(&["plugin", "sign", &file, "--key", &theirs]);
    let settings = Settings::small();
    let settings = settings.with("--plugins", at("plugins"));
    let settings = settings.with("--plugin-keys", at("keys"));
    // One of the two is not signed.
    text.push_str(&settings.fail_on(&scratch.path().join("data")).stderr);
    text.push_str(&transcript(&["plugin", "sign", &other, "--key", &key], ""));
    settings.start_on(&scratch.path().join("data"));
    let mut changed = fs::read(&file).unwrap();
    changed.extend_from_slice(&[0, 3, 1, b'x', b'!']);
    fs::write(&file, changed).unwrap();
    text.push_str(&settings.fail_on(&scratch.path().join("data")).stderr);
    fs::write(at("plugins/account-scoring.wasm.sig"), b"short").unwrap();
    text.push_str(&transcript(
        &["plugin", "verify", &file, "--keys", &at("keys")],
        "",
    ));
    same(
        "plugin-signatures.txt",
        &text.replace(scratch.path().to_str().unwrap(), "DIR"),
    );
}

#[test]
fn plugins_are_applied_to_a_running_server_that_asks_for_signatures() {
    let scratch = tempfile::tempdir().unwrap();
    let at = |name: &str| scratch.path().join(name).to_str().unwrap().to_owned();
    fs::create_dir(at("plugins")).unwrap();
    let shipped = |name: &str, to: &str| {
        fs::copy(root().join("plugins/dist").join(name), at(to)).unwrap();
    };
    for name in ["account-scoring.wasm", "complaint-routing.wasm"] {
        shipped(name, &format!("plugins/{name}"));
    }
    shipped("churn-risk.wasm", "churn-risk.wasm");
    // The same with a section more, which changes nothing but the digest.
    let mut changed = fs::read(at("plugins/account-scoring.wasm")).unwrap();
    changed.extend_from_slice(&[0, 3, 1, b'x', b'!']);
    fs::write(at("changed.wasm"), changed).unwrap();
    fs::write(at("none.wasm"), b"no plugin").unwrap();
    let text = RefCell::new(String::new());
    let told = |command: &[&str]| text.borrow_mut().push_str(&transcript(command, ""));
    told(&["plugin", "keygen", &at("ours")]);
    told(&["plugin", "keygen", &at("theirs")]);
    let sign = |name: &str, whose: &str| {
        let key = at(&format!("{whose}.secret.pem"));
        told(&["plugin", "sign", &at(name), "--key", &key]);
    };
    sign("plugins/account-scoring.wasm", "ours");
    sign("plugins/complaint-routing.wasm", "ours");
    let settings = Settings::small().with("--plugins", at("plugins"));
    let settings = settings.with("--plugin-keys", at("ours.public.pem"));
    let mut server = settings.start();
    let apply = |server: &str, name: &str| {
        told(&["plugin", "apply", &at(name), "--server", server]);
    };
    let first = format!("http://{}", server.address());
    apply(&first, "none.wasm");
    apply(&first, "plugins/account-scoring.wasm");
    apply(&first, "changed.wasm");
    sign("changed.wasm", "theirs");
    apply(&first, "changed.wasm");
    sign("changed.wasm", "ours");
    apply(&first, "changed.wasm");
    sign("churn-risk.wasm", "ours");
    apply(&first, "churn-risk.wasm");
    // The folder has none of its name, so that the one that was applied is there after the next start.
    server.restart();
    let second = format!("http://{}", server.address());
    apply(&second, "churn-risk.wasm");
    server.kill();
    apply(&second, "churn-risk.wasm");
    let data = server.data();
    for entry in fs::read_dir(data.join("plugins")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "sig") {
            fs::remove_file(path).unwrap();
        }
    }
    let refused = settings.fail_on(data).stderr;
    text.borrow_mut().push_str(&refused);
    // A command on the closed store trusts no more than the server.
    let data = data.to_str().unwrap();
    let cancel = ["jobs", "cancel", "C-1", "1", "--data", data, "--plugins"];
    let (plugins, key) = (at("plugins"), at("ours.public.pem"));
    told(&[&cancel[..], &[&plugins, "--plugin-keys", &key]].concat());
    let text = text.into_inner().replace(data, "DATA");
    let text = text.replace(scratch.path().to_str().unwrap(), "DIR");
    let text = text.replace(&first, "SERVER").replace(&second, "SERVER");
    same("plugin-apply.txt", &text);
}

#[test]
fn operators_say_what_calls_may_use() {
    let scratch = tempfile::tempdir().unwrap();
    let at = |name: &str| scratch.path().join(name).to_str().unwrap().to_owned();
    fs::write(
        at("one.yaml"),
        "plugins:\n  account-scoring: { limits: { fuel: 1000 } }\n",
    )
    .unwrap();
    fs::write(at("all.yaml"), "limits: { input_bytes: 10 }\n").unwrap();
    fs::write(at("none.yaml"), "limits: { fuel: 0 }\n").unwrap();
    let mut text = String::new();
    for grants in ["one.yaml", "all.yaml", "none.yaml"] {
        let grants = at(grants);
        let command = [
            "plugin",
            "run",
            "score-account",
            "--input",
            "scoring.json",
            "--grants",
            &grants,
        ];
        text.push_str(&steady(&transcript(&command, "")));
    }
    same(
        "plugin-limits.txt",
        &text.replace(scratch.path().to_str().unwrap(), "DIR"),
    );
}
